// The messages of a conversation as elements, also while one of them is still being written.
import { written } from "./copilot-text.js";
import { proposalCard } from "./copilot-proposal.js";
import { element, icon } from "./dom.js";
import { t } from "../js/words.js";

const STATES = { stopped: t("Stopped."), failed: "" };

function small(label, sign, action) {
  return element("button", { type: "button", class: "button button-icon button-small", "data-message-action": action, "aria-label": label, title: label }, icon(sign));
}

function toolRow({ words, ok, detail }) {
  const sign = ok === null ? "loader-circle" : ok ? "check" : "triangle-alert";
  const state = ok === null ? "running" : ok ? "done" : "refused";
  return element("li", { "data-tool": state }, icon(sign), element("span", {}, words, detail ? element("small", {}, detail) : null));
}

function question({ question: text, options }, isLast) {
  const choices = isLast ? options.map((option) => element("button", { type: "button", class: "button button-small", "data-answer": option }, option)) : [];
  return element("div", { class: "copilot-question" }, element("p", {}, icon("circle-alert"), text), choices.length ? element("div", { class: "copilot-actions" }, ...choices) : null);
}

function userMessage(message, { mayDraft, busy }) {
  const tools = busy ? [] : [small(t("Say it in other words"), "pencil", "edit"), ...(mayDraft ? [small(t("Back to the state of then"), "rotate-ccw", "restore")] : [])];
  return element("article", { class: "copilot-message", "data-role": "user", "data-message": message.id, "aria-label": t("You") },
    element("p", {}, message.text), element("div", { class: "message-tools" }, ...tools));
}

function answer(message, context) {
  const { isLast, busy, mayDraft } = context;
  const running = message.state === "running";
  const body = element("article", { class: "copilot-message", "data-role": "assistant", "data-message": message.id, "data-state": message.state, "aria-label": t("Copilot") });
  if (message.tools?.length) body.append(element("ul", { class: "copilot-tools" }, ...message.tools.map(toolRow)));
  if (message.text) body.append(element("div", { class: "copilot-text" }, ...written(message.text)));
  if (running && !message.text) body.append(element("p", { class: "copilot-thinking" }, icon("loader-circle"), t("Thinking")));
  if (message.question) body.append(question(message.question, isLast && !busy));
  if (message.proposal) body.append(proposalCard(message.proposal, { mayDecide: mayDraft && !busy, rerun: context.rerun, nameOf: context.nameOf }));
  if (message.error) body.append(element("p", { class: "copilot-wrong", role: "alert" }, icon("triangle-alert"), message.error));
  if (STATES[message.state]) body.append(element("p", { class: "copilot-state" }, STATES[message.state]));
  if (isLast && !running && !busy) body.append(element("div", { class: "message-tools" }, small(t("Answer again"), "refresh-cw", "retry")));
  return body;
}

const EXAMPLES = {
  empty: [t("When an order comes in by webhook, answer with its total"), t("Every weekday at 8, fetch a report and mail it to me")],
  drawn: [t("Check the input and answer 400 when the address is missing"), t("Try the call three times before it fails")],
};

/** What stands in a conversation that has not begun. */
function welcome({ mayDraft, isEmpty }) {
  const [words, examples] = mayDraft
    ? [t("Say in your own words what the workflow should do. You see every change before it is made, and take all of it, parts of it, or nothing."), EXAMPLES[isEmpty ? "empty" : "drawn"]]
    : [t("Ask what this workflow does, or why it failed. Whoever may edit it can also ask for changes."), []];
  return element("div", { class: "copilot-welcome" }, icon("sparkles"), element("p", {}, words),
    ...examples.map((text) => element("button", { type: "button", class: "button button-small", "data-example": text }, text)));
}

/** All messages; `context`: `{busy, mayDraft, isEmpty, toEnd, nameOf(blockId), rerunOf(message)}`. */
export function drawMessages(place, messages, context) {
  if (!messages.length) return place.replaceChildren(welcome(context));
  const near = context.toEnd || place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  const hadFocus = place.contains(document.activeElement) && document.activeElement !== place;
  const opened = new Set([...place.querySelectorAll("details[open]")].map((one) => one.closest("[data-message]")?.dataset.message));
  const asked = (number) => messages.slice(0, number).findLast(({ role }) => role === "user");
  place.replaceChildren(...messages.map((message, number) => {
    const isLast = number === messages.length - 1;
    if (message.role === "user") return userMessage(message, context);
    return answer(message, { ...context, isLast, rerun: context.rerunOf(asked(number)) });
  }));
  for (const details of place.querySelectorAll("details")) details.open = opened.has(details.closest("[data-message]")?.dataset.message);
  if (near) place.scrollTop = place.scrollHeight;
  if (!hadFocus) return undefined;
  return ([...place.querySelectorAll("[data-decide]")].at(0) ?? place).focus({ preventScroll: true });
}
