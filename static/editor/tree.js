// The tree of values that a field can use, as the server renders it: opened, searched, clicked and dragged.
import { callHtml } from "./api.js";
import { element, icon } from "./dom.js";
import { described, keyOf, pathOf } from "./expression.js";
import { t } from "../js/words.js";

export const DRAGGED = "application/x-blockyard-value";

export class ValueTree {
  /** `nameOf(id)` answers a block's name; `pick(path)` is told of a click. */
  constructor({ nameOf, pick }) {
    Object.assign(this, { nameOf, pick });
    this.html = "";
    this.values = new Map();
  }

  /** Fetch the values of a block anew. Throws when the server does not answer. */
  async load(address) {
    this.html = await callHtml("GET", address);
    const page = new DOMParser().parseFromString(this.html, "text/html");
    const found = page.querySelectorAll("[data-value-path]");
    this.inputOf = page.querySelector("[data-input-of]")?.dataset.inputOf || null;
    this.values = new Map([...found].map(({ dataset }) => {
      const path = pathOf(dataset.valuePath);
      const label = path ? described(path, this.nameOf).label : dataset.valuePath;
      return [path ? this.key(path) : dataset.valuePath,
        { path: dataset.valuePath, type: dataset.valueType, sample: dataset.valueSample, label }];
    }));
  }

  key(path) {
    return keyOf(path, (id) => this.nameOf(id) !== undefined);
  }

  /** What is known of the value at a path, or undefined. */
  find(path) {
    const known = path[0] === "input" && this.inputOf ? ["blocks", this.inputOf, "output", ...path.slice(1)] : path;
    return this.values.get(this.key(known));
  }

  /** Draw the tree into a place. */
  mount(place) {
    place.innerHTML = this.html;
    if (place.dataset.valueTree) return;
    place.dataset.valueTree = "true";
    place.addEventListener("click", (event) => this.clicked(event));
    place.addEventListener("keydown", (event) => this.arrows(event));
    place.addEventListener("dragstart", (event) => {
      const path = event.target.closest?.("[data-value-path]")?.dataset.valuePath;
      if (!path) return;
      event.dataTransfer.setData(DRAGGED, path);
      event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
      event.dataTransfer.effectAllowed = "copy";
    });
  }

  clicked(event) {
    const toggle = event.target.closest("[data-value-toggle]");
    if (toggle) return this.open(toggle, toggle.getAttribute("aria-expanded") !== "true");
    const path = event.target.closest("[data-value-path]")?.dataset.valuePath;
    return path && this.pick(path);
  }

  /** Right and left open and close, as in every tree. */
  arrows(event) {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const toggle = event.target.closest("li")?.querySelector(":scope > [data-value-toggle]");
    if (toggle) this.open(toggle, event.key === "ArrowRight");
  }

  open(toggle, open) {
    toggle.setAttribute("aria-expanded", String(open));
    toggle.parentElement.querySelector(":scope > .value-list").hidden = !open;
  }

  /** Show only the values whose name, block or sample has these letters. */
  filter(place, letters) {
    const wanted = letters.trim().toLowerCase();
    let shown = 0;
    for (const item of [...place.querySelectorAll(".value-tree li")].reverse()) {
      const button = item.querySelector(":scope > [data-value-path]");
      const own = `${button?.textContent} ${button?.dataset.valuePath}`.toLowerCase().includes(wanted);
      const inner = [...item.querySelectorAll(":scope > .value-list > li")].some((child) => !child.hidden);
      item.hidden = Boolean(wanted) && !own && !inner;
      const toggle = item.querySelector(":scope > [data-value-toggle]");
      if (wanted && toggle) this.open(toggle, inner);
      if (!item.hidden) shown += 1;
    }
    place.querySelector("[data-value-none]")?.remove();
    if (!shown && wanted) place.append(element("p", { class: "field-help", "data-value-none": true }, icon("search-x"), ` ${t("No value is called “{1}”.", letters.trim())}`));
  }
}
