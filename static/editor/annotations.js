// Notes and frames: what a person does to them, as one undo step each. No DOM.
import { grown } from "./geometry.js";
import { snap } from "./edits.js";
import { newAnnotationId } from "./ids.js";

export const COLOURS = ["yellow", "green", "blue", "pink", "purple", "grey"];
export const SIZES = { note: { width: 240, height: 144 }, frame: { width: 560, height: 320 } };
export const LEAST_SIZE = 64;
const FRAME_MARGIN = 40;
const TITLE_HEIGHT = 32;

export const annotationBox = ({ position, size }) => ({ ...position, ...size });

/** Add a note or a frame; `text` is what it says. Answers its id. */
export function addAnnotation(store, kind, { x, y, width, height }, text = "") {
  const size = { width: width ?? SIZES[kind].width, height: height ?? SIZES[kind].height };
  const colour = kind === "frame" ? "blue" : "yellow";
  const annotation = { id: newAnnotationId(kind), kind, text, colour, position: { x: snap(x), y: snap(y) }, size };
  store.apply([{ kind: "annotation", id: annotation.id, before: null, after: annotation }]);
  return annotation.id;
}

/** The box of a frame around these boxes, with room for its title. */
export function frameAround(box) {
  const { x, y, width, height } = grown(box, FRAME_MARGIN);
  return { x, y: y - TITLE_HEIGHT, width, height: height + TITLE_HEIGHT };
}

/** Change text, colour or size. */
export function changeAnnotation(store, id, fields, merge = null) {
  const before = store.annotations.get(id);
  return Boolean(before) && store.apply([{ kind: "annotation", id, before, after: { ...before, ...fields } }], { merge });
}

/** Give a new size to a note or a frame, never a tiny one. */
export function resizeAnnotation(store, id, { width, height }, options) {
  const before = store.annotations.get(id);
  const size = { width: Math.max(LEAST_SIZE, snap(width)), height: Math.max(LEAST_SIZE, snap(height)) };
  return store.apply([{ kind: "annotation", id, before, after: { ...before, size } }], options);
}

const liesIn = (inner, outer) =>
  inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;

/** What lies in a frame and moves with it: `{blocks: [id], annotations: [id]}`. `boxOf(block)` knows how large a card is. */
export function heldBy(store, frame, boxOf) {
  const area = annotationBox(frame);
  return {
    blocks: [...store.blocks.values()].filter((block) => liesIn(boxOf(block), area)).map(({ id }) => id),
    annotations: [...store.annotations.values()].filter((other) => other.id !== frame.id && liesIn(annotationBox(other), area)).map(({ id }) => id),
  };
}

/** Everything that moves when the chosen things are moved: what lies in a chosen frame too. */
export function movedWith(store, { blocks, annotations }, boxOf) {
  const all = { blocks: new Set(blocks), annotations: new Set(annotations) };
  for (const id of annotations) {
    const annotation = store.annotations.get(id);
    if (annotation?.kind !== "frame") continue;
    const held = heldBy(store, annotation, boxOf);
    for (const inner of held.blocks) all.blocks.add(inner);
    for (const inner of held.annotations) all.annotations.add(inner);
  }
  return all;
}
