// The copilot's panel: a conversation about this workflow, what it proposes on the canvas, and the person's decisions.
import { callJson } from "./api.js";
import { Decisions } from "./copilot-decisions.js";
import { Ghosts } from "./copilot-ghosts.js";
import { drawMessages } from "./copilot-messages.js";
import { Sessions } from "./copilot-sessions.js";
import { Setup } from "./copilot-setup.js";
import { hear } from "./copilot-stream.js";
import { announce, element, toast } from "./dom.js";
import { t } from "../js/words.js";

const FRESHEN_MS = 400;
const number = (value) => value.toLocaleString(document.documentElement.lang);

export class Copilot {
  /** `hooks`: `flush()` saves everything, `restore(graph, message)`, `opened()`, `show(blockId)`, `selected()`, `failed()`. */
  constructor({ workflowId, root, button, view, store, sync, follower, mayDraft, mayRun, hooks }) {
    Object.assign(this, { workflowId, root, button, store, sync, follower, mayDraft, mayRun, hooks });
    this.find = (name) => root.querySelector(`[data-copilot-${name}]`);
    this.sessions = new Sessions(this, workflowId);
    this.ghosts = new Ghosts(view, store);
    this.setup = new Setup(root);
    this.decisions = new Decisions(this);
    this.input = root.querySelector("textarea");
    Object.assign(this, { session: null, messages: [], busy: false, editing: null });
    this.bind();
  }

