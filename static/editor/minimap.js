// A small picture of the whole drawing with the part in sight; drag in it to go elsewhere.
import { annotationBox } from "./annotations.js";
import { boundingBox, fit, grown, toWorld, visibleBox } from "./geometry.js";

const KEPT = "blockyard-minimap-off";
const COLOURS_LAST_MS = 2000;
const PAINTS = { yellow: "#d9b03c", green: "#3fae6d", blue: "#4c84e8", pink: "#e2679f", purple: "#8f6fe0", grey: "#8a93a3" };
const STATUS_PAINTS = { running: "#4c84e8", completed: "#2f9e5e", failed: "#d63d43", waiting: "#c98a1b" };

export class Minimap {
  constructor(canvas, view) {
    Object.assign(this, { canvas, view, size: { width: 0, height: 0 }, off: localStorage.getItem(KEPT) === "yes" });
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
    const boxes = view.boxes();
    this.scene = fit(grown(boundingBox([...view.allBoxes(), sight]), 20), size, 4);
    this.paint(canvas.getContext("2d"), boxes, sight);
  }

  paint(context, boxes, sight) {
    const { ratio, size, view } = this;
    const colours = this.colours();
    const { x, y, scale } = this.scene;
    const fill = (box, least) => context.fillRect(x + box.x * scale, y + box.y * scale, Math.max(least, box.width * scale), Math.max(least, box.height * scale));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    for (const annotation of view.store.annotations.values()) {
      context.fillStyle = PAINTS[annotation.colour];
      context.globalAlpha = annotation.kind === "frame" ? 0.25 : 0.7;
      fill(annotationBox(annotation), 2);
    }
    context.globalAlpha = 1;
    context.fillStyle = colours.block;
    for (const box of boxes) fill(box, 2);
    for (const [id, { status }] of view.statuses) {
      const block = view.store.blocks.get(id);
      if (!block || !STATUS_PAINTS[status]) continue;
      context.fillStyle = STATUS_PAINTS[status];
      fill(view.box(block), 4);
    }
    context.strokeStyle = colours.sight;
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
