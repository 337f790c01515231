// The ports of a block: what the palette declares, written out for one configuration. Pure.
import { t } from "../js/words.js";

export const ERROR_HANDLE = "error";
const MOST_REPEATS = 1000;

function repeats(port, config) {
  const value = config?.[port.each];
  const count = Array.isArray(value) ? value.length : Number.isInteger(value) ? value : 0;
  return Math.max(0, Math.min(count, MOST_REPEATS) - (port.skip || 0));
}

const numbered = (text, n) => (text || "").replaceAll("{n}", String(n));

/** The output ports of a block: `[{name, title, error}]`, repeated ones written out, the error port last. */
export function expandOutputs(entry, config) {
  const ports = [];
  const filled = { ...entry.defaults, ...config };
  for (const port of entry.outputs) {
    if (!port.each) ports.push({ name: port.name, title: port.title || port.name, error: false });
    for (let n = 1; port.each && n <= repeats(port, filled); n += 1) {
      const name = numbered(port.name, n);
      ports.push({ name, title: numbered(port.title, n) || name, error: false });
    }
  }
  const named = ports.some((port) => port.name === ERROR_HANDLE);
  if (entry.outputs.length && !entry.trigger && !named) ports.push({ name: ERROR_HANDLE, title: t("When it fails"), error: true });
  return ports;
}

/** The handles that stand for the items of a list in the configuration: `{field: [handle of item 0, ...]}`. */
function handlesOfItems(entry, config) {
  const byField = {};
  entry.outputs.forEach((port, position) => {
    if (!port.each || !Array.isArray(config?.[port.each])) return;
    const leading = entry.outputs.slice(position - (port.skip || 0), position).map((before) => before.name);
    const repeated = Array.from({ length: repeats(port, config) }, (_, n) => numbered(port.name, n + 1));
    byField[port.each] = [...leading, ...repeated];
  });
  return byField;
}

/** Where each item of the old list is in the new one, when items were only removed or put in another order; else null. */
function movedItems(before, after) {
  if (after.length > before.length) return null;
  const free = after.map((item) => JSON.stringify(item));
  const places = before.map((item) => {
    const place = free.indexOf(JSON.stringify(item));
    if (place >= 0) free[place] = undefined;
    return place;
  });
  return free.every((item) => item === undefined) ? places : null;
}

/** Handles that mean another item after a change: `Map(old handle -> new handle or null when the item is gone)`. */
export function movedHandles(entry, before, after) {
  const moved = new Map();
  const newHandles = handlesOfItems(entry, after);
  for (const [field, handles] of Object.entries(handlesOfItems(entry, before))) {
    const places = newHandles[field] && movedItems(before[field], after[field]);
    places?.forEach((place, index) => moved.set(handles[index], place < 0 ? null : newHandles[field][place]));
  }
  return moved;
}
