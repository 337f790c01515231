// Folds of a form that are open stay so in the form that the server answers.

export function keepFolds(place) {
  let open = [];
  place.addEventListener("htmx:before:swap", () => {
    open = [...place.querySelectorAll("details[id][open]")].map((fold) => fold.id);
  });
  place.addEventListener("htmx:after:swap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });
}
