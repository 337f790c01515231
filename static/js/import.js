// A file with a workflow, dropped on the page or chosen, becomes a workflow; a workflow of the list becomes a file.
import { chooseFile, onFileDrop, readFile, saveAs, takeIn } from "../editor/transfer.js";
import { t } from "./words.js";

const note = document.querySelector("[data-import-note]");

async function take(file) {
  note.hidden = false;
  note.textContent = t("Reading “{1}”…", file.name);
  try {
    const { id } = await takeIn(await readFile(file));
    location.assign(`/workflows/${encodeURIComponent(id)}`);
  } catch (error) {
    note.textContent = `${t("“{1}” was not imported.", file.name)} ${error.message}`;
  }
}

const button = document.querySelector("[data-import]");
if (button) {
  button.addEventListener("click", () => chooseFile(take));
  onFileDrop(document.getElementById("main"), take);
}

document.addEventListener("click", async (event) => {
  const { export: form, workflow, name } = event.target.closest("[data-export]")?.dataset ?? {};
  if (!form) return;
  try {
    await saveAs(workflow, name, form);
  } catch (error) {
    document.dispatchEvent(new CustomEvent("blockyard:toast", { detail: { text: error.message, tone: "danger" } }));
  }
});
