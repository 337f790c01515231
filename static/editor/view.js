// Draws what is in sight: cards as elements here, edges by EdgeLayer. The store is the truth; nothing here changes it.
import { AnnotationLayer } from "./annotation-layer.js";
import { annotationBox } from "./annotations.js";
import { Card } from "./card.js";
import { element } from "./dom.js";
import { EdgeLayer } from "./edge-layer.js";
import { boundingBox, cardSize, encloses, fit, grown, overlaps, toWorld, visibleBox, zoomAt } from "./geometry.js";

const MARGIN = 240;
const FAR_SCALE = 0.42;
const TINY_SCALE = 0.2;
const READABLE_SCALE = 0.6;
const REVEAL_MARGIN = 32;
const DOTS = 24;
const SETTLED_MS = 200;

export class View {
  constructor(root, store, selection) {
    Object.assign(this, { root, store, selection });
    this.viewport = { x: 80, y: 80, scale: 1 };
    this.drawn = null;
    this.changes = 0;
    this.cards = new Map();
    this.shapes = new WeakMap();
    this.statuses = new Map();
    this.problems = new Map();
    this.marks = new Map();
    this.proposed = new Map();
    this.listeners = new Set();
    this.cardLayer = element("div", { class: "cards" });
    this.marquee = element("div", { class: "marquee", hidden: true });
    this.edges = new EdgeLayer(this);
    this.annotations = new AnnotationLayer(this);
    this.world = element("div", { class: "world" },
      this.annotations.layer, this.cardLayer, this.edges.svg, this.edges.tools, this.annotations.tools);
    this.dots = element("div", { class: "canvas-dots" });
    root.prepend(this.dots, this.world, this.marquee);
    store.subscribe(() => this.schedule());
    selection.subscribe(() => this.schedule());
    this.measure();
    new ResizeObserver(() => this.measure()).observe(root);
    root.addEventListener("scroll", () => this.scrolled());
  }

  measure() {
    const { width, height, bottom, left, top } = this.root.getBoundingClientRect();
    this.corner = { left, top };
    const sheet = document.querySelector(".panel:not([hidden])")?.getBoundingClientRect();
    this.size = { width, height };
    this.covered = sheet && sheet.width >= width ? Math.max(0, bottom - sheet.top) : 0;
    this.schedule();
  }

  /** The browser scrolls to what is focused or found in the page; the viewport takes that over. */
  scrolled() {
    const { scrollLeft, scrollTop } = this.root;
    if (!scrollLeft && !scrollTop) return;
    this.root.scrollTo(0, 0);
    this.setViewport({ ...this.viewport, x: this.viewport.x - scrollLeft, y: this.viewport.y - scrollTop });
    this.draw();
  }

  /** Ports, size and declaration of a block; computed once per version of it. */
  shape(block) {
    let shape = this.shapes.get(block);
    if (!shape) {
      const outputs = this.store.outputs(block.id);
      shape = { outputs, entry: this.store.entryOf(block), ...cardSize(outputs) };
      this.shapes.set(block, shape);
    }
    return shape;
  }

  box(block) {
    const { width, height } = this.shape(block);
    return { x: block.position.x, y: block.position.y, width, height };
  }

  boxes(ids = this.store.blocks.keys()) {
    return [...ids].map((id) => this.store.blocks.get(id)).filter(Boolean).map((block) => this.box(block));
  }

  /** The boxes of everything: cards, notes and frames. */
  allBoxes() {
    return [...this.boxes(), ...[...this.store.annotations.values()].map(annotationBox)];
  }

  /** The boxes of what covers others: cards and notes. */
  solidBoxes() {
    return [...this.boxes(), ...[...this.store.annotations.values()].filter(({ kind }) => kind === "note").map(annotationBox)];
  }

  /** Draw in the next frame what has changed. */
  schedule() {
    this.drawn = null;
    this.settle();
    this.scheduleFrame();
  }

