// What a pointer does to things: move what is chosen, and give a note or a frame another size. States of the gestures.
import { annotationBox, movedWith, resizeAnnotation } from "./annotations.js";
import { moveThings, snap } from "./edits.js";
import { boundingBox, overlaps, shiftedBox, toWorld, visibleBox } from "./geometry.js";
import { alignment, guideLines } from "./guides.js";

const REACH = 5;

let drags = 0;

const positionsOf = (things, ids) => new Map([...ids].filter((id) => things.has(id)).map((id) => [id, things.get(id).position]));

const shifted = (places, by) => new Map([...places].map(([id, { x, y }]) => [id, { x: x + by.x, y: y + by.y }]));

/** Where everything is that moves with the selection. */
export function placesOf({ view, store, selection }) {
  const moved = movedWith(store, selection, (block) => view.box(block));
  return { blocks: positionsOf(store.blocks, moved.blocks), annotations: positionsOf(store.annotations, moved.annotations) };
}

/** Places moved by a distance. */
export const placesMoved = ({ blocks, annotations }, by) => ({ blocks: shifted(blocks, by), annotations: shifted(annotations, by) });

/** Where a drag leads: along other things where they are near, else along the grid; freely with `free`. */
class Aligning {
  constructor({ view, store }, places, { kind, id }) {
    Object.assign(this, { view, places, anchor: places[kind].get(id) });
    const boxes = (things, box) => [...things.values()].map((thing) => ({ id: thing.id, ...box(thing) }));
    const all = { blocks: boxes(store.blocks, (block) => view.box(block)), annotations: boxes(store.annotations, annotationBox) };
    const moved = (name) => all[name].filter((box) => places[name].has(box.id));
    this.area = boundingBox([...moved("blocks"), ...moved("annotations")]);
    this.others = Object.keys(all).flatMap((name) => all[name].filter((box) => !places[name].has(box.id)));
  }

  to(by, free) {
    const { view, area, anchor } = this;
    if (free) return this.show({ x: Math.round(by.x), y: Math.round(by.y) }, []);
    const sight = visibleBox(view.viewport, view.free);
    const others = this.others.filter((box) => overlaps(box, sight));
    const found = alignment(shiftedBox(area, by), others, REACH / view.viewport.scale);
    const along = (axis) => (found[axis] === null ? snap(anchor[axis] + by[axis]) - anchor[axis] : Math.round(by[axis] + found[axis]));
    const led = { x: along("x"), y: along("y") };
    return this.show(led, guideLines(shiftedBox(area, led), others));
  }

  show(by, lines) {
    this.view.edges.drawGuides(lines);
    return by;
  }
}

/** Move the selection with the pointer by the thing that was pressed; `tapped()` is called when it was not moved at all. */
export function dragging({ view, store, selection }, start, thing, tapped) {
  const options = { merge: `drag ${(drags += 1)}`, within: Infinity, exact: true };
  const origin = toWorld(view.viewport, start);
  let places = null;
  let aligning = null;
  const state = {
    start,
    rim: true,
    move: (point, event) => {
      places ??= placesOf({ view, store, selection });
      aligning ??= new Aligning({ view, store }, places, thing);
      const here = toWorld(view.viewport, point);
      const by = { x: here.x - origin.x, y: here.y - origin.y };
      moveThings(store, placesMoved(places, aligning.to(by, event.altKey || event.ctrlKey || event.metaKey)), options);
    },
    up: () => {
      view.edges.drawGuides([]);
      return state.moved || tapped();
    },
    cancel: () => {
      view.edges.drawGuides([]);
      return places && moveThings(store, places, options);
    },
  };
  return state;
}

/** Drag the corner of a note or a frame. */
export function resizing({ view, store }, start, id) {
  const options = { merge: `resize ${(drags += 1)}`, within: Infinity };
  const { size } = store.annotations.get(id);
  const origin = toWorld(view.viewport, start);
  return {
    start,
    rim: true,
    move: (point) => {
      if (!store.annotations.has(id)) return;
      const here = toWorld(view.viewport, point);
      resizeAnnotation(store, id, { width: size.width + here.x - origin.x, height: size.height + here.y - origin.y }, options);
    },
    cancel: () => store.annotations.has(id) && resizeAnnotation(store, id, size, options),
  };
}
