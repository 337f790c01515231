// Rename a block in place, on its card.
import { element } from "./dom.js";
import { changeBlock } from "./edits.js";

const LONGEST_NAME = 200;

/** Turn the name on a card into a text field. Enter takes it, Esc does not. */
export function renameInPlace(view, store, blockId) {
  view.reveal(blockId);
  view.draw();
  const card = view.cards.get(blockId)?.element;
  if (!card || card.querySelector(".card-rename")) return;
  const block = store.blocks.get(blockId);
  const input = element("input", { class: "card-rename", type: "text", maxlength: LONGEST_NAME, "aria-label": "Name of the block" });
  input.value = block.name;
  card.querySelector(".card-name").replaceChildren(input);
  input.focus();
  input.select();
  let ended = false;
  const end = (take) => {
    if (ended) return;
    ended = true;
    const name = input.value.trim();
    card.querySelector(".card-name")?.replaceChildren(block.name);
    if (take && name && name !== block.name) changeBlock(store, blockId, { name });
    card.focus({ preventScroll: true });
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
}
