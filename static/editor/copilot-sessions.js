// Which conversations there are about this workflow: choosing one, beginning another, deleting one.
import { callJson } from "./api.js";
import { element } from "./dom.js";
import { t } from "../js/words.js";

export class Sessions {
  /** `panel` is the Copilot that shows them; its `session` is the one that is open, null for one that has not begun. */
  constructor(panel, workflowId) {
    this.panel = panel;
    this.calls = `/api/workflows/${encodeURIComponent(workflowId)}/copilot/sessions`;
    this.known = [];
  }

  async list() {
    this.known = (await callJson("GET", this.calls)).sessions;
    this.show();
  }

  show() {
    const { panel, known } = this;
    const shown = known.map(({ id, title }) => element("option", { value: id }, title || t("New conversation")));
    if (!panel.session) shown.unshift(element("option", { value: "" }, t("New conversation")));
    const choice = panel.find("sessions");
    choice.replaceChildren(...shown);
    choice.value = panel.session ?? "";
    choice.closest("label").hidden = known.length + Number(!panel.session) < 2;
    panel.find("delete").hidden = !panel.session;
  }

  get newest() {
    return this.known[0]?.id ?? null;
  }

  /** The id of the open conversation, which is kept from its first message on. */
  async demanded() {
    return this.panel.session ?? (await callJson("POST", this.calls)).id;
  }

  async forget() {
    await callJson("DELETE", `/api/copilot/sessions/${this.panel.session}`);
    this.panel.session = null;
    await this.list();
    await this.panel.load(this.newest);
  }
}
