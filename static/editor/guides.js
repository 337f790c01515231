// Alignment while something is dragged: which edges and middles of other boxes it snaps to, and the lines that show it. Pure.

const NEAR = 0.75;

const AXES = { x: "width", y: "height" };

/** The beginning, the middle and the end of a box along an axis. */
const stops = (box, axis) => [box[axis], box[axis] + box[AXES[axis]] / 2, box[axis] + box[AXES[axis]]];

/** The smallest shift along an axis that aligns a box with one of the others: no further than `reach`, else null. */
function shiftTo(box, others, axis, reach) {
  let best = null;
  const own = stops(box, axis);
  for (const other of others) {
    for (const [place, at] of stops(other, axis).entries()) {
      for (const [ownPlace, ownAt] of own.entries()) {
        // Beginnings with ends, but middles only with middles: more than that flickers.
        if ((place === 1) !== (ownPlace === 1)) continue;
        const shift = at - ownAt;
        if (Math.abs(shift) <= reach && (best === null || Math.abs(shift) < Math.abs(best))) best = shift;
      }
    }
  }
  return best;
}

/** How far to shift a box so that it is aligned: `{x, y}`, null where there is nothing near. */
export const alignment = (box, others, reach) => ({ x: shiftTo(box, others, "x", reach), y: shiftTo(box, others, "y", reach) });

function linesAlong(box, others, axis) {
  const across = axis === "x" ? "y" : "x";
  const lines = new Map();
  const own = stops(box, axis);
  for (const other of others) {
    for (const [place, at] of stops(other, axis).entries()) {
      const aligned = own.some((ownAt, ownPlace) => (place === 1) === (ownPlace === 1) && Math.abs(ownAt - at) < NEAR);
      if (!aligned) continue;
      const line = lines.get(at) ?? { axis, at, from: box[across], to: box[across] + box[AXES[across]] };
      line.from = Math.min(line.from, other[across]);
      line.to = Math.max(line.to, other[across] + other[AXES[across]]);
      lines.set(at, line);
    }
  }
  return [...lines.values()];
}

/** The lines along which a box is aligned with others: `{axis, at, from, to}`; axis x is a line from top to bottom. */
export const guideLines = (box, others) => [...linesAlong(box, others, "x"), ...linesAlong(box, others, "y")];

/** An SVG path for such lines. */
export const guidePath = (lines) =>
  lines.map(({ axis, at, from, to }) => (axis === "x" ? `M${at},${from}V${to}` : `M${from},${at}H${to}`)).join("");
