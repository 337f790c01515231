// A list to choose from by typing: blocks to add, places to go, commands.
import { element, icon } from "./dom.js";
import { t } from "../js/words.js";

const MOST_SHOWN = 60;

/** How well an item fits what was typed: higher is better, 0 is not at all. */
export function score(item, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const title = item.title.toLowerCase();
  const all = `${title} ${(item.search || "").toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return 0;
  return words.reduce((sum, word) => sum + (title.startsWith(word) ? 4 : title.includes(` ${word}`) ? 3 : title.includes(word) ? 2 : 1), 1);
}

/** The items that fit, best first; those of equal worth keep their order. */
export function search(items, typed) {
  return items
    .map((item, place) => ({ item, place, worth: score(item, typed) }))
    .filter(({ worth }) => worth > 0)
    .sort((one, other) => other.worth - one.worth || one.place - other.place)
    .map(({ item }) => item);
}

/** The palette as items; `run(entry)` is called with the chosen one. */
export const blockItems = (entries, run) =>
  entries.map((entry) => ({
    title: entry.title,
    hint: entry.group ?? entry.category,
    icon: entry.icon,
    search: `${entry.type} ${entry.category} ${entry.group ?? ""} ${entry.description} ${(entry.aliases || []).join(" ")}`,
    run: () => run(entry),
  }));

const hintOf = ({ hint = "" }, typed) => (typeof hint === "function" ? hint(typed) : hint);

let open = null;

/**
 * Show a picker at a point of the window, or in the middle. Items are `{title, hint, icon, search, run, peek}`: a hint may be a
 * function of what is typed, and `peek` is called while an item is marked.
 */
export function openPicker({ items, label, at = null }) {
  open?.close();
  open = new Picker(items, label, at);
  return open;
}

class Picker {
  constructor(items, label, at) {
    this.items = items;
    this.before = document.activeElement;
    this.input = element("input", {
      type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "picker-list", "aria-label": label,
      placeholder: label, autocomplete: "off", spellcheck: "false",
    });
    this.list = element("ul", { id: "picker-list", role: "listbox", "aria-label": label });
    this.element = element("div", { class: "picker" }, element("div", { class: "picker-search" }, icon("search"), this.input), this.list);
    document.querySelector(".editor").append(this.element);
    this.place(at);
    this.listen();
    this.show();
    this.input.focus();
  }

  listen() {
    this.input.addEventListener("input", () => {
      this.typed = true;
      this.show();
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    this.outside = (event) => !this.element.contains(event.target) && this.close();
    document.addEventListener("pointerdown", this.outside, true);
  }

  place(at) {
    const { width, height } = this.element.getBoundingClientRect();
    const room = { x: window.innerWidth - width - 12, y: window.innerHeight - Math.max(height, 360) - 12 };
    const wanted = at || { x: (window.innerWidth - width) / 2, y: window.innerHeight / 5 };
    this.element.style.left = `${Math.max(12, Math.min(wanted.x, room.x))}px`;
    this.element.style.top = `${Math.max(12, Math.min(wanted.y, room.y))}px`;
  }

  show() {
    const found = search(this.items, this.input.value).slice(0, MOST_SHOWN);
    this.found = found;
    const options = found.map((item, place) =>
      element("li", { role: "option", id: `picker-option-${place}`, "data-place": place },
        icon(item.icon || "box"), element("span", {}, item.title), element("small", {}, hintOf(item, this.input.value))));
    this.list.replaceChildren(...(options.length ? options : [element("li", { class: "picker-empty" }, t("Nothing fits."))]));
    this.mark(0);
  }

  /** Items that came later; what is marked stays marked. */
  more(items) {
    if (!this.element.isConnected) return;
    this.items = [...this.items, ...items];
    const marked = this.marked;
    this.show();
    this.mark(marked);
  }

  mark(place) {
    this.marked = Math.max(0, Math.min(place, this.found.length - 1));
    for (const option of this.list.querySelectorAll("[role=option]")) {
      const marked = Number(option.dataset.place) === this.marked;
      option.setAttribute("aria-selected", String(marked));
      if (marked) option.scrollIntoView({ block: "nearest" });
    }
    if (this.typed) this.found[this.marked]?.peek?.();
    if (this.found.length) this.input.setAttribute("aria-activedescendant", `picker-option-${this.marked}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in moves) {
      this.typed = true;
      this.mark(this.marked + moves[event.key]);
    }
    else if (event.key === "Enter") this.choose(this.list.querySelector("[aria-selected=true]"));
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(option) {
    const item = option && this.found[Number(option.dataset.place)];
    if (!item) return;
    this.close();
    item.run();
  }

  close() {
    if (open === this) open = null;
    document.removeEventListener("pointerdown", this.outside, true);
    const hadFocus = this.element.contains(document.activeElement);
    this.element.remove();
    if (hadFocus && this.before?.isConnected) this.before.focus({ preventScroll: true });
  }
}
