// Inputs that are kept to try a workflow with: saved from the Run dialog, and deleted there.
import { callHtml, callJson } from "./api.js";

/** `runner` is the Run dialog's, `collect(form)` reads its form. */
export function useTestInputs(runner, collect) {
  const { workflowId, place, message } = runner;

  async function renew(data) {
    const start = runner.form().querySelector("[data-start-block]")?.value ?? "";
    place.innerHTML = await callHtml("GET", `/workflows/${workflowId}/run?${new URLSearchParams({ data, start })}`);
    window.htmx?.process(place);
  }

  async function keep() {
    const { variables, start_block: start = "" } = collect(runner.form());
    const name = place.querySelector("#run-keep-name").value;
    const kept = await callJson("POST", `/workflows/${workflowId}/test-inputs`, { name, input: variables, start_block: start });
    await renew(`test:${kept.id}`);
    message.textContent = "";
  }

  async function drop(id) {
    await callJson("DELETE", `/workflows/${workflowId}/test-inputs/${encodeURIComponent(id)}`);
    await renew("");
  }

  place.addEventListener("click", async (event) => {
    const id = event.target.closest("[data-test-delete]")?.dataset.testDelete;
    try {
      if (id) await drop(id);
      else if (event.target.closest("[data-test-save]")) await keep();
    } catch (error) {
      message.textContent = error.message;
    }
  });
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "run-keep-name") return;
    event.preventDefault();
    place.querySelector("[data-test-save]").click();
  });
}
