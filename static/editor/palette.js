// The list of block types: search, click or Enter to add, drag to place.
import { element } from "./dom.js";
import { search } from "./picker.js";
import { PaletteList, remember } from "./palette-list.js";

const DRAG_DISTANCE = 6;
const MOST_FOUND = 80;

export class Palette {
  /** `hooks`: `add(entry)` in the middle, `over(event)` while dragged, `drop(entry, event)`. */
  constructor(root, entries, hooks) {
    Object.assign(this, { root, entries, hooks });
    this.input = root.querySelector("[data-palette-search]");
    this.list = root.querySelector("[data-palette-list]");
    this.items = entries.map((entry) => ({
      entry, title: entry.title, search: `${entry.type} ${entry.category} ${entry.group ?? ""} ${entry.description} ${(entry.aliases || []).join(" ")}`,
    }));
    this.shown = new PaletteList(this.list, entries);
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("focusin", (event) => this.shown.stop(event.target.closest("button")));
    this.list.addEventListener("pointerdown", (event) => this.down(event));
    this.list.addEventListener("click", (event) => this.click(event));
    this.show();
  }

  show() {
    const typed = this.input.value.trim();
    if (!typed) return this.shown.all();
    return this.shown.found(search(this.items, typed).slice(0, MOST_FOUND).map(({ entry }) => entry));
  }

  /** Add a block in the middle; it is offered first from now on. */
  add(entry) {
    this.remember(entry);
    this.hooks.add(entry);
  }

  remember(entry) {
    remember(entry.type);
    if (!this.input.value.trim()) this.shown.all();
  }

  entryOf(target) {
    const { paletteType, recentType } = target.closest("[data-palette-type], [data-recent-type]")?.dataset ?? {};
    return this.entries.find((entry) => entry.type === (paletteType ?? recentType)) || null;
  }

  key(event) {
    const first = this.list.querySelector("[data-palette-type]");
    if (event.key === "Enter" && first) this.add(this.entryOf(first));
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    this.list.querySelector("button")?.focus();
  }

  /** Up, down, home and end go through the list, right and left open and fold, a letter goes on with the search. */
  walk(event) {
    const button = event.target.closest("button");
    if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && event.key !== " ") return this.input.focus();
    const next = this.shown.from(button, event.key);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (next === "search") this.input.focus();
    else next.focus();
  }

  click(event) {
    const fold = event.target.closest("[data-palette-fold]");
    const entry = this.entryOf(event.target);
    if (fold) this.shown.toggle(fold.dataset.paletteFold);
    else if (entry && !this.dragged) this.add(entry);
    this.dragged = false;
  }

  /** Follow the pointer; a touch that moves along the list scrolls it, because the browser then cancels the pointer. */
  down(event) {
    const entry = this.entryOf(event.target);
    this.dragged = false;
    if (!entry || event.button !== 0) return;
    const start = { x: event.clientX, y: event.clientY };
    const button = event.target.closest("button");
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
      if (!this.dragged) return;
      this.hooks.drop(entry, up);
      this.remember(entry);
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
