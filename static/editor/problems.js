// The list of what is wrong with the graph, and the marks on the blocks.
import { element, icon } from "./dom.js";
import { t } from "../js/words.js";

export class Problems {
  /** `show(blockId, field)` takes a person to the place of a problem. */
  constructor({ button, list, store, view, show }) {
    Object.assign(this, { button, list, store, view, show });
    this.problems = [];
    this.drawn = [];
    this.running = [];
    this.marked = "[]";
    button.addEventListener("click", () => this.toggle(list.hidden));
    list.addEventListener("click", (event) => this.choose(event.target.closest("[data-problem]")));
    list.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    document.addEventListener("pointerdown", (event) => {
      if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) this.toggle(false);
    });
    store.subscribe((operations) => operations.some(({ after }) => !after) && this.update());
  }

  /** What is wrong with the graph as it is drawn. */
  set(problems) {
    this.drawn = problems;
    this.update();
  }

  /** What is wrong with triggers that are at work. */
  setRunning(problems) {
    this.running = problems;
    this.update();
  }

  update() {
    this.problems = [...this.drawn, ...this.running].filter((problem) => !problem.block_id || this.store.blocks.has(problem.block_id));
    const byBlock = new Map();
    for (const problem of this.problems) {
      const known = byBlock.get(problem.block_id);
      if (problem.block_id && (!known || problem.severity === "error")) byBlock.set(problem.block_id, problem);
    }
    this.mark(byBlock);
    const count = this.problems.length;
    this.button.dataset.count = String(count);
    const words = count === 1 ? t("1 problem") : count ? t("{1} problems", count) : t("No problems");
    this.button.setAttribute("aria-label", words);
    this.button.title = words;
    this.button.querySelector("[data-problem-count]").textContent = String(count);
    this.fill();
  }

  /** Mark the blocks on the canvas; news that say what is known already, as most do, draw nothing. */
  mark(byBlock) {
    const marked = JSON.stringify([...byBlock]);
    if (marked !== this.marked) this.view.setProblems(byBlock);
    this.marked = marked;
  }

  fill() {
    const items = this.problems.map((problem, place) =>
      element("li", {}, element("button", { type: "button", "data-problem": place, "data-severity": problem.severity || "error" },
        icon(problem.severity === "incomplete" ? "info" : "triangle-alert"),
        element("span", {},
          problem.block_id ? element("strong", {}, this.store.nameOf(problem.block_id)) : null,
          element("span", {}, problem.message)))));
    const none = element("p", { class: "muted" }, t("Nothing is wrong with this workflow."));
    this.list.replaceChildren(element("h2", {}, t("Problems")), items.length ? element("ul", {}, ...items) : none);
  }

  toggle(open) {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.list.querySelector("button")?.focus();
  }

  close() {
    this.toggle(false);
    this.button.focus();
  }

  choose(button) {
    const problem = button && this.problems[Number(button.dataset.problem)];
    if (!problem?.block_id) return;
    this.toggle(false);
    this.show(problem.block_id, problem.field || null);
  }
}
