// One proposal in the conversation: its changes in words, each to be taken or left, what to look at, and how it tried out.
import { element, icon } from "./dom.js";
import { t } from "../js/words.js";

const STATES = { accepted: t("Taken"), rejected: t("Left") };
const SIMULATED = {
  completed: t("Tried out in a simulation: it ran to its end."),
  failed: t("Tried out in a simulation: it failed."),
  waiting: t("Tried out in a simulation: it waits, as it should, for something from outside."),
  timed_out: t("Tried out in a simulation: it took too long."),
  not_run: t("It could not be tried out."),
};
const LONGEST_OUTPUT = 2000;
const MOST_PROBLEMS = 6;

function button(label, sign, action, tone = "") {
  return element("button", { type: "button", class: `button button-small ${tone}`.trim(), "data-decide": action }, icon(sign), label);
}

function changeRow(change, mayDecide) {
  const text = element("span", { class: "change-text" }, change.text);
  if (change.state === "stale") text.append(element("small", {}, t("Does not fit any more: {1}.", change.reason)));
  const tools = change.state === "open" && mayDecide
    ? [["accept", "check", t("Take")], ["reject", "x", t("Leave")]].map(([action, sign, word]) =>
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
    found.input === "none" ? null : element("p", {}, t("With {1}. Nothing outside was called.", found.input)),
    found.error ? element("p", { class: "copilot-wrong" }, found.error) : null,
    text ? element("pre", { tabindex: "0", "aria-label": t("Output of the simulation") }, text) : null);
}

const listOf = (title, texts, sign) => (texts.length
  ? element("div", { class: "copilot-note" }, icon(sign), element("div", {}, element("strong", {}, title), element("ul", {}, ...texts.map((text) => element("li", {}, text)))))
  : null);

/** The problems of one severity, each with the name of its block, also of one that is not there yet. */
function problemsOf({ problems, operations }, wanted, nameOf) {
  const coming = new Map(operations.filter(({ type }) => type === "add_block").map(({ block }) => [block.id, block.name]));
  const found = problems.filter(({ severity }) => severity === wanted);
  return found.slice(0, MOST_PROBLEMS).map(({ message, block_id: id }) => (id ? t("“{1}”: {2}", coming.get(id) || nameOf(id), message) : message));
}

/** The elements of a proposal; `rerun` offers to run again from a block after a repair. */
export function proposalCard(proposal, { mayDecide, rerun, nameOf }) {
  const open = proposal.changes.filter(({ state }) => state === "open");
  const stale = proposal.changes.some(({ state }) => state === "stale");
  const taken = proposal.changes.some(({ state }) => state === "accepted");
  const actions = element("div", { class: "copilot-actions" });
  if (mayDecide && open.length) {
    actions.append(button(proposal.changes.length === 1 ? t("Take it") : open.length < proposal.changes.length ? t("Take the rest") : t("Take all"), "check", "accept-all", "button-primary"));
    actions.append(button(open.length === 1 ? t("Leave it") : t("Leave all"), "x", "reject-all"));
  }
  if (stale && mayDecide) actions.append(button(t("Ask again"), "refresh-cw", "again"));
  if (rerun && taken && !open.length) actions.append(button(rerun.label, "play", "rerun", "button-primary"));
  return element("section", { class: "copilot-proposal", "data-proposal": proposal.id, "data-state": proposal.state, "aria-label": t("Proposal") },
    element("h3", {}, icon("wand-sparkles"), proposal.summary || t("Proposal")),
    element("ul", { class: "copilot-changes" }, ...proposal.changes.map((change) => changeRow(change, mayDecide))),
    proposal.state === "open" ? listOf(t("Look at this first"), proposal.cautions, "shield-alert") : null,
    proposal.state === "open" ? listOf(t("Still to be filled in by hand"), problemsOf(proposal, "incomplete", nameOf), "pencil") : null,
    proposal.state === "open" ? listOf(t("Worth a second look"), problemsOf(proposal, "warning", nameOf), "info") : null,
    proposal.state === "open" ? simulation(proposal.simulation) : null,
    actions.children.length ? actions : null);
}
