// What the buttons, keys and lists do.
import { announce, element, icon, inField, toast } from "./dom.js";
import { annotationBox } from "./annotations.js";
import { choosePasted } from "./clipboard.js";
import { placesMoved, placesOf } from "./dragging.js";
import { addBlock, changeBlock, copyOf, insertOnEdge, moveBlocks, moveThings, paste, remove, snap } from "./edits.js";
import { CARD_WIDTH, HEADER_HEIGHT, contains, grown, overlaps, pointOn, visibleBox } from "./geometry.js";
import { differences } from "./operations.js";
import { blockItems, openPicker } from "./picker.js";
import { renameInPlace } from "./rename.js";
import { tidyPositions } from "./tidy.js";
import { t } from "../js/words.js";

const ZOOM_STEP = 1.25;
const FREE_STEP = 40;
/** What changes the workflow; who may only look cannot do it. */
const CHANGES = new Set([
  "save", "add", "undo", "redo", "duplicate", "delete", "rename", "renameWorkflow", "enable", "tidy", "note", "frame", "connectFrom", "importFile",
  "alignLeft", "alignCentre", "alignRight", "alignTop", "alignMiddle", "alignBottom", "spreadAcross", "spreadDown",
]);

export class Actions {
  constructor(parts) {
    Object.assign(this, parts);
    this.pointer = null;
    this.extra = {};
    this.buttons = {};
    this.selection.subscribe(() => this.showButtons());
    this.store.subscribe(() => this.showButtons());
  }

  /** Actions of other parts, by name. */
  register(actions) {
    Object.assign(this.extra, actions);
  }

  /** Whether this person may do an action. */
  may(name) {
    return !(this.store.readOnly && CHANGES.has(name)) && (name !== "run" || this.mayRun !== false);
  }

  /** Do an action by its name. */
  do(name) {
    if (this.may(name)) return this.extra[name] ? this.extra[name]() : this[name]();
    return undefined;
  }

  /** Join the buttons with a `data-action` and the canvas's own events. */
  bind() {
    const { root } = this.view;
    for (const button of document.querySelectorAll("[data-action]")) {
      const { action } = button.dataset;
      if ((action in Actions.prototype || action in this.extra) && action !== "run") button.addEventListener("click", () => this.do(action));
    }
    root.addEventListener("pointermove", (event) => { this.pointer = event; });
    root.addEventListener("pointerleave", () => { this.pointer = null; });
    root.addEventListener("dblclick", (event) => this.doubleClick(event));
    root.addEventListener("focusin", (event) => this.focused(event));
    this.view.edges.tools.addEventListener("click", (event) => this.edgeTool(event.target.closest("[data-edge-action]")));
    const [zoom, empty] = [document.querySelector("[data-zoom]"), document.querySelector(".canvas-empty")];
    this.view.listeners.add(() => {
      const words = `${Math.round(this.view.viewport.scale * 100)} %`;
      if (zoom.textContent !== words) zoom.textContent = words;
      empty.hidden = this.store.blocks.size + this.store.annotations.size > 0;
    });
    this.showButtons();
  }

  showButtons() {
    const disable = (action, disabled) => {
      this.buttons[action] ??= document.querySelector(`[data-action=${action}]`);
      if (this.buttons[action].disabled !== disabled) this.buttons[action].disabled = disabled;
    };
    disable("undo", !this.store.canUndo);
    disable("redo", !this.store.canRedo);
    disable("delete", !this.selection.size);
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
    announce(t("Added {1}", this.store.nameOf(blockId)));
    document.querySelector(".editor").classList.remove("palette-open");
    this.showBlock(blockId).then(() => inField(document.activeElement) || this.focusBlock(blockId));
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
      label: t("Add a block"), at: { x: event.clientX, y: event.clientY },
      items: blockItems(fits, (entry) => this.added(addBlock(this.store, entry, place, from))),
    });
  }

  add() {
    if (window.matchMedia("(max-width: 760px)").matches) {
      document.querySelector(".editor").classList.toggle("palette-open");
      return;
    }
    openPicker({
      label: t("Add a block"),
      items: blockItems([...new Set(this.store.palette.values())], (entry) => this.addInMiddle(entry)),
    });
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
      label: t("Insert a block"), at: { x: left, y: bottom + 4 },
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
    if (await this.flush()) announce(t("Saved"));
  }

  async undo() {
    await this.panel.flush().catch(() => undefined);
    if (this.store.undo()) announce(t("Undone"));
  }

  redo() {
    if (this.store.redo()) announce(t("Done again"));
  }

  selectAll() {
    this.selection.set([...this.store.blocks.keys()], [], [...this.store.annotations.keys()]);
  }

  duplicate() {
    const { blocks, annotations } = this.selection;
    if (blocks.size + annotations.size) choosePasted(this.selection, paste(this.store, copyOf(this.store, [...blocks], [...annotations])));
  }

  delete() {
    const { blocks, edges, annotations, size } = this.selection;
    if (!size) return;
    const count = blocks.size + annotations.size;
    const words = annotations.size ? (count === 1 ? t("Note or frame deleted.") : t("{1} things deleted.", count)) : count === 1 ? t("Block deleted.") : t("{1} blocks deleted.", count);
    remove(this.store, [...blocks], [...edges], [...annotations]);
    this.view.root.focus({ preventScroll: true });
    if (!count) return;
    const step = this.store.past.at(-1);
    const undo = element("button", { type: "button", class: "link-button" }, icon("undo-2"), t("Undo"));
    const note = toast(words, { actions: [undo] });
    undo.addEventListener("click", () => {
      if (this.store.past.at(-1) === step) this.store.undo();
      else toast(t("Something was changed after that. Use Undo step by step."));
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
    if (!this.store.readOnly) moveThings(this.store, placesMoved(placesOf(this), { x, y }), { merge: "arrows" });
  }

  tidy() {
    const chosen = this.selection.blocks.size > 1 ? [...this.selection.blocks] : undefined;
    moveBlocks(this.store, tidyPositions(this.store, chosen));
    this.view.fit();
    announce(t("Tidied up"));
  }

  fit() {
    this.view.fit();
  }

  fitSelection() {
    const { blocks, annotations } = this.selection;
    const boxes = [...this.view.boxes(blocks), ...[...annotations].map((id) => annotationBox(this.store.annotations.get(id)))];
    if (boxes.length) this.view.fitBoxes(boxes);
    else this.view.fit();
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
    this.focusBlock(blockId);
  }

  /** Give the focus to a block, on the canvas or in the outline. */
  focusBlock(blockId) {
    if (this.extra.focusRow?.(blockId)) return;
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
    this.store.apply(differences(this.store, { annotations: new Map(), ...graph }));
    this.view.fit();
  }
}
