// Rows that are ticked: how many, what can be done with all of them, and a list that keeps still meanwhile.
const ticked = () => [...document.querySelectorAll("[data-bulk] [name=id]:checked")];

function show() {
  const bar = document.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const count = ticked().length;
  bar.hidden = !count;
  bar.querySelector("[data-bulk-count]").textContent = `${count} chosen`;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-bulk-all]")) {
    for (const box of document.querySelectorAll("[data-bulk] [name=id]")) box.checked = event.target.checked;
  }
  show();
});

document.addEventListener("htmx:before:request", (event) => {
  const polled = event.target.matches?.("[data-live-list]");
  if (polled && ticked().length) event.preventDefault();
});
document.addEventListener("htmx:after:swap", show);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bulk-ask]");
  if (!button || button.dataset.sure) return;
  event.preventDefault();
  const dialog = document.getElementById("confirm-dialog");
  dialog.querySelector("[data-confirm-title]").textContent = button.dataset.bulkAsk;
  dialog.querySelector("[data-confirm-text]").textContent = button.dataset.bulkText;
  const yes = dialog.querySelector("[data-confirm-yes]");
  yes.textContent = button.textContent.trim();
  dialog.showModal();
  yes.addEventListener("click", () => {
    button.dataset.sure = "true";
    button.click();
  }, { once: true });
});
