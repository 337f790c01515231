// The workflow as a nested list: the same blocks, forms and steps as on the canvas, for keyboard, screen reader and phone.
import { changeAnnotation } from "./annotations.js";
import { categoryColour } from "./card.js";
import { announce, duration, element, icon, toast } from "./dom.js";
import { addBlock, connect, insertOnEdge, remove } from "./edits.js";
import { CARD_WIDTH } from "./geometry.js";
import { blockItems, openPicker } from "./picker.js";
import { outlineOf } from "./walk.js";
import { keysOf, t } from "../js/words.js";

const PHONE = "(max-width: 760px)";
const KEPT = "blockyard-outline";
const GAP = 80;

export class Outline {
  /** `actions` opens and runs; `selection` is shared with the canvas. */
  constructor({ root, canvas, button, view, store, selection, actions }) {
    Object.assign(this, { root, canvas, button, view, store, selection, actions });
    this.list = root.querySelector("[data-outline-list]");
    this.notes = root.querySelector("[data-outline-notes]");
    root.querySelector("[data-outline-add]").addEventListener("click", () => this.addAfter(null));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.notes.addEventListener("change", (event) => changeAnnotation(store, event.target.dataset.note, { text: event.target.value.trimEnd() }));
    view.listeners.add(() => this.open && this.draw());
    selection.subscribe(() => this.open && this.mark());
    this.show(localStorage.getItem(KEPT) === "yes" || (localStorage.getItem(KEPT) === null && window.matchMedia(PHONE).matches));
  }

  get open() {
    return !this.root.hidden;
  }

  show(open) {
    this.root.hidden = !open;
    this.canvas.hidden = open;
    this.button.setAttribute("aria-pressed", String(open));
    this.button.title = open ? t("Show as a canvas (O)") : t("Show as a list (O)");
    document.querySelector(".editor").classList.toggle("outline-open", open);
    this.drawn = null;
    if (open) this.draw();
    else this.view.measure();
  }

  toggle() {
    const block = this.selection.onlyBlock;
    this.show(!this.open);
    localStorage.setItem(KEPT, this.open ? "yes" : "no");
    if (this.open) this.focus(block ?? this.first);
    else {
      this.view.open();
      if (block) this.view.focus(block);
    }
    announce(this.open ? t("The workflow is shown as a list.") : t("The workflow is shown as a canvas."));
  }

  get first() {
    return this.list.querySelector("[data-outline-block]")?.dataset.outlineBlock ?? null;
  }

  rowButton(blockId) {
    return [...this.list.querySelectorAll("[data-outline-block]")].find((button) => button.dataset.outlineBlock === blockId);
  }

  /** Give the focus to a block's row. */
  focus(blockId) {
    this.draw();
    (this.rowButton(blockId) ?? this.root.querySelector("[data-outline-add]")).focus();
    return true;
  }

  focusNote(id) {
    [...this.notes.querySelectorAll("[data-note]")].find((field) => field.dataset.note === id)?.focus();
  }

  /** Draw anew when the graph has changed, else only what runs and what is wrong. */
  draw() {
    const key = [this.store.blocks.size, this.store.edges.size, ...this.store.blocks.values(), ...this.store.edges.values()];
    const same = this.drawn?.length === key.length && key.every((thing, place) => thing === this.drawn[place]);
    if (!same) {
      this.drawn = key;
      const focused = this.list.contains(document.activeElement) ? document.activeElement.closest("[data-row]")?.dataset.row : null;
      const list = this.items(outlineOf(this.store));
      const nothing = element("p", { class: "outline-empty" }, t("Nothing here yet. A workflow begins with a block from “Start”."));
      this.list.replaceChildren(...(this.store.blocks.size ? [list] : [nothing]));
      if (focused) this.focus(focused);
    }
    for (const row of this.list.querySelectorAll("[data-row]")) this.showState(row);
    this.drawNotes();
    this.mark();
  }

