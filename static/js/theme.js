// The chosen theme. Loaded blocking in <head>, so that the page never flashes in the other one.
const KEY = "blockyard.theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const LABEL = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

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
    button.setAttribute("aria-label", LABEL[theme]);
    button.title = LABEL[theme];
    for (const icon of button.querySelectorAll("[data-for-theme]")) icon.toggleAttribute("hidden", icon.dataset.forTheme !== theme);
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
