// `data-dialog-open="id"` opens a dialog, `data-dialog-close` closes its own; a form with `data-confirm`
// is sent only after the shared confirm dialog, whose words come from the form's attributes.
import { t } from "./words.js";
let waiting = null;

function ask(form) {
  const dialog = document.getElementById("confirm-dialog");
  dialog.querySelector("[data-confirm-title]").textContent = form.dataset.confirm;
  dialog.querySelector("[data-confirm-text]").textContent = form.dataset.confirmText ?? "";
  dialog.querySelector("[data-confirm-yes]").textContent = form.dataset.confirmLabel ?? t("Continue");
  waiting = form;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog[data-light]")) event.target.close();
  if (event.target.closest("[data-confirm-yes]")) {
    const form = waiting;
    document.getElementById("confirm-dialog").close();
    form?.submit();
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-confirm]")) return;
  event.preventDefault();
  ask(event.target);
});

document.querySelector("dialog[data-open-on-load]")?.showModal();
