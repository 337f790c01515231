// A small picture of the whole drawing with the part in sight; drag in it to go elsewhere.
import { boundingBox, fit, grown, toWorld, visibleBox } from "./geometry.js";

export class Minimap {
  constructor(canvas, view) {
    Object.assign(this, { canvas, view });
    view.listeners.add(() => this.draw());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.go(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && this.go(event));
  }

  draw() {
    const { canvas, view } = this;
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    canvas.hidden = view.store.blocks.size < 2;
    if (canvas.hidden || !size.width) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(size.width * ratio)) {
      canvas.width = Math.round(size.width * ratio);
      canvas.height = Math.round(size.height * ratio);
    }
    const sight = visibleBox(view.viewport, view.size);
    const boxes = view.boxes();
    this.scene = fit(grown(boundingBox([...boxes, sight]), 20), size, 4);
    this.paint(canvas.getContext("2d"), ratio, size, boxes, sight);
  }

  paint(context, ratio, size, boxes, sight) {
    const colours = getComputedStyle(this.canvas);
    const { x, y, scale } = this.scene;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    context.fillStyle = colours.color;
    for (const box of boxes) {
      context.fillRect(x + box.x * scale, y + box.y * scale, Math.max(2, box.width * scale), Math.max(2, box.height * scale));
    }
    context.strokeStyle = colours.outlineColor;
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
