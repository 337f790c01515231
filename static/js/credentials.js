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

// Where secrets are kept elsewhere, their fields hold a place, which may be seen.
function showSource(select) {
  const example = select.selectedOptions[0]?.dataset.example || "";
  for (const input of document.querySelectorAll("input[data-secret]")) {
    input.type = example ? "text" : "password";
    input.placeholder = example;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-credential-sources]")) showSource(event.target);
});

const sources = document.querySelector("[data-credential-sources]");
if (sources) showSource(sources);
