// Buttons with `data-copy` copy that text; with `data-copy-from="#id"` the value or text of that element.
import { t } from "./words.js";
function textOf(button) {
  if (!button.dataset.copyFrom) return button.dataset.copy;
  const source = document.querySelector(button.dataset.copyFrom);
  return source?.value ?? source?.textContent ?? "";
}

async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  // Plain http to another machine has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error(t("The browser refused to copy."));
}

function announce(text, tone) {
  document.dispatchEvent(new CustomEvent("blockyard:toast", { detail: { text, tone } }));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  event.preventDefault();
  try {
    await copy(textOf(button));
    announce(t("Copied"));
  } catch {
    announce(t("Could not copy. Select the text and copy it by hand."), "danger");
  }
});
