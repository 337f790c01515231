// Triggers that look around by themselves: what keeps one from working is shown at its block until it works again.

import { callJson } from "./api.js";
import { t } from "../js/words.js";

export class Watches {
  constructor({ workflowId, problems, panel }) {
    Object.assign(this, { workflowId, problems, panel });
    this.asking = null;
  }

  /** Ask the server, once at a time. */
  renew() {
    this.asking ??= this.ask().catch(() => undefined).finally(() => (this.asking = null));
    return this.asking;
  }

  async ask() {
    const { watches } = await callJson("GET", `/api/workflows/${encodeURIComponent(this.workflowId)}/watches`);
    const wrong = watches.filter((watch) => watch.problem);
    this.problems.setRunning(wrong.map(({ block_id, problem }) => ({
      block_id, severity: "error", message: t("It does not start anything at the moment: {1}", problem),
    })));
    const told = this.panel.querySelector("[data-watch-of]");
    if (!told) return;
    const mine = wrong.find((watch) => watch.block_id === told.dataset.watchOf);
    told.hidden = !mine;
    if (mine) told.querySelector("[data-watch-problem]").textContent = mine.problem;
  }
}
