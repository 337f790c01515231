// Shows the fields of the chosen credential type only; the others are disabled, so they are not sent.
function showType(select) {
  for (const group of document.querySelectorAll("[data-credential-type]")) {
    const chosen = group.dataset.credentialType === select.value;
    group.hidden = !chosen;
    group.disabled = !chosen;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-credential-types]")) showType(event.target);
});

const types = document.querySelector("[data-credential-types]");
if (types) showType(types);
