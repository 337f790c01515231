// One proposal in the conversation: its changes in words, each to be taken or left, what to look at, and how it tried out.
import { element, icon } from "./dom.js";

const STATES = { accepted: "Taken", rejected: "Left" };
const SIMULATED = {
  completed: "Tried out in a simulation: it ran to its end.",
  failed: "Tried out in a simulation: it failed.",
  waiting: "Tried out in a simulation: it waits, as it should, for something from outside.",
  timed_out: "Tried out in a simulation: it took too long.",
  not_run: "It could not be tried out.",
};
const LONGEST_OUTPUT = 2000;

function button(label, sign, action, tone = "") {
  return element("button", { type: "button", class: `button button-small ${tone}`.trim(), "data-decide": action }, icon(sign), label);
}

function changeRow(change, mayDecide) {
  const text = element("span", { class: "change-text" }, change.text);
  if (change.state === "stale") text.append(element("small", {}, `Does not fit any more: ${change.reason}.`));
  const tools = change.state === "open" && mayDecide
    ? [["accept", "check", "Take"], ["reject", "x", "Leave"]].map(([action, sign, word]) =>
      element("button", {
        type: "button", class: "button button-icon button-small", "data-decide": action, "data-change": change.id,
        "aria-label": `${word}: ${change.text}`, title: word,
      }, icon(sign)))
    : STATES[change.state] ? [element("span", { class: "change-state" }, STATES[change.state])] : [];
  return element("li", { "data-state": change.state, "data-block": change.block_id }, text, element("span", { class: "change-tools" }, ...tools));
}

function outputText(output) {
  if (output === null || output === undefined) return "";
  const text = typeof output === "string" ? output : JSON.stringify(output, null, 2);
  return text.length > LONGEST_OUTPUT ? `${text.slice(0, LONGEST_OUTPUT)}…` : text;
}

function simulation(found) {
  if (!found) return null;
  const good = found.status === "completed" || found.status === "waiting";
  const text = outputText(found.output);
  return element("details", { class: "copilot-simulation", "data-good": String(good) },
    element("summary", {}, icon(good ? "circle-check" : "triangle-alert"), SIMULATED[found.status] || found.status),
    element("p", {}, `With ${found.input}. Nothing outside was called.`),
    found.error ? element("p", { class: "copilot-wrong" }, found.error) : null,
    text ? element("pre", { tabindex: "0", "aria-label": "Output of the simulation" }, text) : null);
}

const listOf = (title, texts, sign) => (texts.length
  ? element("div", { class: "copilot-note" }, icon(sign), element("div", {}, element("strong", {}, title), element("ul", {}, ...texts.map((text) => element("li", {}, text)))))
  : null);

/** The elements of a proposal; `rerun` offers to run again from a block after a repair. */
export function proposalCard(proposal, { mayDecide, rerun }) {
  const open = proposal.changes.filter(({ state }) => state === "open");
  const stale = proposal.changes.some(({ state }) => state === "stale");
  const taken = proposal.changes.some(({ state }) => state === "accepted");
  const missing = proposal.problems.filter(({ severity }) => severity === "incomplete").map(({ message, block_id: id }) => (id ? `${id}: ${message}` : message));
  const actions = element("div", { class: "copilot-actions" });
  if (mayDecide && open.length) {
    actions.append(button(proposal.changes.length === 1 ? "Take it" : open.length < proposal.changes.length ? "Take the rest" : "Take all", "check", "accept-all", "button-primary"));
    actions.append(button(open.length === 1 ? "Leave it" : "Leave all", "x", "reject-all"));
  }
  if (stale && mayDecide) actions.append(button("Ask again", "refresh-cw", "again"));
  if (rerun && taken && !open.length) actions.append(button(rerun.label, "play", "rerun", "button-primary"));
  return element("section", { class: "copilot-proposal", "data-proposal": proposal.id, "data-state": proposal.state, "aria-label": "Proposal" },
    element("h3", {}, icon("wand-sparkles"), proposal.summary || "Proposal"),
    element("ul", { class: "copilot-changes" }, ...proposal.changes.map((change) => changeRow(change, mayDecide))),
    proposal.state === "open" ? listOf("Look at this first", proposal.cautions, "shield-alert") : null,
    proposal.state === "open" ? listOf("Still to be filled in by hand", missing.slice(0, 6), "pencil") : null,
    proposal.state === "open" ? simulation(proposal.simulation) : null,
    actions.children.length ? actions : null);
}
