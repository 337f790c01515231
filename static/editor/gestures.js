// One state machine for mouse, pen and touch. `this.state` is null or `{move, up, cancel}` of what goes on.
import { annotationBox } from "./annotations.js";
import { dragging, resizing } from "./dragging.js";
import { boxBetween, contains, overlaps, toWorld, zoomAt } from "./geometry.js";

const TAP_DISTANCE = 5;
const DOUBLE_TAP_MS = 240;
const RIM = 44;
const RIM_SPEED = 12;
const WHEEL_SPEED = 0.0022;
const OVERLAYS = ".edge-tools, .selection-bar, .replay, .annotation-tools, .annotation-edit, .canvas-controls, .picker, .minimap, .card-rename";

const middleOf = ([one, two]) => ({ x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 });
const spreadOf = ([one, two]) => Math.max(1, Math.hypot(one.x - two.x, one.y - two.y));

/** The port, block, edge and annotation under an element of the canvas. */
export function thingAt(target) {
  const port = target?.closest?.(".port");
  const card = target?.closest?.(".canvas-card");
  const edge = target?.closest?.(".edge");
  return {
    port: port && { block: card.dataset.blockId, handle: port.dataset.handle, side: port.dataset.side },
    block: card?.dataset.blockId ?? null,
    edge: edge?.dataset.edgeId ?? null,
    annotation: target?.closest?.(".annotation")?.dataset.annotationId ?? null,
    grip: Boolean(target?.closest?.(".annotation-grip")),
  };
}

/** A note is caught by touching it, a frame only whole: the box is often drawn inside of it. */
function isCaught(annotation, area) {
  const box = annotationBox(annotation);
  if (annotation.kind === "note") return overlaps(box, area);
  return contains(area, box) && contains(area, { x: box.x + box.width, y: box.y + box.height });
}

