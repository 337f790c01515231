// Before a Deploy: what has changed since the deployed revision, in words, each with a way back.
import { callJson } from "./api.js";
import { element, icon } from "./dom.js";
import { applied } from "./operations.js";
import { t } from "../js/words.js";

export class Undeployed {
  /** `hooks`: `flush()` saves everything and answers whether it could, `show(blockId)`. */
  constructor({ workflowId, dialog, store, hooks }) {
    Object.assign(this, { dialog, store, hooks });
    this.path = `/api/workflows/${encodeURIComponent(workflowId)}/undeployed`;
    this.list = dialog.querySelector("[data-changes]");
    this.message = dialog.querySelector("[data-changes-message]");
    this.yes = dialog.querySelector("[data-changes-deploy]");
    this.yes.addEventListener("click", () => dialog.close("deploy"));
    dialog.addEventListener("close", () => this.decide?.(dialog.returnValue === "deploy"));
  }

  /** Ask whether these changes shall be deployed. */
  async ask() {
    await this.load();
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => { this.decide = resolve; });
  }

  async load() {
    const { changes } = await callJson("GET", this.path);
    this.message.textContent = changes.length ? t("Deploying brings this into effect:") : t("Nothing differs from what is deployed.");
    this.list.replaceChildren(...changes.map((change) => this.row(change)));
  }

  row({ text, revert }) {
    if (!revert.length) return element("li", {}, element("span", {}, text));
    const button = element("button", { type: "button", class: "link-button", "aria-label": t("Revert: {1}", text) }, icon("undo-2"), t("Revert"));
    button.addEventListener("click", () => this.revert(revert, button));
    return element("li", {}, element("span", {}, text), button);
  }

  /** Take one change back: an ordinary step, which can be undone. */
  async revert(operations, button) {
    button.disabled = true;
    this.store.apply(applied(this.store, operations).changes);
    if (await this.hooks.flush()) await this.load();
    this.dialog.querySelector("[data-changes] button, [data-changes-deploy]")?.focus();
  }
}
