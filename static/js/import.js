// A file with a workflow, dropped on the page or chosen, becomes a workflow.
import { chooseFile, onFileDrop, readFile, takeIn } from "../editor/transfer.js";

const note = document.querySelector("[data-import-note]");

async function take(file) {
  note.hidden = false;
  note.textContent = `Reading “${file.name}”…`;
  try {
    const { id } = await takeIn(await readFile(file));
    location.assign(`/workflows/${encodeURIComponent(id)}`);
  } catch (error) {
    note.textContent = `“${file.name}” was not imported. ${error.message}`;
  }
}

const button = document.querySelector("[data-import]");
if (button) {
  button.addEventListener("click", () => chooseFile(take));
  onFileDrop(document.getElementById("main"), take);
}