export class Gestures {
  /** `hooks`: `tap(blockId)`, `doubleTap(blockId)`, `write(annotationId)`, `background()`, `emptyDrop(event, from)`. */
  constructor({ view, store, selection, connecting, hooks }) {
    Object.assign(this, { view, store, selection, connecting, hooks });
    this.state = null;
    this.pointers = new Map();
    this.spaceHeld = false;
    const { root } = view;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    root.addEventListener("pointerup", (event) => this.up(event));
    root.addEventListener("pointercancel", (event) => this.lost(event));
    root.addEventListener("touchend", (event) => this.touched(event), { passive: false });
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** Without this a tap would also click what the opening sheet puts under the finger. */
  touched(event) {
    if (event.cancelable && !event.target.closest(OVERLAYS)) event.preventDefault();
  }

  down(event) {
    if (event.target.closest(OVERLAYS) || event.button === 2) return;
    this.view.measure();
    const point = this.view.local(event);
    this.pointers.set(event.pointerId, point);
    if (this.pointers.size === 2) return this.begin(this.pinch());
    if (this.pointers.size > 2) return undefined;
    const thing = thingAt(event.target);
    if (event.button === 1 || this.spaceHeld) {
      event.preventDefault();
      return this.begin(this.pan(point, false));
    }
    if (thing.port) return this.begin(this.port(point, thing.port));
    if (thing.block) return this.begin(this.card(point, thing.block, event));
    if (thing.edge) return this.begin(this.edge(thing.edge));
    if (thing.annotation) return this.begin(this.annotation(point, thing, event));
    return this.begin(event.shiftKey ? this.marquee(point) : this.pan(point, true));
  }

  begin(state) {
    this.state?.cancel?.();
    this.state = state;
  }

  move(event) {
    if (this.connecting.active && !this.pointers.size) return this.followFree(event);
    if (!this.pointers.has(event.pointerId)) return undefined;
    const point = this.view.local(event);
    this.pointers.set(event.pointerId, point);
    if (!this.state) return undefined;
    this.state.start ??= point;
    const far = Math.hypot(point.x - this.state.start.x, point.y - this.state.start.y) > TAP_DISTANCE;
    if (!this.state.moved && !far && this.pointers.size < 2) return undefined;
    if (!this.state.moved) this.view.root.setPointerCapture(event.pointerId);
    this.state.moved = true;
    this.last = event;
    this.state.move?.(point, event);
    if (this.state.rim) this.scrollAtRim(point);
    return undefined;
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { state } = this;
    if (this.pointers.size) {
      state?.cancel?.();
      this.state = this.pan([...this.pointers.values()][0], false);
      return;
    }
    this.state = null;
    this.rimFrame = cancelAnimationFrame(this.rimFrame);
    state?.up?.(this.view.local(event), event);
  }

  lost(event) {
    this.pointers.delete(event.pointerId);
    this.cancel();
  }

  /** Give up what goes on; what was dragged goes back. */
  cancel() {
    const { state } = this;
    this.state = null;
    this.rimFrame = cancelAnimationFrame(this.rimFrame);
    state?.cancel?.();
    this.connecting.cancel();
  }

  /** Pan; on the background a tap without moving clears the selection. */
  pan(start, isBackground) {
    const { x, y } = this.view.viewport;
    const state = {
      start,
      move: (point) => this.view.setViewport({ ...this.view.viewport, x: x + point.x - start.x, y: y + point.y - start.y }),
      up: () => {
        if (state.moved || !isBackground) return;
        this.connecting.cancel();
        this.selection.clear();
        this.hooks.background();
      },
    };
    return state;
  }

  pinch() {
    const before = { viewport: this.view.viewport, points: [...this.pointers.values()] };
    return {
      moved: true,
      move: () => {
        const points = [...this.pointers.values()];
        if (points.length !== 2) return;
        const [from, to] = [middleOf(before.points), middleOf(points)];
        const zoomed = zoomAt(before.viewport, from, spreadOf(points) / spreadOf(before.points));
        this.view.setViewport({ ...zoomed, x: zoomed.x + to.x - from.x, y: zoomed.y + to.y - from.y });
      },
    };
  }

  marquee(start) {
    const { marquee } = this.view;
    const before = { blocks: [...this.selection.blocks], annotations: [...this.selection.annotations] };
    return {
      start,
      move: (point) => {
        const box = boxBetween(start, point);
        marquee.hidden = false;
        Object.assign(marquee.style, {
          left: `${box.x}px`, top: `${box.y}px`, width: `${box.width}px`, height: `${box.height}px`,
        });
        const area = boxBetween(toWorld(this.view.viewport, start), toWorld(this.view.viewport, point));
        const blocks = [...this.store.blocks.values()].filter((block) => overlaps(this.view.box(block), area));
        const annotations = [...this.store.annotations.values()].filter((one) => isCaught(one, area));
        const all = (ids, things) => [...new Set([...ids, ...things.map(({ id }) => id)])];
        this.selection.set(all(before.blocks, blocks), [], all(before.annotations, annotations));
      },
      up: () => { marquee.hidden = true; },
      cancel: () => { marquee.hidden = true; },
    };
  }

  card(start, blockId, event) {
    if (this.connecting.active) return { up: () => this.connecting.active && this.connecting.finish(blockId) };
    return this.thing(start, "blocks", blockId, event, () => this.tap(blockId));
  }

  annotation(start, { annotation: id, grip }, event) {
    if (grip && !this.store.readOnly) {
      this.selection.set([], [], [id]);
      return resizing(this, start, id);
    }
    return this.thing(start, "annotations", id, event, () => this.tapAnnotation(id));
  }

  /** Press on a block or an annotation: move what is chosen, choose it, or add it to what is chosen. */
  thing(start, kind, id, event, tap) {
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    if (!adds && !this.selection[kind].has(id)) this.choose(kind, id);
    if (this.store.readOnly) return { start, up: tap };
    return dragging(this, start, { kind, id }, () => (adds ? this.selection.toggle(kind, id) : tap()));
  }

  choose(kind, id) {
    if (kind === "blocks") this.selection.set([id]);
    else this.selection.set([], [], [id]);
  }

  tapAnnotation(id) {
    this.choose("annotations", id);
    const second = this.tapped === id;
    clearTimeout(this.tapTimer);
    this.tapped = second ? null : id;
    if (second) this.hooks.write(id);
    else this.tapTimer = setTimeout(() => { this.tapped = null; }, DOUBLE_TAP_MS);
  }

  /** A tap opens a block a moment later, because opening moves the canvas and a second tap may follow. */
  tap(blockId) {
    this.selection.set([blockId]);
    const second = this.tapped === blockId;
    clearTimeout(this.tapTimer);
    this.tapped = second ? null : blockId;
    if (second) return this.hooks.doubleTap(blockId);
    this.tapTimer = setTimeout(() => {
      this.tapped = null;
      this.hooks.tap(blockId);
    }, DOUBLE_TAP_MS);
    return undefined;
  }

  edge(edgeId) {
    return { up: () => this.selection.set([], [edgeId]) };
  }

  port(start, port) {
    const { connecting } = this;
    if (connecting.active && connecting.from.side !== port.side) {
      return { up: () => connecting.active && connecting.finish(port.block, port.handle) };
    }
    const state = {
      start,
      rim: true,
      move: (point, event) => {
        if (!connecting.active) connecting.start(port);
        this.followTo(point, event);
      },
      up: (point, event) => {
        if (!state.moved) return connecting.start(port);
        const thing = this.under(event);
        if (thing.block && thing.block !== port.block) return connecting.finish(thing.block, thing.port?.handle);
        const from = connecting.from;
        connecting.cancel();
        if (!thing.block && from) this.hooks.emptyDrop(event, from);
        return undefined;
      },
      cancel: () => connecting.cancel(),
    };
    return state;
  }

  under(event) {
    return thingAt(document.elementFromPoint(event.clientX, event.clientY));
  }

  followTo(point, event) {
    const { block, port } = this.under(event);
    this.connecting.follow(toWorld(this.view.viewport, point), block, port?.handle);
  }

  followFree(event) {
    if (event.pointerType === "mouse") this.followTo(this.view.local(event), event);
  }

  /** While something is dragged near the rim, the canvas moves along. */
  scrollAtRim(point) {
    const push = (at, length) => (at < RIM ? RIM_SPEED : at > length - RIM ? -RIM_SPEED : 0);
    const by = { x: push(point.x, this.view.size.width), y: push(point.y, this.view.size.height) };
    this.rimFrame = cancelAnimationFrame(this.rimFrame);
    if (!by.x && !by.y) return;
    this.rimFrame = requestAnimationFrame(() => {
      if (!this.state) return;
      const { viewport } = this.view;
      this.view.setViewport({ ...viewport, x: viewport.x + by.x, y: viewport.y + by.y });
      this.state.move(point, this.last);
      this.scrollAtRim(point);
    });
  }

  wheel(event) {
    if (event.target.closest(".picker, .minimap")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      const amount = Math.max(-120, Math.min(120, event.deltaY * (event.deltaMode === 1 ? 20 : 1)));
      return this.view.zoom(Math.exp(-amount * WHEEL_SPEED * 2), this.view.local(event));
    }
    const { viewport } = this.view;
    const [x, y] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
    return this.view.setViewport({ ...viewport, x: viewport.x - x, y: viewport.y - y });
  }
}