  items(items) {
    return element("ol", { class: "outline-items" }, ...items.map((item) => this.item(item)));
  }

  item({ id, again, branches }) {
    const block = this.store.blocks.get(id);
    if (again) {
      const link = element("button", { type: "button", class: "link-button", "data-outline-go": id }, icon("arrow-right"), t("Goes on at “{1}”", this.store.nameOf(id)));
      return element("li", { class: "outline-again" }, link);
    }
    const entry = this.store.entryOf(block);
    const open = element("button", { type: "button", class: "outline-block", "data-outline-block": id },
      element("span", { class: "chip" }, icon(entry.icon || "box")),
      element("span", { class: "outline-text" }, element("strong", {}, block.name || id), element("small", {}, block.enabled === false ? `${entry.title} · off` : entry.title)),
      element("span", { class: "outline-state" }));
    const more = element("button", { type: "button", class: "button button-icon", "data-outline-more": id, "aria-label": t("What to do with {1}", block.name || id), title: t("What to do with this block") }, icon("ellipsis-vertical"));
    const row = element("div", { class: "outline-row", "data-row": id, "data-category": categoryColour(entry.category) }, open, more);
    const ways = branches.map((branch) => element("li", {}, element("p", { class: "outline-way" }, branch.title), this.items(branch.items)));
    return element("li", {}, row, ways.length ? element("ul", { class: "outline-ways" }, ...ways) : null);
  }

  showState(row) {
    const status = this.view.statuses.get(row.dataset.row);
    const problem = this.view.problems.get(row.dataset.row);
    const words = [problem?.message, status && `${status.status}${status.duration_ms === undefined ? "" : `, ${duration(status.duration_ms)}`}`].filter(Boolean);
    const place = row.querySelector(".outline-state");
    row.dataset.status = status?.status ?? "";
    row.toggleAttribute("data-problem", Boolean(problem));
    if (place.textContent !== words.join(" · ")) place.textContent = words.join(" · ");
  }

  mark() {
    for (const button of this.list.querySelectorAll("[data-outline-block]")) {
      button.setAttribute("aria-current", String(this.selection.blocks.has(button.dataset.outlineBlock)));
    }
  }

  drawNotes() {
    if (this.notes.contains(document.activeElement)) return;
    const notes = [...this.store.annotations.values()];
    this.notes.hidden = !notes.length;
    this.notes.replaceChildren(...(notes.length ? [element("h2", {}, t("Notes and frames"))] : []), ...notes.map(({ id, kind, text }) => {
      const words = kind === "frame" ? t("Title of a frame") : t("Note");
      const field = element("textarea", { "data-note": id, rows: kind === "frame" ? 1 : 3, "aria-label": words, maxlength: 10_000, readonly: this.store.readOnly });
      field.value = text;
      return field;
    }));
  }

  clicked(event) {
    const of = (name) => event.target.closest(`[data-outline-${name}]`)?.getAttribute(`data-outline-${name}`);
    if (of("block")) this.actions.open(of("block"));
    else if (of("go")) this.focus(of("go"));
    else if (of("more")) this.menu(of("more"));
  }

