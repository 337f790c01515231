// What the buttons, keys and lists do.
import { announce, element, icon, inField, toast } from "./dom.js";
import { addBlock, changeBlock, copyOf, insertOnEdge, moveBlocks, paste, remove, snap } from "./edits.js";
import { CARD_WIDTH, HEADER_HEIGHT, contains, grown, overlaps, pointOn, visibleBox } from "./geometry.js";
import { differences, graphOf } from "./operations.js";
import { blockItems, openPicker } from "./picker.js";
import { renameInPlace } from "./rename.js";
import { tidyPositions } from "./tidy.js";

const ZOOM_STEP = 1.25;
const FREE_STEP = 40;
const EVERY_COMMAND = [
  ["run", "Run the workflow", "play"], ["tidy", "Tidy up", "layout-dashboard"], ["fit", "See the whole workflow", "maximize"],
  ["undo", "Undo", "undo-2"], ["redo", "Redo", "redo-2"], ["selectAll", "Select all blocks", "list"],
  ["shortcuts", "Show the keyboard shortcuts", "keyboard"],
];

export class Actions {
  constructor(parts) {
    Object.assign(this, parts);
    this.pointer = null;
    this.selection.subscribe(() => this.showButtons());
    this.store.subscribe(() => this.showButtons());
  }

  /** Join the buttons with a `data-action` and the canvas's own events. */
  bind() {
    const { root } = this.view;
    for (const button of document.querySelectorAll("[data-action]")) {
      const { action } = button.dataset;
      if (action in Actions.prototype && action !== "run") button.addEventListener("click", () => this[action]());
    }
    root.addEventListener("pointermove", (event) => { this.pointer = event; });
    root.addEventListener("pointerleave", () => { this.pointer = null; });
    root.addEventListener("dblclick", (event) => this.doubleClick(event));
    root.addEventListener("focusin", (event) => this.focused(event));
    this.view.edges.tools.addEventListener("click", (event) => this.edgeTool(event.target.closest("[data-edge-action]")));
    this.view.listeners.add(() => {
      const zoom = `${Math.round(this.view.viewport.scale * 100)} %`;
      document.querySelector("[data-zoom]").textContent = zoom;
      document.querySelector(".canvas-empty").hidden = this.store.blocks.size > 0;
    });
    this.showButtons();
  }

  showButtons() {
    const disable = (action, disabled) => { document.querySelector(`[data-action=${action}]`).disabled = disabled; };
    disable("undo", !this.store.canUndo);
    disable("redo", !this.store.canRedo);
    disable("delete", !this.selection.blocks.size && !this.selection.edges.size);
    disable("tidy", this.store.blocks.size < 2);
  }

  focused(event) {
    const card = event.target.closest(".canvas-card");
    if (card && event.target.matches(":focus-visible")) this.view.reveal(card.dataset.blockId);
  }

  doubleClick(event) {
    if (event.target === this.view.root || event.target === this.view.edges.svg) this.addHere(event);
  }

  /** A place near a point where a new card covers no other. */
  freePlace(point) {
    const place = { x: snap(point.x), y: snap(point.y) };
    const taken = () => this.view.boxes().some((box) => overlaps(grown(box, 8), { ...place, width: CARD_WIDTH, height: HEADER_HEIGHT }));
    for (let tries = 0; tries < 100 && taken(); tries += 1) {
      place.x += FREE_STEP;
      place.y += FREE_STEP;
    }
    return place;
  }

  added(blockId) {
    announce(`Added ${this.store.nameOf(blockId)}`);
    document.querySelector(".editor").classList.remove("palette-open");
    this.showBlock(blockId).then(() => inField(document.activeElement) || this.view.focus(blockId));
  }

  /** Add a block after the chosen one when it can follow it, else in the middle of what is in sight. */
  addInMiddle(entry) {
    const previous = this.selection.onlyBlock && this.store.blocks.get(this.selection.onlyBlock);
    const output = previous && this.store.outputs(previous.id).find((port) => !port.error && this.isFree(previous.id, port.name));
    if (output && entry.inputs.length) {
      const place = this.freePlace({ x: previous.position.x + CARD_WIDTH + 80, y: previous.position.y });
      return this.added(addBlock(this.store, entry, place, { block: previous.id, handle: output.name, side: "out" }));
    }
    const { x, y } = this.view.centre();
    return this.added(addBlock(this.store, entry, this.freePlace({ x: x - CARD_WIDTH / 2, y: y - HEADER_HEIGHT / 2 })));
  }

  isFree(blockId, handle) {
    return !this.store.edgesOf(blockId).some((edge) => edge.source === blockId && edge.sourceHandle === handle);
  }

  /** Add a block where it was dropped, into the edge that it was dropped on. */
  drop(entry, event, edge) {
    const { x, y } = this.view.worldPoint(event);
    const place = { x: x - CARD_WIDTH / 2, y: y - HEADER_HEIGHT / 2 };
    this.added(edge ? insertOnEdge(this.store, entry, edge.id, place) : addBlock(this.store, entry, place));
  }

  /** Offer the blocks that fit at a point of the window; `from` is the port that an edge was dragged from. */
  addHere(event, from = null) {
    const point = this.view.worldPoint(event);
    const fits = [...new Set(this.store.palette.values())].filter((entry) =>
      (from?.side === "out" ? entry.inputs.length > 0 : from?.side === "in" ? entry.outputs.length > 0 : true));
    const place = { x: from?.side === "in" ? point.x - CARD_WIDTH : point.x, y: point.y - HEADER_HEIGHT / 2 };
    openPicker({
      label: "Add a block", at: { x: event.clientX, y: event.clientY },
      items: blockItems(fits, (entry) => this.added(addBlock(this.store, entry, place, from))),
    });
  }

