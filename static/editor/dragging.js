// What a pointer does to things: move what is chosen, and give a note or a frame another size. States of the gestures.
import { movedWith, resizeAnnotation } from "./annotations.js";
import { moveThings } from "./edits.js";
import { toWorld } from "./geometry.js";

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

/** Move the selection with the pointer; `tapped()` is called when it was not moved at all. */
export function dragging({ view, store, selection }, start, tapped) {
  const options = { merge: `drag ${(drags += 1)}`, within: Infinity };
  const origin = toWorld(view.viewport, start);
  let places = null;
  const state = {
    start,
    rim: true,
    move: (point) => {
      places ??= placesOf({ view, store, selection });
      const here = toWorld(view.viewport, point);
      moveThings(store, placesMoved(places, { x: here.x - origin.x, y: here.y - origin.y }), options);
    },
    up: () => state.moved || tapped(),
    cancel: () => places && moveThings(store, places, options),
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
