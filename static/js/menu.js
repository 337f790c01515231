// The menu button of the phone layout, and menus made of <details> that close like menus do.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

function toggleNavigation(open) {
  const navigation = document.getElementById("site-nav");
  const button = document.querySelector("[data-nav-toggle]");
  if (!navigation || !button) return;
  navigation.toggleAttribute("data-open", open);
  button.setAttribute("aria-expanded", String(navigation.hasAttribute("data-open")));
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  if (event.target.closest("[data-nav-toggle]")) toggleNavigation();
  else if (!event.target.closest("#site-nav")) toggleNavigation(false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  closeMenus();
  open?.querySelector("summary").focus();
  toggleNavigation(false);
});
