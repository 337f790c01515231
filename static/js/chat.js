// A conversation with a workflow: what is written goes out, what comes back appears as it comes.
const root = document.querySelector("[data-chat]");
const find = (name) => root.querySelector(`[data-chat-${name}]`);
const [log, form, state] = [find("log"), find("form"), find("state")];
const text = form.querySelector("textarea");
const send = find("send");
const address = `/pages/${root.dataset.chat}/messages`;
const place = `blockyard-chat-${root.dataset.chat}`;

let conversation = localStorage.getItem(place) ?? begin();

function begin() {
  const fresh = crypto.getRandomValues(new Uint8Array(24)).reduce((all, byte) => all + byte.toString(16).padStart(2, "0"), "");
  localStorage.setItem(place, fresh);
  return fresh;
}

function mark() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

function add(role, words) {
  const turn = document.createElement("div");
  turn.className = "chat-turn";
  turn.dataset.role = role;
  const who = document.createElement("span");
  who.className = "visually-hidden";
  who.textContent = `${role === "user" ? root.dataset.you : root.dataset.other}: `;
  const said = document.createElement("p");
  said.className = "public-text";
  said.textContent = words;
  turn.append(who, said);
  log.append(turn);
  log.scrollTop = log.scrollHeight;
  return said;
}

function busy(is) {
  send.disabled = is;
  state.textContent = is ? root.dataset.writing : "";
}

function tell(words) {
  const turn = add("assistant", words).closest("[data-role]");
  turn.dataset.tone = "danger";
}

/** The events of a stream, one after the other. */
async function* events(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const whole = rest.split("\n\n");
    rest = whole.pop();
    for (const one of whole) {
      const data = one.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

async function answer(response) {
  let said = null;
  let ended = false;
  for await (const event of events(response.body)) {
    if (event.type === "problem") {
      said?.closest("[data-role]").remove();
      tell(event.text);
      ended = true;
    } else {
      if (!said) said = add("assistant", "");
      said.textContent = event.type === "answer" || event.begins ? event.text : said.textContent + event.text;
      ended ||= event.type === "answer";
      log.scrollTop = log.scrollHeight;
    }
  }
  if (!ended) tell(root.dataset.failed);
}

async function say(words) {
  const said = add("user", words).closest("[data-role]");
  busy(true);
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", "X-Conversation": conversation },
      body: JSON.stringify({ text: words, mark: mark() }),
    });
    if (response.ok) {
      await answer(response);
    } else {
      said.remove();
      text.value ||= words;
      tell((await response.json().catch(() => ({}))).message ?? root.dataset.failed);
    }
  } catch {
    tell(root.dataset.failed);
  } finally {
    busy(false);
    text.focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words || send.disabled) return;
  text.value = "";
  say(words);
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

find("new").addEventListener("click", () => {
  conversation = begin();
  for (const turn of log.querySelectorAll("[data-role]:not([data-chat-greeting])")) turn.remove();
  text.focus();
});

const earlier = await fetch(address, { headers: { "X-Conversation": conversation } }).catch(() => null);
if (earlier?.ok) for (const turn of (await earlier.json()).messages) add(turn.role, turn.text);
root.dataset.ready = "";
