// The Run dialog, starting an execution, stopping it, and telling how it ended.
import { callHtml, callJson } from "./api.js";
import { duration, element, icon, toast } from "./dom.js";
import { useTestInputs } from "./form-tests.js";
import { t } from "../js/words.js";

const WORDS = {
  completed: t("Completed"), failed: t("Failed"), cancelled: t("Stopped"), timed_out: t("Ran out of time"), skipped: t("Skipped"), waiting: t("Waiting"),
};

/** One value of the Run form. Throws a sentence that names the field. */
function valueOf(field) {
  const { variable, type } = field.dataset;
  if (type === "boolean") return field.type === "checkbox" ? field.checked : field.value === "true";
  const text = field.value;
  if (type === "string") return text;
  if (text.trim() === "") return undefined;
  if (type === "integer" || type === "number") {
    const number = Number(text);
    const right = type === "integer" ? Number.isSafeInteger(number) : Number.isFinite(number);
    if (!right) throw new Error(type === "integer" ? t("{1}: must be a whole number.", variable) : t("{1}: must be a number.", variable));
    return number;
  }
  return parsed(text, variable);
}

function parsed(text, name) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(t("{1}: is not valid JSON ({2}).", name, error.message));
  }
}

/** What the Run form says: `{variables, start_block?}`. Empty optional fields are left out. */
export function collect(form) {
  const variables = {};
  const body = form.querySelector("[data-body]");
  if (body) {
    const value = body.value.trim() ? parsed(body.value, t("Body")) : {};
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    if (!isObject) throw new Error(t("Body: must be a JSON object, such as {\"name\": \"Ada\"}."));
    Object.assign(variables, value);
  }
  for (const field of form.querySelectorAll("[data-variable]")) {
    const optional = field.dataset.type === "string" && field.value === "" && !field.required;
    const value = optional ? undefined : valueOf(field);
    if (value !== undefined) variables[field.dataset.variable] = value;
  }
  const start = form.querySelector("[data-start-block]")?.value;
  const pins = form.querySelector("[data-use-pins]")?.checked ? { use_pins: true } : {};
  return { variables, ...(start ? { start_block: start } : {}), ...pins };
}

export class Runner {
  /** `hooks`: `flush()` saves everything and answers whether it could, `problems(details)`, `show(blockId)`, `replay(executionId)`. */
  constructor({ workflowId, dialog, button, follower, hooks }) {
    Object.assign(this, { workflowId, dialog, button, follower, hooks });
    this.place = dialog.querySelector("[data-run-place]");
    this.message = dialog.querySelector("[data-run-message]");
    dialog.addEventListener("submit", (event) => this.submit(event));
    useTestInputs(this, collect);
    dialog.querySelector("[data-run-close]").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-run-start]").addEventListener("click", () => this.place.querySelector("form")?.requestSubmit());
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.place.querySelector("form")?.requestSubmit();
    });
    button.addEventListener("click", () => (follower.running ? this.stop() : this.open()));
  }

  /** Ask for the variables; a workflow that needs none runs at once. `options` go along with the request, such as `until`. */
  async open(options = {}) {
    if (this.dialog.open || this.follower.running) return;
    this.options = options;
    this.button.disabled = true;
    try {
      if (!(await this.hooks.flush())) return;
      this.place.innerHTML = await callHtml("GET", `/workflows/${this.workflowId}/run`);
      window.htmx?.process(this.place);
      this.message.textContent = "";
      const form = this.form();
      if (form && !form.querySelector("[data-variable], [data-body], [data-use-pins], select[data-start-block]")) await this.start(collect(form));
      else this.dialog.showModal();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    } finally {
      this.button.disabled = false;
    }
  }

  form() {
    return this.place.querySelector("[data-run-form]");
  }

  async submit(event) {
    event.preventDefault();
    this.message.textContent = "";
    try {
      await this.start(collect(this.form()));
      this.dialog.close();
    } catch (error) {
      this.message.textContent = error.message;
    }
  }

  async start(request) {
    if (!(await this.hooks.flush())) throw new Error(t("Not started, because the workflow could not be saved."));
    try {
      const answer = await callJson("POST", `/api/workflows/${this.workflowId}/execute`, { ...request, ...this.options, wait: false });
      this.follower.follow(answer.execution_id);
    } catch (error) {
      if (error.details?.length) this.hooks.problems(error.details);
      throw error;
    }
  }

  async stop() {
    this.button.disabled = true;
    try {
      await callJson("POST", `/api/executions/${this.follower.executionId}/cancel`);
    } catch (error) {
      toast(error.message, { tone: "danger" });
    } finally {
      this.button.disabled = false;
    }
  }

  /** The button says Run, or Stop while an execution is followed. */
  showRunning(running) {
    this.button.replaceChildren(icon(running ? "square" : "play"), element("span", {}, running ? t("Stop") : t("Run")));
    this.button.toggleAttribute("data-running", running);
    this.button.setAttribute("aria-label", running ? t("Stop the execution") : t("Run the workflow"));
  }

  /** Tell how an execution ended, with a way to its page and to the block that failed. */
  tell({ executionId, status, duration_ms: milliseconds, error, failedBlock }) {
    const well = status === "completed";
    const link = element("a", { href: `/executions/${encodeURIComponent(executionId)}`, class: "toast-link" }, t("Details"));
    const replay = element("button", { type: "button", class: "link-button" }, t("Replay"));
    replay.addEventListener("click", () => this.hooks.replay(executionId));
    const actions = [replay, link];
    if (failedBlock) {
      const show = element("button", { type: "button", class: "link-button" }, t("Show block"));
      show.addEventListener("click", () => this.hooks.show(failedBlock));
      actions.unshift(show);
    }
    const time = milliseconds === null || milliseconds === undefined ? "" : ` ${well ? "in" : "after"} ${duration(milliseconds)}`;
    toast(`${WORDS[status] || status}${time}${error ? `: ${error}` : "."}`, { tone: well ? "success" : "danger", actions, stay: !well });
  }
}
