// Copy, cut and paste of blocks through the system's clipboard, so also between workflows and tabs.
import { inField, toast } from "./dom.js";
import { copyOf, paste, remove } from "./edits.js";

const MARK = "blockyard-blocks";

/** The blocks in a clipboard text, or null when it holds something else. */
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
  const right = copied?.kind === MARK && Array.isArray(copied.blocks) && copied.blocks.length > 0 && copied.blocks.every(isBlock);
  if (!right || !Array.isArray(copied.edges)) return null;
  const ids = new Set(copied.blocks.map((block) => block.id));
  return { blocks: copied.blocks, edges: copied.edges.filter((edge) => ids.has(edge?.source) && ids.has(edge?.target)) };
}

/** Listen for copy, cut and paste. `place()` answers where to paste, or null for beside the original. */
export function useClipboard({ store, selection, place }) {
  const busy = (event) => inField(event.target) || document.querySelector("dialog[open]") || String(getSelection());
  const take = (event) => {
    if (busy(event) || !selection.blocks.size) return false;
    const text = JSON.stringify({ kind: MARK, ...copyOf(store, [...selection.blocks]) });
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  document.addEventListener("copy", take);
  document.addEventListener("cut", (event) => take(event) && remove(store, [...selection.blocks]));
  document.addEventListener("paste", (event) => {
    if (inField(event.target) || document.querySelector("dialog[open]")) return;
    const copied = readCopied(event.clipboardData.getData("text/plain"));
    if (!copied) return;
    event.preventDefault();
    const unknown = copied.blocks.find((block) => !store.palette.has(block.type));
    if (unknown) toast(`There is no block type “${unknown.type}” here.`, { tone: "danger" });
    else selection.set(paste(store, copied, place()));
  });
}
