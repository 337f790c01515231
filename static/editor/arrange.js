// Lining things up and spreading them evenly. Pure: boxes go in, places come out.
import { boundingBox } from "./geometry.js";

const EDGES = {
  left: (box, all) => ({ x: all.x, y: box.y }),
  centre: (box, all) => ({ x: all.x + (all.width - box.width) / 2, y: box.y }),
  right: (box, all) => ({ x: all.x + all.width - box.width, y: box.y }),
  top: (box, all) => ({ x: box.x, y: all.y }),
  middle: (box, all) => ({ x: box.x, y: all.y + (all.height - box.height) / 2 }),
  bottom: (box, all) => ({ x: box.x, y: all.y + all.height - box.height }),
};

/** New places, `Map(id -> {x, y})`, that put all boxes (`Map(id -> box)`) at one edge or one axis of the box around them. */
export function aligned(boxes, edge) {
  const all = boundingBox(boxes.values());
  return new Map([...boxes].map(([id, box]) => [id, EDGES[edge](box, all)]));
}

/** New places with the same gap between all boxes; the first and the last stay. `axis` is x or y. */
export function distributed(boxes, axis) {
  const length = axis === "x" ? "width" : "height";
  const order = [...boxes].sort(([, one], [, other]) => one[axis] + one[length] / 2 - (other[axis] + other[length] / 2));
  const [[, first], [, last]] = [order[0], order.at(-1)];
  const taken = order.reduce((sum, [, box]) => sum + box[length], 0);
  const gap = (last[axis] + last[length] - first[axis] - taken) / Math.max(1, order.length - 1);
  let next = first[axis];
  return new Map(order.map(([id, box]) => {
    const place = { x: box.x, y: box.y, [axis]: next };
    next += box[length] + gap;
    return [id, place];
  }));
}