  scheduleFrame() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.isDrawn()) return this.draw();
      this.lift();
      return this.shift();
    });
  }

  /** Whether all that is in sight is drawn already, at this scale: then the drawing needs only to be shifted. */
  isDrawn() {
    return this.drawn?.scale === this.viewport.scale && encloses(this.drawn.sight, visibleBox(this.viewport, this.size));
  }

  draw() {
    const { scale } = this.viewport;
    const sight = grown(visibleBox(this.viewport, this.size), MARGIN / Math.min(1, scale));
    this.drawn = { scale, sight };
    this.root.classList.toggle("far", scale < FAR_SCALE);
    this.root.classList.toggle("tiny", scale < TINY_SCALE);
    this.drawCards(sight);
    this.edges.draw(sight);
    this.annotations.draw(sight);
    this.changes += 1;
    this.shift();
  }

  /** While the drawing is only shifted it is a layer of its own, painted once; a drawing that changes is painted faster without. */
  lift() {
    clearTimeout(this.lifted);
    this.world.style.willChange = "transform";
    this.lifted = setTimeout(() => this.settle(), SETTLED_MS);
  }

  settle() {
    clearTimeout(this.lifted);
    this.world.style.willChange = "";
  }

  shift() {
    const { x, y, scale } = this.viewport;
    this.world.style.transform = `translate(${x}px,${y}px) scale(${scale})`;
    this.drawDots(x, y, DOTS * scale);
    for (const listener of this.listeners) listener(this);
  }

  drawDots(x, y, gap) {
    if (this.dotGap !== gap) this.dots.style.backgroundSize = `${gap}px ${gap}px`;
    this.dotGap = gap;
    this.dots.style.transform = `translate(${x % gap}px,${y % gap}px)`;
  }

  drawCards(sight) {
    for (const [id, card] of this.cards) {
      const block = this.store.blocks.get(id);
      const keep = block && (overlaps(this.box(block), sight) || card.element.contains(document.activeElement));
      if (keep) continue;
      card.element.remove();
      this.cards.delete(id);
    }
    for (const block of this.store.blocks.values()) {
      const card = this.cards.get(block.id);
      if (card) this.refresh(card, block);
      else if (overlaps(this.box(block), sight)) this.mount(block);
    }
  }

  mount(block) {
    const { entry, outputs } = this.shape(block);
    const card = new Card(block, entry, outputs);
    card.setStatus(this.statuses.get(block.id) || null);
    card.setProblem(this.problems.get(block.id) || null);
    card.setMark(this.marks.get(block.id));
    card.setProposed(this.proposed.get(block.id));
    card.element.classList.toggle("selected", this.selection.blocks.has(block.id));
    this.cards.set(block.id, card);
    this.cardLayer.append(card.element);
  }

  refresh(card, block) {
    card.element.classList.toggle("selected", this.selection.blocks.has(block.id));
    if (card.block === block) return;
    const { entry, outputs } = this.shape(block);
    const { position: _, ...before } = card.block;
    const { position: __, ...after } = block;
    if (JSON.stringify(before) === JSON.stringify(after)) card.place(block);
    else card.build(block, entry, outputs);
  }

  setStatus(blockId, status) {
    if (status) this.statuses.set(blockId, status);
    else this.statuses.delete(blockId);
    this.cards.get(blockId)?.setStatus(status);
    this.schedule();
  }

  /** The end of what a running block says. */
  setStreamed(blockId, text) {
    const status = this.statuses.get(blockId);
    if (status?.status !== "running") return;
    status.text = text;
    this.cards.get(blockId)?.showText();
  }

  clearRun() {
    for (const id of [...this.statuses.keys()]) this.setStatus(id, null);
    this.edges.taken.clear();
    this.schedule();
  }

  /** Mark blocks that have problems: `Map(block id -> {message, severity})`. */
  setProblems(problems) {
    this.problems = problems;
    for (const [id, card] of this.cards) card.setProblem(problems.get(id) || null);
    this.schedule();
  }

  /** How blocks and edges differ from another state: `Map(block id or "edge " + edge id -> added or changed)`. */
  setMarks(marks) {
    this.marks = marks;
    for (const [id, card] of this.cards) card.setMark(marks.get(id));
    this.schedule();
  }

  /** What a proposal would do, beside those marks: `Map(block id or "annotation " + its id -> changed or removed)`. */
  setProposed(marks) {
    this.proposed = marks;
    for (const [id, card] of this.cards) card.setProposed(marks.get(id));
    this.schedule();
  }

  setViewport(viewport) {
    this.viewport = viewport;
    this.scheduleFrame();
  }

  /** A point of the browser window relative to the canvas. */
  local(event) {
    const { left, top } = this.corner;
    return { x: event.clientX - left, y: event.clientY - top };
  }

  worldPoint(event) {
    return toWorld(this.viewport, this.local(event));
  }

  /** The part of the canvas that no sheet covers. */
  get free() {
    return { width: this.size.width, height: this.size.height - this.covered };
  }

  centre() {
    return toWorld(this.viewport, { x: this.free.width / 2, y: this.free.height / 2 });
  }

  zoom(factor, point = { x: this.free.width / 2, y: this.free.height / 2 }) {
    this.setViewport(zoomAt(this.viewport, point, factor));
  }

  fit(ids = undefined) {
    this.fitBoxes(ids ? this.boxes(ids) : this.allBoxes());
  }

  fitBoxes(boxes) {
    this.setViewport(fit(boundingBox(boxes), this.free));
  }

  /** The first look: the whole drawing when it can be read so, else its beginning. */
  open() {
    const box = boundingBox(this.allBoxes());
    const whole = fit(box, this.free);
    const middle = this.free.height / 2 - (box ? box.y + box.height / 2 : 0) * READABLE_SCALE;
    const start = box && { x: 40 - box.x * READABLE_SCALE, y: Math.max(middle, 40 - box.y * READABLE_SCALE), scale: READABLE_SCALE };
    this.setViewport(whole.scale < READABLE_SCALE ? start : whole);
  }

  /** Bring a block into sight, moving the canvas no more than needed. */
  reveal(blockId) {
    const block = this.store.blocks.get(blockId);
    if (block) this.revealBox(this.box(block));
  }

  revealBox(box) {
    const sight = grown(visibleBox(this.viewport, this.free), -REVEAL_MARGIN);
    const shift = (start, length, from, room) =>
      (start < from || length > room ? from - start : Math.min(0, from + room - start - length));
    const x = shift(box.x, box.width, sight.x, sight.width);
    const y = shift(box.y, box.height, sight.y, sight.height);
    const { viewport } = this;
    if (x || y) this.setViewport({ ...viewport, x: viewport.x + x * viewport.scale, y: viewport.y + y * viewport.scale });
  }

  /** Give a block's card the keyboard focus. */
  focus(blockId) {
    this.reveal(blockId);
    this.draw();
    this.cards.get(blockId)?.element.focus({ preventScroll: true });
  }
}
