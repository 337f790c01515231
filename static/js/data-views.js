// A value is shown as a tree, a table or JSON; what was chosen last holds for the next one too.
const KEY = "blockyard-data-view";

function show(section, view) {
  const known = section.querySelector(`[data-shown-as="${view}"]`) ? view : "tree";
  for (const place of section.querySelectorAll("[data-shown-as]")) place.hidden = place.dataset.shownAs !== known;
  for (const button of section.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === known));
}

/** Show all values below a place as they were looked at last. */
export function arrangeViews(root = document) {
  const view = sessionStorage.getItem(KEY);
  if (view) for (const section of root.querySelectorAll("[data-views]")) show(section, view);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-views] [data-view]");
  if (!button) return;
  sessionStorage.setItem(KEY, button.dataset.view);
  show(button.closest("[data-views]"), button.dataset.view);
});
document.addEventListener("htmx:after:swap", () => arrangeViews());
arrangeViews();
