// A small picture of the whole drawing with the part in sight; drag in it to go elsewhere.
import { annotationBox } from "./annotations.js";
import { boundingBox, fit, grown, toWorld, visibleBox } from "./geometry.js";

const KEPT = "blockyard-minimap-off";
const COLOURS_LAST_MS = 2000;
const PAINTS = { yellow: "#d9b03c", green: "#3fae6d", blue: "#4c84e8", pink: "#e2679f", purple: "#8f6fe0", grey: "#8a93a3" };
const STATUS_PAINTS = { running: "#4c84e8", completed: "#2f9e5e", failed: "#d63d43", waiting: "#c98a1b" };

const same = (one, other) => one.x === other?.x && one.y === other.y && one.scale === other.scale;

export class Minimap {
  constructor(canvas, view) {
    Object.assign(this, { canvas, view, picture: document.createElement("canvas"), size: { width: 0, height: 0 }, off: localStorage.getItem(KEPT) === "yes" });
    new ResizeObserver(() => this.measure()).observe(canvas);
    view.listeners.add(() => this.draw());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.go(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && this.go(event));
  }

  /** Put the picture away, or bring it back; the browser remembers which. */
  toggle() {
    this.off = !this.off;
    localStorage.setItem(KEPT, this.off ? "yes" : "no");
    this.draw();
  }

  /** Sizes and colours are asked for once: asking in every frame would make the browser lay out the page each time. */
  measure() {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    this.size = { width: canvas.clientWidth, height: canvas.clientHeight };
    this.ratio = ratio;
    canvas.width = Math.round(this.size.width * ratio);
    canvas.height = Math.round(this.size.height * ratio);
    Object.assign(this.picture, { width: canvas.width, height: canvas.height });
    this.coloured = 0;
    this.view.schedule();
  }

  colours() {
    if (Date.now() - this.coloured > COLOURS_LAST_MS) {
      const { color, outlineColor } = getComputedStyle(this.canvas);
      this.known = { block: color, sight: outlineColor };
      this.coloured = Date.now();
    }
    return this.known;
  }

  draw() {
    const { canvas, view, size } = this;
    const none = this.off || view.store.blocks.size < 2;
    if (canvas.hidden !== none) canvas.hidden = none;
    if (none || !size.width) return;
    const sight = visibleBox(view.viewport, view.size);
    if (this.changes !== view.changes) this.whole = boundingBox(view.allBoxes());
    const scene = fit(grown(boundingBox([this.whole, sight]), 20), size, 4, 0);
    if (this.changes !== view.changes || !same(scene, this.scene) || !this.coloured) this.paint(scene);
    this.changes = view.changes;
    this.show(sight);
  }

  /** The drawing, kept as a picture: while the canvas is only shifted, the frame around what is in sight is all that moves. */
  paint(scene) {
    const { picture, ratio, size, view } = this;
    const context = picture.getContext("2d");
    const { block } = this.colours();
    const { x, y, scale } = scene;
    const fill = (box, least) => context.fillRect(x + box.x * scale, y + box.y * scale, Math.max(least, box.width * scale), Math.max(least, box.height * scale));
    this.scene = scene;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    for (const annotation of view.store.annotations.values()) {
      context.fillStyle = PAINTS[annotation.colour];
      context.globalAlpha = annotation.kind === "frame" ? 0.25 : 0.7;
      fill(annotationBox(annotation), 2);
    }
    context.globalAlpha = 1;
    context.fillStyle = block;
    for (const box of view.boxes()) fill(box, 2);
    for (const [id, { status }] of view.statuses) {
      const found = view.store.blocks.get(id);
      if (!found || !STATUS_PAINTS[status]) continue;
      context.fillStyle = STATUS_PAINTS[status];
      fill(view.box(found), 4);
    }
  }

  show(sight) {
    const { canvas, picture, ratio, scene: { x, y, scale } } = this;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.strokeStyle = this.colours().sight;
    context.lineWidth = 1.5;
    context.strokeRect(x + sight.x * scale, y + sight.y * scale, sight.width * scale, sight.height * scale);
  }

  go(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const point = toWorld(this.scene, { x: event.clientX - left, y: event.clientY - top });
    const { size, viewport } = this.view;
    const { scale } = viewport;
    this.view.setViewport({ scale, x: size.width / 2 - point.x * scale, y: size.height / 2 - point.y * scale });
  }
}
