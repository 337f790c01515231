// Copy, cut and paste of blocks, notes and frames through the system's clipboard, so also between workflows and tabs.
import { COLOURS } from "./annotations.js";
import { inField, toast } from "./dom.js";
import { copyOf, paste, remove } from "./edits.js";
import { t } from "../js/words.js";

const MARK = "blockyard-blocks";

const known = ({ id, kind, text, colour, position: { x, y }, size: { width, height } }) =>
  ({ id, kind, text, colour, position: { x, y }, size: { width, height } });

/** The blocks and annotations in a clipboard text, or null when it holds something else. */
export function readCopied(text) {
  let copied;
  try {
    copied = JSON.parse(text);
  } catch {
    return null;
  }
  const isBlock = (block) =>
    typeof block?.id === "string" && typeof block.type === "string" && typeof block.name === "string" &&
    Number.isFinite(block.position?.x) && Number.isFinite(block.position?.y) && typeof block.config === "object" && block.config !== null;
  const isAnnotation = (one) =>
    (one?.kind === "note" || one?.kind === "frame") && typeof one.text === "string" && COLOURS.includes(one.colour) &&
    [one.position?.x, one.position?.y, one.size?.width, one.size?.height].every(Number.isFinite);
  if (copied?.kind !== MARK || !Array.isArray(copied.blocks) || !copied.blocks.every(isBlock)) return null;
  const annotations = copied.annotations ?? [];
  if (!Array.isArray(copied.edges) || !Array.isArray(annotations) || !annotations.every(isAnnotation)) return null;
  if (!copied.blocks.length && !annotations.length) return null;
  const ids = new Set(copied.blocks.map((block) => block.id));
  return { blocks: copied.blocks, annotations: annotations.map(known), edges: copied.edges.filter((edge) => ids.has(edge?.source) && ids.has(edge?.target)) };
}

/** Choose what `paste` has added. */
export const choosePasted = (selection, { blocks, annotations }) => selection.set(blocks, [], annotations);

/** Listen for copy, cut and paste. `place()` answers where to paste, or null for beside the original. */
export function useClipboard({ store, selection, place }) {
  const busy = (event) => inField(event.target) || document.querySelector("dialog[open]") || String(getSelection());
  const take = (event) => {
    if (busy(event) || !(selection.blocks.size + selection.annotations.size)) return false;
    const text = JSON.stringify({ kind: MARK, ...copyOf(store, [...selection.blocks], [...selection.annotations]) });
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  document.addEventListener("copy", take);
  document.addEventListener("cut", (event) => !store.readOnly && take(event) && remove(store, [...selection.blocks], [], [...selection.annotations]));
  document.addEventListener("paste", (event) => {
    if (store.readOnly || inField(event.target) || document.querySelector("dialog[open]")) return;
    const copied = readCopied(event.clipboardData.getData("text/plain"));
    if (!copied) return;
    event.preventDefault();
    const unknown = copied.blocks.find((block) => !store.palette.has(block.type));
    if (unknown) toast(t("There is no block type “{1}” here.", unknown.type), { tone: "danger" });
    else choosePasted(selection, paste(store, copied, place()));
  });
}
