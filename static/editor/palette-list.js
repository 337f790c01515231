// What the palette shows: what was used lately, the blocks by category, and the services, each folded until it is wanted.
import { element, icon } from "./dom.js";
import { categoryColour } from "./card.js";
import { t } from "../js/words.js";

const RECENT_KEY = "blockyard.recent-blocks";
const MOST_RECENT = 5;
const SERVICES = " services";

/** The types that were placed last, newest first; none where the browser keeps nothing. */
function recent() {
  try {
    const types = JSON.parse(localStorage.getItem(RECENT_KEY) || "[]");
    return Array.isArray(types) ? types.filter((type) => typeof type === "string").slice(0, MOST_RECENT) : [];
  } catch {
    return [];
  }
}

/** Note that a block of this type was placed. */
export function remember(type) {
  try {
    localStorage.setItem(RECENT_KEY, JSON.stringify([type, ...recent().filter((other) => other !== type)].slice(0, MOST_RECENT)));
  } catch {
    // A browser that keeps nothing offers nothing first.
  }
}

const initials = (name) => {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words[1][0] : name.slice(0, 2)).toUpperCase();
};

function byCategory(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.category, [...(groups.get(entry.category) || []), entry]);
  return [...groups];
}

function row(entry, name = "data-palette-type") {
  return element("li", {}, element("button", {
    type: "button", class: "palette-item", [name]: entry.type, "data-category": categoryColour(entry.category), title: entry.description,
  },
  element("span", { class: "chip" }, icon(entry.icon || "box")),
  element("span", { class: "palette-text" }, element("span", {}, entry.title), element("small", {}, entry.description))));
}

const section = (title, rows) => element("section", {}, element("h2", {}, title), element("ul", {}, ...rows));
const titled = ([category, entries]) => section(entries[0].group ?? category, entries.map((entry) => row(entry)));

export class PaletteList {
  constructor(root, entries) {
    Object.assign(this, { root, entries });
    this.open = new Set();
    this.native = byCategory(entries.filter((entry) => !entry.service));
    this.services = byCategory(entries.filter((entry) => entry.service));
  }

  /** Everything there is. */
  all() {
    const types = new Map(this.entries.map((entry) => [entry.type, entry]));
    const lately = recent().map((type) => types.get(type)).filter(Boolean);
    this.fill([
      ...(lately.length ? [section(t("Used lately"), lately.map((entry) => row(entry, "data-recent-type")))] : []),
      ...this.native.map(titled),
      ...(this.services.length ? [this.folded()] : []),
    ]);
  }

  /** What fits a search, best first within its category; operations of services by service. */
  found(entries) {
    this.root.scrollTop = 0;
    if (entries.length) this.fill(byCategory(entries).map(titled));
    else this.fill([element("p", { class: "palette-empty" }, t("No block fits. Try another word."))]);
  }

  folded() {
    const open = this.open.has(SERVICES);
    const rows = open ? [element("ul", {}, ...this.services.map((service) => this.service(service)))] : [];
    return element("section", { class: "palette-services" },
      element("h2", {}, this.fold(SERVICES, open, element("span", {}, t("Services")), this.services.length)), ...rows);
  }

  service([name, entries]) {
    const open = this.open.has(name);
    const chip = element("span", { class: "chip palette-initials", "aria-hidden": "true" }, initials(name));
    const button = this.fold(name, open, element("span", { class: "palette-service" }, chip, name), entries.length);
    button.dataset.category = categoryColour(name);
    return element("li", {}, button, ...(open ? [element("ul", { class: "palette-operations" }, ...entries.map((entry) => row(entry)))] : []));
  }

  fold(name, open, label, count) {
    return element("button", { type: "button", class: "palette-fold", "data-palette-fold": name, "aria-expanded": String(open) },
      icon(open ? "chevron-down" : "chevron-right"), label, element("small", {}, String(count)));
  }

  toggle(name) {
    if (!this.open.delete(name)) this.open.add(name);
    this.all();
    this.buttons().find((button) => button.dataset.paletteFold === name)?.focus();
  }

  fill(children) {
    const { scrollTop } = this.root;
    this.root.replaceChildren(...children);
    this.root.scrollTop = scrollTop;
    this.stop(this.buttons()[0]);
  }

  buttons() {
    return [...this.root.querySelectorAll("button")];
  }

  /** Tab stops in the list only once: at this button. */
  stop(button) {
    if (!button) return;
    for (const other of this.buttons()) other.tabIndex = other === button ? 0 : -1;
  }

  /** Where a key leads from a button: another one, "search", or nowhere. */
  from(button, key) {
    const all = this.buttons();
    const place = all.indexOf(button);
    const fold = button.dataset.paletteFold;
    const open = fold && button.getAttribute("aria-expanded") === "true";
    if (key === "ArrowDown") return all[place + 1] ?? null;
    if (key === "ArrowUp") return all[place - 1] ?? "search";
    if (key === "Home") return all[0];
    if (key === "End") return all.at(-1);
    if (key === "ArrowRight" && fold && !open) this.toggle(fold);
    else if (key === "ArrowLeft" && open) this.toggle(fold);
    else if (key === "ArrowLeft") return button.closest("ul")?.parentElement.querySelector("[data-palette-fold]");
    return null;
  }
}
