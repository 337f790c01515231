// The list of block types: search, click or Enter to add, drag to place.
import { element, icon } from "./dom.js";
import { categoryColour } from "./card.js";
import { search } from "./picker.js";

const DRAG_DISTANCE = 6;

export class Palette {
  /** `hooks`: `add(entry)` in the middle, `over(event)` while dragged, `drop(entry, event)`. */
  constructor(root, entries, hooks) {
    Object.assign(this, { root, entries, hooks });
    this.input = root.querySelector("[data-palette-search]");
    this.list = root.querySelector("[data-palette-list]");
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => this.down(event));
    this.list.addEventListener("click", (event) => this.click(event));
    this.show();
  }

  show() {
    const items = this.entries.map((entry) => ({
      entry, title: entry.title, search: `${entry.type} ${entry.category} ${entry.description} ${(entry.aliases || []).join(" ")}`,
    }));
    const found = this.input.value.trim() ? search(items, this.input.value) : items;
    const groups = new Map();
    for (const { entry } of found) groups.set(entry.category, [...(groups.get(entry.category) || []), entry]);
    this.list.replaceChildren(...[...groups].map(([category, entries]) => this.group(category, entries)));
    if (!found.length) this.list.replaceChildren(element("p", { class: "palette-empty" }, "No block fits. Try another word."));
  }

  group(category, entries) {
    const items = entries.map((entry) =>
      element("li", {}, element("button", {
        type: "button", class: "palette-item", "data-palette-type": entry.type, "data-category": categoryColour(category),
        title: entry.description,
      },
      element("span", { class: "chip" }, icon(entry.icon || "box")),
      element("span", { class: "palette-text" }, element("span", {}, entry.title), element("small", {}, entry.description)))));
    return element("section", {}, element("h2", {}, category), element("ul", {}, ...items));
  }

  entryOf(target) {
    const type = target.closest("[data-palette-type]")?.dataset.paletteType;
    return this.entries.find((entry) => entry.type === type) || null;
  }

  key(event) {
    const first = this.list.querySelector("[data-palette-type]");
    if (event.key === "Enter" && first) this.hooks.add(this.entryOf(first));
    if (event.key === "ArrowDown" && first) first.focus();
  }

  click(event) {
    const entry = this.entryOf(event.target);
    if (entry && !this.dragged) this.hooks.add(entry);
    this.dragged = false;
  }

  /** Follow the pointer; a touch that moves along the list scrolls it, because the browser then cancels the pointer. */
  down(event) {
    const entry = this.entryOf(event.target);
    this.dragged = false;
    if (!entry || event.button !== 0) return;
    const start = { x: event.clientX, y: event.clientY };
    const button = event.target.closest("[data-palette-type]");
    const stop = new AbortController();
    const on = (name, listener) => document.addEventListener(name, listener, { signal: stop.signal });
    let ghost = null;
    const end = () => {
      stop.abort();
      ghost?.remove();
      this.hooks.over(null);
    };
    on("pointermove", (moved) => {
      if (!ghost && Math.hypot(moved.clientX - start.x, moved.clientY - start.y) < DRAG_DISTANCE) return;
      if (!ghost) button.setPointerCapture(moved.pointerId);
      ghost ??= this.ghost(button);
      ghost.style.transform = `translate(${moved.clientX}px,${moved.clientY}px) translate(-50%,-50%)`;
      this.hooks.over(moved);
    });
    on("pointerup", (up) => {
      this.dragged = ghost !== null;
      end();
      if (this.dragged) this.hooks.drop(entry, up);
    });
    on("pointercancel", end);
    on("keydown", (pressed) => pressed.key === "Escape" && end());
  }

  ghost(button) {
    const ghost = element("div", { class: "palette-ghost", "data-category": button.dataset.category });
    ghost.append(...[...button.childNodes].map((node) => node.cloneNode(true)));
    document.querySelector(".editor").append(ghost);
    return ghost;
  }
}
