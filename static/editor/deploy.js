// Deploy, Undeploy and Arm in the header, with the light that says who may call the workflow now.
import { callJson } from "./api.js";
import { element, icon, toast } from "./dom.js";
import { t } from "../js/words.js";

const pad = (number) => String(number).padStart(2, "0");

/** "9:41" until a moment, or null when it has passed. */
export function timeLeft(until, now = Date.now()) {
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  return seconds > 0 ? `${Math.floor(seconds / 60)}:${pad(seconds % 60)}` : null;
}

export class Deployment {
  /** `hooks`: `flush()`, `confirm()` asks whether the changes shall be deployed, `problems(details)`, `revision()`, `webhook()` the id of a webhook block or null, `show(blockId)`. */
  constructor({ workflow, root, hooks }) {
    Object.assign(this, { id: workflow.id, root, hooks });
    this.light = root.querySelector("[data-state-light]");
    for (const action of ["deploy", "undeploy", "arm"]) {
      root.querySelector(`[data-action=${action}]`).addEventListener("click", (event) => this.press(action, event.currentTarget));
    }
    this.update(workflow);
    setInterval(() => this.armedUntil && this.show(), 1000);
  }

  /** Take over what the server says: `{state, armed_until, deployed_revision}`; what is absent stays. */
  update(workflow) {
    if ("state" in workflow) this.state = workflow.state;
    if ("armed_until" in workflow) this.armedUntil = workflow.armed_until;
    if ("deployed_revision" in workflow) this.deployedRevision = workflow.deployed_revision;
    this.show();
  }

  show() {
    const left = this.armedUntil && timeLeft(this.armedUntil);
    if (!left) this.armedUntil = null;
    const deployed = this.state === "deployed";
    const behind = deployed && Boolean(this.deployedRevision) && this.deployedRevision !== this.hooks.revision();
    const light = deployed ? "deployed" : left ? "armed" : "internal";
    const deployedWords = behind ? t("Deployed, with changes not deployed") : t("Deployed");
    const words = { deployed: deployedWords, armed: t("Armed {1}", left), internal: t("Internal") }[light];
    const hints = {
      deployed: t("Callers from outside can start this workflow."),
      armed: t("One call from outside is accepted until the time is up."),
      internal: t("Only people in this workspace can start this workflow."),
    };
    if (this.shown === words) return;
    this.shown = words;
    this.light.dataset.stateLight = light;
    this.light.title = hints[light];
    const lamp = element("span", { class: "light", "aria-hidden": "true" });
    this.light.replaceChildren(lamp, element("span", { class: "light-words" }, words));
    this.root.querySelector("[data-action=deploy]").hidden = deployed && !behind;
    this.root.querySelector("[data-action=deploy] span").textContent = behind ? t("Deploy changes") : t("Deploy");
    this.root.querySelector("[data-action=undeploy]").hidden = !deployed;
    this.root.querySelector("[data-action=arm]").hidden = deployed;
  }

  async press(action, button) {
    button.disabled = true;
    try {
      if (action !== "undeploy" && !(await this.hooks.flush())) throw new Error(t("The workflow could not be saved, so nothing was changed."));
      if (action === "deploy" && this.state === "deployed" && !(await this.hooks.confirm())) return;
      const answer = await callJson("POST", `/api/workflows/${this.id}/${action}`);
      this.done(action, answer);
    } catch (error) {
      if (error.details?.length) this.hooks.problems(error.details);
      toast(error.message, { tone: "danger" });
    } finally {
      button.disabled = false;
    }
  }

  done(action, answer) {
    if (action === "arm") this.update({ armed_until: answer.armed_until });
    else this.update({ state: answer.state, armed_until: null, deployed_revision: action === "deploy" ? this.hooks.revision() : null });
    const webhook = this.hooks.webhook();
    const address = webhook ? ` ${t("The address and a ready curl line are in the webhook block.")}` : "";
    const words = {
      deploy: t("Deployed.") + address,
      undeploy: t("Not deployed any more. Calls from outside are refused."),
      arm: t("Armed: the next call within ten minutes is accepted once.") + address,
    };
    toast(words[action], { tone: "success", actions: webhook && action !== "undeploy" ? [this.showButton(webhook)] : [] });
  }

  showButton(webhook) {
    const show = element("button", { type: "button", class: "link-button" }, icon("webhook"), t("Show block"));
    show.addEventListener("click", () => this.hooks.show(webhook));
    return show;
  }
}
