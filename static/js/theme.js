// The chosen theme. Loaded blocking in <head>, so that the page never flashes in the other one.
const KEY = "blockyard.theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return value in NEXT ? value : "auto";
  } catch {
    return "auto";
  }
}

function show(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    for (const icon of button.querySelectorAll("[data-for-theme]")) icon.toggleAttribute("hidden", icon.dataset.forTheme !== theme);
    button.title = button.querySelector("[data-for-theme]:not([hidden])").dataset.label;
    button.setAttribute("aria-label", button.title);
  }
}

show(stored());
document.addEventListener("DOMContentLoaded", () => show(stored()));
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const theme = NEXT[stored()];
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts until the next page.
  }
  show(theme);
});
