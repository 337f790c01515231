// What can be done with the data of a step: run it again, go on from it, pin it, edit it and go on.
import { callJson } from "./api.js";
import { element, icon, toast } from "./dom.js";
import { changeBlock } from "./edits.js";
import { t } from "../js/words.js";

const MOST_PINNED = 200_000;

const button = (sign, label, action, kind = "") =>
  element("button", { type: "button", class: `button ${kind}`, on: { click: action } }, icon(sign), ` ${label}`);

export class StepActions {
  /** `hooks`: `flush()` saves everything, `follow(executionId)`, `openRun(options)` asks for variables and runs, `problems(details)`, `renew()` shows the data anew. */
  constructor(place, { workflowId, store, hooks }) {
    Object.assign(this, { place, workflowId, store, hooks });
    place.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-step-action]");
      if (pressed) this.act(pressed);
    });
    this.dialog = element("dialog", { class: "dialog", "aria-labelledby": "step-dialog-title" });
    document.body.append(this.dialog);
  }

  get panel() {
    return this.place.querySelector("[data-step-panel]");
  }

  async act(pressed) {
    pressed.disabled = true;
    try {
      await this[pressed.dataset.stepAction]();
    } catch (error) {
      if (error.details?.length) this.hooks.problems(error.details);
      toast(error.message, { tone: "danger" });
    } finally {
      pressed.disabled = false;
    }
  }

  get step() {
    const { stepPanel: blockId, execution, output, port } = this.panel.dataset;
    return { blockId, execution, output, port };
  }

  async saved() {
    if (!(await this.hooks.flush())) throw new Error(t("Not started, because the workflow could not be saved."));
  }

  async run(options) {
    const answer = await callJson("POST", `/api/workflows/${this.workflowId}/execute`, { ...options, wait: false });
    this.hooks.follow(answer.execution_id);
  }

  /** Run just this block on what came before it. */
  async only() {
    const { blockId, execution } = this.step;
    await this.saved();
    await this.run({ only: blockId, from_execution: execution });
  }

  until() {
    this.hooks.openRun({ until: this.hooks.blockId() });
  }

  /** Run this block and what follows it with the newest settings, once it is said which effects repeat. */
  async from() {
    await this.goOn(this.step, {});
  }

  async goOn({ blockId, execution }, more) {
    await this.saved();
    const path = `/api/executions/${execution}/retry`;
    const request = { from: blockId, revision: "newest", ...more };
    const { repeats } = await callJson("POST", path, { ...request, dry: true });
    const rerun = more.use_pins ? repeats.filter((block) => block.block_id !== blockId) : repeats;
    if (rerun.length && !(await this.confirmed(rerun))) return;
    this.hooks.follow((await callJson("POST", path, request)).execution_id);
  }

  /** Ask before effects repeat. */
  confirmed(repeats) {
    return new Promise((resolve) => {
      const close = (answer) => () => {
        resolve(answer);
        this.dialog.close();
      };
      this.show(t("These would happen again"),
        element("p", {}, t("These blocks have an effect outside and would run a second time:")),
        element("ul", { class: "changes" }, repeats.map(({ name, type }) => element("li", {}, `${name} (${type})`))),
        element("div", { class: "dialog-actions" }, button("x", t("Cancel"), close(false)), button("play", t("Run them again"), close(true), "button-primary")));
      this.dialog.addEventListener("close", () => resolve(false), { once: true });
    });
  }

  show(title, ...content) {
    this.dialog.replaceChildren(element("h2", { id: "step-dialog-title" }, title), ...content);
    this.dialog.showModal();
  }

  async output() {
    const response = await fetch(this.step.output, { credentials: "same-origin" });
    const text = await response.text();
    if (!response.ok) throw new Error(t("The output cannot be read."));
    if (text.length > MOST_PINNED) throw new Error(t("The output is too large to be kept in the workflow (more than 200 kB)."));
    return text;
  }

  setPin(pinned) {
    const { blockId } = this.step;
    const block = this.store.blocks.get(blockId);
    changeBlock(this.store, blockId, { policy: { ...(block?.policy || {}), pinned } });
  }

  async pin() {
    const { port } = this.step;
    this.setPin({ output: JSON.parse(await this.output()), port });
    await this.saved();
    toast(t("Pinned. Runs with pinned data use this output instead of running the block."), { tone: "success" });
    this.hooks.renew();
  }

  async unpin() {
    this.setPin(null);
    await this.saved();
    this.hooks.renew();
  }

  /** Change the output by hand, and let what follows run on that. */
  async edit() {
    const { step } = this;
    const field = element("textarea", { class: "input input-mono", rows: 14, spellcheck: "false", "aria-label": t("Output as JSON") });
    field.value = JSON.stringify(JSON.parse(await this.output()), null, 2);
    const message = element("p", { class: "run-message", role: "alert" });
    const go = async () => {
      try {
        const output = JSON.parse(field.value);
        this.setPin({ output, port: step.port });
        this.dialog.close();
        await this.goOn(step, { use_pins: true });
        this.hooks.renew();
      } catch (error) {
        if (this.dialog.open) message.textContent = t("This is not valid JSON: {1}", error.message);
        else toast(error.message, { tone: "danger" });
      }
    };
    this.show(t("Edit the output and go on"),
      element("p", { class: "muted" }, t("What follows this block runs on what stands here. The output stays pinned until you unpin it.")),
      field, message,
      element("div", { class: "dialog-actions" }, button("x", t("Cancel"), () => this.dialog.close()), button("play", t("Pin and go on"), go, "button-primary")));
    field.focus();
  }
}