  bind() {
    const { root, button } = this;
    const on = (name, work) => this.find(name).addEventListener("click", () => this.guarded(work));
    button.addEventListener("click", () => this.guarded(() => this.toggle(root.hidden)));
    on("close", () => this.close());
    on("new", () => this.begin());
    on("delete", () => this.sessions.forget());
    on("stop", () => callJson("POST", `/api/copilot/sessions/${this.session}/stop`));
    on("cancel-edit", () => this.edit(null));
    this.find("sessions").addEventListener("change", ({ target }) => this.guarded(() => this.load(target.value)));
    this.find("messages").addEventListener("click", ({ target }) => this.guarded(() => this.clicked(target)));
    this.find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.guarded(() => this.send());
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.guarded(() => this.send());
    });
    root.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
    document.addEventListener("click", ({ target }) => {
      const asking = target.closest?.("[data-copilot-ask]");
      if (asking) this.guarded(() => this.askAbout(asking.dataset));
    });
    this.sync.remoteListeners.add(() => this.freshenSoon());
    this.sync.listeners.add(() => this.sync.state === "saved" && this.freshenSoon());
  }

  async guarded(work) {
    try {
      await work();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  }

  // -- open and closed -----------------------------------------------------------------------------------------------

  get open() {
    return !this.root.hidden;
  }

  async toggle(open) {
    this.root.hidden = !open;
    this.root.closest(".editor").classList.toggle("copilot-open", open);
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return this.ghosts.show(null);
    this.hooks.opened();
    this.opening = this.fill();
    return this.opening;
  }

  /** What the panel shows: the model, the conversations, and the newest of them. */
  async fill() {
    this.model = await callJson("GET", "/api/copilot/model");
    this.setup.show(!this.model.ready);
    for (const name of ["composer", "messages"]) this.find(name).hidden = !this.model.ready;
    this.showSpending(this.model.spending);
    this.refuse("");
    await this.sessions.list();
    if (!this.session) await this.load(this.sessions.newest);
    else this.draw();
    if (this.model.ready) this.input.focus();
  }

  close() {
    this.toggle(false);
    this.button.focus();
  }

  showSpending(spending) {
    if (!spending) return;
    const of = (used, most) => (most === null ? used : t("{1} of {2}", used, most));
    const cost = spending.priced ? ` · ${of(spending.cost.toFixed(4), spending.daily_cost)}` : "";
    this.find("spent").textContent = t("{1} tokens today", of(number(spending.tokens), spending.daily_tokens ? number(spending.daily_tokens) : null)) + cost;
  }

  // -- conversations -------------------------------------------------------------------------------------------------

  /** A conversation that is kept from its first message on. */
  async begin() {
    this.session = null;
    this.messages = [];
    await this.sessions.list();
    this.draw();
    this.input.focus();
  }

  async load(session) {
    this.session = session || null;
    const talk = this.session ? await callJson("GET", `/api/copilot/sessions/${this.session}`) : { messages: [], running: "" };
    this.messages = talk.messages;
    this.sessions.show();
    this.draw();
    this.find("messages").scrollTop = this.find("messages").scrollHeight;
    if (talk.running) await this.take("GET", `/api/copilot/sessions/${this.session}/events`, null);
  }

  /** What others, or this person, have changed may change how the open proposal stands. */
  freshenSoon() {
    clearTimeout(this.timer);
    if (this.open && this.proposal && !this.decisions.busy) this.timer = setTimeout(() => this.guarded(() => this.freshen()), FRESHEN_MS);
  }

  async freshen() {
    const { proposal } = this;
    if (!proposal || this.decisions.busy || this.busy || proposal.revision === this.sync.revision) return;
    this.keep(await callJson("GET", `/api/copilot/proposals/${proposal.id}`));
  }

  // -- asking --------------------------------------------------------------------------------------------------------

  async send() {
    const text = this.input.value.trim();
    if (!text || this.busy) return;
    this.input.value = "";
    const { editing } = this;
    this.edit(null);
    this.refuse("");
    try {
      if (editing) await this.ask({ message: text }, "PUT", `/api/copilot/messages/${editing}`);
      else await this.ask({ message: text });
    } catch (error) {
      if (!this.input.value) this.edit(editing && { id: editing, text });
      this.input.value ||= text;
      this.refuse(error.message);
    }
  }

  /** Why a question was not taken, beside the place where it was typed; empty takes that back. */
  refuse(reason) {
    this.find("refused").hidden = !reason;
    this.find("refused").querySelector("span").textContent = reason;
  }

  /** A button somewhere in the editor: `{copilotAsk: intent, block, execution}`. */
  async askAbout({ copilotAsk: intent, block, execution }) {
    if (!this.open) await this.toggle(true);
    if (!this.model.ready || this.busy) return;
    const name = block && this.store.blocks.get(block)?.name;
    const message = intent === "repair" ? (name ? t("Why did “{1}” fail?", name) : t("Why did this fail?")) : name ? t("What does “{1}” do?", name) : t("What does this workflow do?");
    await this.ask({ message, intent, block_id: block ?? "", execution_id: execution ?? "" });
  }

  async ask(body, method = "POST", path = null) {
    if (!(await this.hooks.flush())) throw new Error(t("The workflow could not be saved, so the copilot cannot see it."));
    // A question that is asked before the newest conversation is there belongs to that one.
    await this.opening?.catch(() => undefined);
    this.session = await this.sessions.demanded();
    if (path) await this.cutAt(path);
    const question = { id: "", role: "user", text: body.message ?? "", intent: body.intent ?? "build", block_id: body.block_id ?? "", execution_id: body.execution_id ?? "" };
    if (method === "POST" && body.message) this.messages.push(question);
    await this.take(method, path ?? `/api/copilot/sessions/${this.session}/chat`, body);
  }

  /** What is asked anew takes the place of what came after it. */
  async cutAt(path) {
    const id = path.split("/")[4];
    const place = this.messages.findIndex((message) => message.id === id);
    if (place >= 0) this.messages = this.messages.slice(0, place + 1);
  }

  /** Hear an answer to its end, and show it as it grows. */
  async take(method, path, body) {
    const answer = { id: "", role: "assistant", state: "running", text: "", tools: [] };
    if (this.messages.at(-1)?.state === "running") this.messages.pop();
    this.messages.push(answer);
    this.busy = true;
    this.draw({ toEnd: true });
    const again = `/api/copilot/sessions/${this.session}/events`;
    try {
      await hear({ method, path, body, again, on: (event) => this.heard(answer, event) });
    } finally {
      await this.reload();
    }
    announce(answer.proposal ? t("The copilot proposes: {1}", answer.proposal.changes.map(({ text }) => text).join("; ")) : answer.text || t("The copilot has answered."));
  }

  /** Only the server knows the ids of what was said, so nothing can be done to it before. */
  async reload() {
    try {
      await this.sessions.list();
      this.messages = (await callJson("GET", `/api/copilot/sessions/${this.session}`)).messages;
    } finally {
      this.busy = false;
      this.draw({ fit: true });
    }
  }

  heard(answer, event) {
    if (event.type === "content_delta") answer.text += event.text;
    if (event.type === "tool_call") answer.tools.push({ words: event.words, ok: null, detail: "" });
    if (event.type === "tool_result") Object.assign(answer.tools[event.id - 1] ?? {}, { ok: event.ok, detail: event.detail });
    if (event.type === "error") answer.error = event.message;
    if (event.type === "complete") {
      Object.assign(answer, { id: event.message_id, state: event.state, question: event.question, proposal: event.proposal });
      this.showSpending(event.spending);
    }
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  edit(message) {
    this.editing = message?.id ?? null;
    this.find("cancel-edit").hidden = !message?.id;
    if (message) this.input.value = message.text;
    if (message) this.input.focus();
  }

  // -- showing -------------------------------------------------------------------------------------------------------

  /** The newest proposal, while anything of it is open. */
  get proposal() {
    const found = this.messages.findLast(({ proposal }) => proposal)?.proposal;
    return found?.state === "open" ? found : null;
  }

  draw(options = {}) {
    const { busy, mayDraft, store } = this;
    this.find("stop").hidden = !busy;
    this.find("send").hidden = busy;
    this.drawChips();
    drawMessages(this.find("messages"), this.messages, {
      busy, mayDraft, nameOf: (id) => store.nameOf(id), isEmpty: !store.blocks.size, toEnd: options.toEnd, rerunOf: (question) => this.decisions.rerunOf(question),
    });
    this.ghosts.show(this.open && !this.busy ? this.proposal : null, options);
  }

  drawChips() {
    const chip = (words, dataset) => element("button", { type: "button", class: "button button-small", ...dataset }, words);
    const failed = this.hooks.failed();
    const selected = this.hooks.selected();
    const chips = [];
    if (failed) chips.push(chip(t("Why did “{1}” fail?", this.store.nameOf(failed.block)), { "data-copilot-ask": "repair", "data-block": failed.block, "data-execution": failed.execution }));
    if (selected) chips.push(chip(t("What does “{1}” do?", this.store.nameOf(selected)), { "data-copilot-ask": "explain", "data-block": selected }));
    else if (this.store.blocks.size) chips.push(chip(t("What does this do?"), { "data-copilot-ask": "explain" }));
    this.find("chips").replaceChildren(...(this.busy || this.messages.length > 6 ? [] : chips));
  }

  keep(proposal) {
    for (const message of this.messages) if (message.proposal?.id === proposal.id) message.proposal = proposal;
    this.draw();
  }

  // -- deciding ------------------------------------------------------------------------------------------------------

  async clicked(target) {
    const button = target.closest("button");
    if (!button) return this.look(target.closest("[data-block]")?.dataset.block);
    const message = this.messages.find(({ id }) => id === button.closest("[data-message]")?.dataset.message);
    const { decide, change, messageAction, answer, example } = button.dataset;
    if (example) return this.edit({ id: null, text: example });
    if (answer) return this.ask({ message: answer });
    if (messageAction === "edit") return this.edit(message);
    if (messageAction === "restore") return this.decisions.restore(message);
    if (messageAction === "retry") return this.ask({}, "POST", `/api/copilot/messages/${message.id}/retry`);
    if (decide) return this.decisions.decide(decide, message, change === undefined ? undefined : [Number(change)]);
    return undefined;
  }

  look(blockId) {
    if (blockId && this.store.blocks.has(blockId)) this.hooks.show(blockId);
  }
}