  key(event) {
    const id = event.target.closest("[data-row]")?.dataset.row;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const readOnly = this.store.readOnly;
    const work = { a: () => this.addAfter(id), c: () => this.connectTo(id), x: () => this.disconnect(id), Delete: () => this.remove(id) }[event.key];
    if (step) {
      const all = [...this.list.querySelectorAll("[data-outline-block]")];
      all[all.findIndex((button) => button.dataset.outlineBlock === id) + step]?.focus();
    } else if (work && !readOnly) work();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  menu(id) {
    const { store, actions } = this;
    const item = (title, sign, keys, run) => ({ title, icon: sign, hint: keysOf(keys), run });
    const changes = [
      item(t("Add a block after it"), "plus", "A", () => this.addAfter(id)),
      item(t("Connect it to another block"), "git-branch", "C", () => this.connectTo(id)),
      item(t("Disconnect it"), "unplug", "X", () => this.disconnect(id)),
      item(store.blocks.get(id).enabled === false ? t("Turn it on") : t("Turn it off"), "power-off", "E", () => this.chosen(id, "enable")),
      item(t("Duplicate it"), "copy", "", () => this.chosen(id, "duplicate")),
      item(t("Delete it"), "trash-2", "Delete", () => this.remove(id)),
    ];
    openPicker({ label: t("What to do with “{1}”", store.nameOf(id)), items: [item(t("Open its settings"), "settings-2", "Enter", () => actions.open(id)), ...(store.readOnly ? [] : changes)] });
  }

  chosen(id, action) {
    this.selection.set([id]);
    this.actions.do(action);
  }

  /** Add a block behind another one: into the way on when there is just one. Without another one, anywhere. */
  addAfter(id) {
    if (!id) this.actions.do("add");
    else this.choosePort(id, (port) => {
      const entries = [...new Set(this.store.palette.values())].filter((entry) => entry.inputs.length);
      openPicker({ label: t("Add which block after “{1}”?", this.store.nameOf(id)), items: blockItems(entries, (entry) => this.addAt(entry, id, port)) });
    });
  }

  addAt(entry, id, port) {
    const { store } = this;
    const edges = store.edgesOf(id).filter((edge) => edge.source === id && edge.sourceHandle === port.name);
    const { x, y } = store.blocks.get(id).position;
    const place = { x: x + CARD_WIDTH + GAP, y };
    const added = edges.length === 1 && entry.outputs.length
      ? insertOnEdge(store, entry, edges[0].id, place)
      : addBlock(store, entry, this.actions.freePlace(place), { block: id, handle: port.name, side: "out" });
    this.actions.added(added);
  }

  /** Ask for one of several outputs; a single one needs no question. */
  choosePort(id, then) {
    const ports = this.store.outputs(id);
    const usual = ports.filter((port) => !port.error);
    if (!ports.length) toast(t("“{1}” ends the workflow, so nothing can follow it.", this.store.nameOf(id)));
    else if (usual.length === 1) then(usual[0]);
    else openPicker({ label: t("From which output?"), items: ports.map((port) => ({ title: port.title, icon: "git-branch", run: () => then(port) })) });
  }

  connectTo(id) {
    const { store } = this;
    this.choosePort(id, (port) => {
      const items = [...store.blocks.values()].filter((block) => store.canConnect(id, port.name, block.id) === null).map((block) => ({
        title: block.name || block.id, icon: store.entryOf(block).icon, hint: store.entryOf(block).title,
        run: () => {
          connect(store, id, port.name, block.id);
          announce(t("Connected {1} to {2}", store.nameOf(id), store.nameOf(block.id)));
        },
      }));
      openPicker({ label: t("Connect “{1}” to which block?", store.nameOf(id)), items });
    });
  }

  disconnect(id) {
    const { store } = this;
    const items = store.edgesOf(id).map((edge) => {
      const [words, other] = edge.source === id ? ["to", edge.target] : ["from", edge.source];
      return { title: `${words} ${store.nameOf(other)}`, icon: "unplug", hint: edge.sourceHandle, search: edge.sourceHandle, run: () => this.cut(edge) };
    });
    openPicker({ label: t("Remove which connection of “{1}”?", store.nameOf(id)), items });
  }

  cut(edge) {
    remove(this.store, [], [edge.id]);
    announce(t("{1} is no longer connected to {2}", this.store.nameOf(edge.source), this.store.nameOf(edge.target)));
  }

  remove(id) {
    const all = [...this.list.querySelectorAll("[data-outline-block]")].map((button) => button.dataset.outlineBlock);
    const next = all[all.indexOf(id) + 1] ?? all[all.indexOf(id) - 1];
    this.chosen(id, "delete");
    this.draw();
    this.focus(next);
  }
}
