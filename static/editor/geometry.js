// Sizes, port positions, edge paths and the arithmetic of the viewport. Pure: nothing is measured in the page.

export const CARD_WIDTH = 232;
export const HEADER_HEIGHT = 60;
export const ROW_HEIGHT = 26;
const ROWS_PADDING = 8;
const ERROR_PORT_INSET = 28;
const MINIMUM_SCALE = 0.05;
const MAXIMUM_SCALE = 2;
const EDGE_SAMPLES = 24;

const rowsOf = (outputs) => {
  const ports = outputs.filter((port) => !port.error);
  return ports.length > 1 ? ports.length : 0;
};

/** The size of a card with these output ports. With several outputs each has a row below the header. */
export function cardSize(outputs) {
  const rows = rowsOf(outputs);
  return { width: CARD_WIDTH, height: HEADER_HEIGHT + (rows ? rows * ROW_HEIGHT + ROWS_PADDING : 0) };
}

/** Where a port is relative to its card's corner, and which way an edge leaves it. */
export function portOffset(outputs, side, handle) {
  const { width, height } = cardSize(outputs);
  if (side === "in") return { x: 0, y: HEADER_HEIGHT / 2, way: "left" };
  if (outputs.some((port) => port.error && port.name === handle)) {
    return { x: width - ERROR_PORT_INSET, y: height, way: "down" };
  }
  const row = outputs.filter((port) => !port.error).findIndex((port) => port.name === handle);
  if (!rowsOf(outputs) || row < 0) return { x: width, y: HEADER_HEIGHT / 2, way: "right" };
  return { x: width, y: HEADER_HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT / 2, way: "right" };
}

/** A port's place on the canvas. */
export function portPoint(block, outputs, side, handle) {
  const offset = portOffset(outputs, side, handle);
  return { x: block.position.x + offset.x, y: block.position.y + offset.y, way: offset.way };
}

const WAYS = { right: [1, 0], left: [-1, 0], down: [0, 1] };

/** The four points of the curve between two ports; curves back in a wide bow when the target lies behind. */
export function curve(from, to) {
  const across = Math.abs(to.x - from.x);
  const behind = to.x < from.x ? Math.min(60 + across / 4, 220) : 0;
  const reach = Math.max(32, Math.min(across / 2, 180), behind);
  const bend = (point) => {
    const [x, y] = WAYS[point.way];
    return { x: point.x + x * reach, y: point.y + y * reach };
  };
  return [from, bend(from), bend(to), to];
}

/** An SVG path for a curve. */
export function curvePath([start, one, two, end]) {
  return `M${start.x},${start.y}C${one.x},${one.y} ${two.x},${two.y} ${end.x},${end.y}`;
}

/** The point of a curve at `t` from 0 to 1. */
export function pointOn([start, one, two, end], t) {
  const u = 1 - t;
  const at = (axis) =>
    u ** 3 * start[axis] + 3 * u * u * t * one[axis] + 3 * u * t * t * two[axis] + t ** 3 * end[axis];
  return { x: at("x"), y: at("y") };
}

/** How far a point is from a curve. */
export function distanceToCurve(points, { x, y }) {
  let nearest = Infinity;
  for (let step = 0; step <= EDGE_SAMPLES; step += 1) {
    const on = pointOn(points, step / EDGE_SAMPLES);
    nearest = Math.min(nearest, Math.hypot(on.x - x, on.y - y));
  }
  return nearest;
}

/** The box around curve points: no part of the curve lies outside. */
export function boxOfPoints(points) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

export const overlaps = (one, other) =>
  one.x <= other.x + other.width && other.x <= one.x + one.width && one.y <= other.y + other.height && other.y <= one.y + one.height;

export const contains = (box, { x, y }) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;

/** Whether a box holds another one whole. */
export const encloses = (box, other) =>
  contains(box, other) && contains(box, { x: other.x + other.width, y: other.y + other.height });

export const grown = (box, by) => ({ x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by });

export const shiftedBox = (box, by) => ({ ...box, x: box.x + by.x, y: box.y + by.y });

/** The box of two corners given in any order. */
export function boxBetween(one, other) {
  return {
    x: Math.min(one.x, other.x),
    y: Math.min(one.y, other.y),
    width: Math.abs(one.x - other.x),
    height: Math.abs(one.y - other.y),
  };
}

/** The box around several boxes, or null when there are none. */
export function boundingBox(boxes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

const limited = (scale) => Math.max(MINIMUM_SCALE, Math.min(MAXIMUM_SCALE, scale));

/** A point of the screen (relative to the canvas) on the drawing. A viewport is `{x, y, scale}`. */
export const toWorld = (viewport, point) => ({
  x: (point.x - viewport.x) / viewport.scale,
  y: (point.y - viewport.y) / viewport.scale,
});

/** The viewport zoomed by a factor with the point of the screen staying where it is. */
export function zoomAt(viewport, point, factor) {
  const scale = limited(viewport.scale * factor);
  const ratio = scale / viewport.scale;
  return { x: point.x - (point.x - viewport.x) * ratio, y: point.y - (point.y - viewport.y) * ratio, scale };
}

/** The viewport that shows a whole box in the middle, never larger than life and never smaller than `least`. */
export function fit(box, size, padding = 56, least = MINIMUM_SCALE) {
  if (!box) return { x: size.width / 2, y: size.height / 2, scale: 1 };
  const across = (size.width - 2 * padding) / Math.max(box.width, 1);
  const down = (size.height - 2 * padding) / Math.max(box.height, 1);
  const scale = Math.max(least, Math.min(across, down, 1));
  return {
    x: size.width / 2 - (box.x + box.width / 2) * scale,
    y: size.height / 2 - (box.y + box.height / 2) * scale,
    scale,
  };
}

/** The part of the drawing that a viewport shows. */
export function visibleBox(viewport, size) {
  const { x, y } = toWorld(viewport, { x: 0, y: 0 });
  return { x, y, width: size.width / viewport.scale, height: size.height / viewport.scale };
}