  add() {
    if (window.matchMedia("(max-width: 760px)").matches) {
      document.querySelector(".editor").classList.toggle("palette-open");
      return;
    }
    openPicker({
      label: "Add a block",
      items: blockItems([...new Set(this.store.palette.values())], (entry) => this.addInMiddle(entry)),
    });
  }

  commands() {
    const places = [...this.store.blocks.values()].map((block) => ({
      title: block.name, hint: "Go to", icon: this.store.entryOf(block).icon, search: block.id, run: () => this.open(block.id),
    }));
    const commands = EVERY_COMMAND.map(([action, title, sign]) => ({ title, hint: "Command", icon: sign, run: () => this[action]() }));
    const adds = blockItems([...new Set(this.store.palette.values())], (entry) => this.addInMiddle(entry))
      .map((item) => ({ ...item, title: `Add ${item.title}`, hint: "Add" }));
    openPicker({ label: "Find a block, a place or a command", items: [...places, ...commands, ...adds] });
  }

  edgeTool(button) {
    const [edgeId] = this.selection.edges;
    const edge = button && this.store.edges.get(edgeId);
    if (!edge) return;
    if (button.dataset.edgeAction === "delete") return void remove(this.store, [], [edgeId]);
    const middle = pointOn(this.view.edges.curveOf(edge).points, 0.5);
    const place = { x: middle.x - CARD_WIDTH / 2, y: middle.y - HEADER_HEIGHT / 2 };
    const { left, bottom } = button.getBoundingClientRect();
    const fits = [...new Set(this.store.palette.values())].filter((entry) => entry.inputs.length && entry.outputs.length);
    openPicker({
      label: "Insert a block", at: { x: left, y: bottom + 4 },
      items: blockItems(fits, (entry) => this.added(insertOnEdge(this.store, entry, edgeId, place))),
    });
  }

  open(blockId) {
    this.showBlock(blockId);
  }

  run() {
    this.runner.open();
  }

  async save() {
    if (await this.flush()) announce("Saved");
  }

  async undo() {
    await this.panel.flush().catch(() => undefined);
    if (this.store.undo()) announce("Undone");
  }

  redo() {
    if (this.store.redo()) announce("Done again");
  }

  selectAll() {
    this.selection.set([...this.store.blocks.keys()]);
  }

  duplicate() {
    if (this.selection.blocks.size) this.selection.set(paste(this.store, copyOf(this.store, [...this.selection.blocks])));
  }

  delete() {
    const { blocks, edges } = this.selection;
    if (!blocks.size && !edges.size) return;
    const count = blocks.size;
    remove(this.store, [...blocks], [...edges]);
    this.view.root.focus({ preventScroll: true });
    if (!count) return;
    const step = this.store.past.at(-1);
    const undo = element("button", { type: "button", class: "link-button" }, icon("undo-2"), "Undo");
    const note = toast(count === 1 ? "Block deleted." : `${count} blocks deleted.`, { actions: [undo] });
    undo.addEventListener("click", () => {
      if (this.store.past.at(-1) === step) this.store.undo();
      else toast("Something was changed after that. Use Undo step by step.");
      note.remove();
    });
  }

  rename() {
    const blockId = document.activeElement?.closest(".canvas-card")?.dataset.blockId ?? this.selection.onlyBlock;
    if (blockId) renameInPlace(this.view, this.store, blockId);
  }

  enable() {
    for (const id of this.selection.blocks) {
      changeBlock(this.store, id, { enabled: this.store.blocks.get(id).enabled === false }, "enable");
    }
  }

  moveBy(x, y) {
    const places = new Map();
    for (const id of this.selection.blocks) {
      const { position } = this.store.blocks.get(id);
      places.set(id, { x: position.x + x, y: position.y + y });
    }
    moveBlocks(this.store, places, { merge: "arrows" });
  }

  tidy() {
    const chosen = this.selection.blocks.size > 1 ? [...this.selection.blocks] : undefined;
    moveBlocks(this.store, tidyPositions(this.store, chosen));
    this.view.fit();
    announce("Tidied up");
  }

  fit() {
    this.view.fit();
  }

  zoomIn() {
    this.view.zoom(ZOOM_STEP);
  }

  zoomOut() {
    this.view.zoom(1 / ZOOM_STEP);
  }

  actualSize() {
    this.view.zoom(1 / this.view.viewport.scale);
  }

  escape() {
    if (this.connecting.active || this.gestures.state) return this.gestures.cancel();
    document.querySelector(".editor").classList.remove("palette-open");
    if (this.panel.open) return this.closePanel();
    return this.selection.clear();
  }

  closePanel() {
    const { blockId } = this.panel;
    this.panel.close();
    this.view.focus(blockId);
  }

  shortcuts() {
    document.getElementById("shortcuts-dialog").showModal();
  }

  /** Where to paste: under the mouse, beside the originals when those are in sight, else into the middle. */
  pastePlace() {
    if (this.pointer) return this.view.worldPoint(this.pointer);
    const sight = visibleBox(this.view.viewport, this.view.size);
    const inSight = this.view.boxes().some((box) => contains(sight, box));
    return inSight ? null : this.view.centre();
  }

  /** Put another graph on the canvas as one step that can be undone. */
  restore(graph) {
    this.store.apply(differences(this.store, graphOf(graph)));
    this.view.fit();
  }
}
