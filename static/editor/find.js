// Finding text in a workflow: names, settings and notes of blocks, and what is written on notes and frames.
import { t } from "../js/words.js";

const LONGEST_HINT = 60;

function textsIn(value, path = []) {
  if (typeof value === "string" || typeof value === "number") return [[path.join("."), String(value)]];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, [...path, name]));
}

/** The part of a text around the first of the words in it. */
function around(text, words) {
  const line = text.replace(/\s+/g, " ");
  const places = words.map((word) => line.toLowerCase().indexOf(word)).filter((place) => place >= 0);
  const start = Math.max(0, Math.min(...places) - LONGEST_HINT / 3);
  return `${start > 0 ? "…" : ""}${line.slice(start, start + LONGEST_HINT)}${line.length > start + LONGEST_HINT ? "…" : ""}`;
}

/** Where a block holds what was typed, in a few words; its type when only the name fits. */
function placeIn(texts, typed, otherwise) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length && texts.find(([, text]) => words.some((word) => text.toLowerCase().includes(word)));
  return found ? `${found[0]}: ${around(found[1], words)}` : otherwise;
}

/** Everything that can be found, as items of a picker. `hooks`: `open(blockId)`, `write(annotationId)` when chosen, `peek` on the way. */
export function findable(store, hooks) {
  const blocks = [...store.blocks.values()].map((block) => {
    const entry = store.entryOf(block);
    const texts = [...textsIn(block.config), ...(block.notes ? [[t("Notes"), block.notes]] : [])];
    return {
      title: block.name || block.id, icon: entry.icon, search: [block.id, entry.title, block.type, ...texts.flat()].join(" "),
      hint: (typed) => placeIn(texts, typed, entry.title), run: () => hooks.open(block.id), peek: () => hooks.peek("block", block.id),
    };
  });
  const annotations = [...store.annotations.values()].map(({ id, kind, text }) => ({
    title: text.trim().split("\n")[0] || (kind === "frame" ? t("Frame") : t("Empty note")), icon: kind === "frame" ? "frame" : "sticky-note",
    search: text, hint: kind === "frame" ? t("Frame") : t("Note"), run: () => hooks.write(id), peek: () => hooks.peek("annotation", id),
  }));
  return [...blocks, ...annotations];
}
