// Rename a block in place, on its card, and the workflow in the header.
import { element } from "./dom.js";
import { changeBlock } from "./edits.js";
import { renamed } from "./operations.js";
import { t } from "../js/words.js";

const LONGEST_NAME = 200;

/** Turn the name on a card into a text field. Enter takes it, Esc does not. */
export function renameInPlace(view, store, blockId) {
  view.reveal(blockId);
  view.draw();
  const card = view.cards.get(blockId)?.element;
  if (!card || card.querySelector(".card-rename")) return;
  const block = store.blocks.get(blockId);
  const input = element("input", { class: "card-rename", type: "text", maxlength: LONGEST_NAME, "aria-label": t("Name of the block") });
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

/** Show the name of the workflow, in the header and as the title of the page. */
export function showName(place, store) {
  const show = () => {
    document.title = `${store.name} · Blockyard`;
    if (!place.querySelector("input")) place.textContent = store.name;
  };
  store.subscribe(show);
  show();
}

/** Turn the workflow's name into a text field. Enter takes it, Esc does not. */
export function renameWorkflow(place, store) {
  if (store.readOnly || place.querySelector("input")) return;
  const input = element("input", { class: "name-edit", type: "text", maxlength: LONGEST_NAME, "aria-label": t("Name of the workflow") });
  input.value = store.name;
  place.replaceChildren(input);
  input.focus();
  input.select();
  const end = (take) => {
    if (!input.isConnected) return;
    const name = input.value.trim();
    place.replaceChildren(store.name);
    if (take && name && name !== store.name) store.apply([renamed(store.name, name)]);
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
}
