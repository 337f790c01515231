// What a person decides about a proposal, and what follows: one step on the canvas, another run, or the way back.
import { callJson } from "./api.js";
import { announce, toast } from "./dom.js";
import { copied, graphOf } from "./operations.js";
import { t } from "../js/words.js";

const AGAIN = t("The workflow has changed. Please propose it again, for how it is now.");

export class Decisions {
  /** `panel` is the Copilot that shows them. */
  constructor(panel) {
    Object.assign(this, { panel, busy: false, turn: Promise.resolve() });
  }

  async decide(action, message, changes) {
    if (action === "again" || action === "rerun") {
      await this.turn;
      return action === "again" ? this.panel.ask({ message: AGAIN }) : this.rerun(message);
    }
    if (this.busy) return undefined;
    this.busy = true;
    const done = this.settle(action, message.proposal, changes);
    this.turn = done.catch(() => undefined);
    return done;
  }

  async settle(action, proposal, changes) {
    try {
      if (action.startsWith("accept")) await this.accept(proposal, changes);
      else this.panel.keep(await callJson("POST", `/api/copilot/proposals/${proposal.id}/reject`, changes ? { changes } : {}));
    } finally {
      this.busy = false;
      if (this.panel.proposal) this.panel.keep(await callJson("GET", `/api/copilot/proposals/${proposal.id}`));
    }
  }

  /** The server does it, on top of the newest graph or not at all; here it becomes one step that can be undone. */
  async accept(proposal, changes) {
    const { hooks, sync, store } = this.panel;
    if (!(await hooks.flush())) return;
    await sync.catchUp();
    const before = copied(store);
    const open = proposal.changes.filter(({ state }) => state === "open").map(({ id }) => id);
    const body = { client_id: sync.clientId, changes: changes ?? open };
    const done = await callJson("POST", `/api/copilot/proposals/${proposal.id}/accept`, body);
    this.panel.keep(done.proposal);
    await sync.catchUp();
    if (done.operations.length) store.adopt([{ kind: "edit", unit: done.batch_id, operations: done.operations }], before);
    announce(t("Done. Undo takes it back."));
  }

  async restore(message) {
    const { hooks } = this.panel;
    if (!(await hooks.flush())) return;
    const { revision, ...graph } = await callJson("GET", `/api/copilot/messages/${message.id}/snapshot`);
    hooks.restore(graphOf(graph), `Restored revision ${revision} with copilot`);
    toast(t("The state of then is on the canvas again. Undo takes that back."), { tone: "success" });
  }

  /** After a repair: where the execution that failed can be run again from; null when there is none. */
  rerunOf(question) {
    const { intent, block_id: block, execution_id: execution } = question ?? {};
    if (intent !== "repair" || !execution || !this.panel.mayRun) return null;
    const name = this.panel.store.blocks.get(block)?.name;
    return { label: name ? t("Run again from “{1}”", name) : t("Run again"), block, execution };
  }

  async rerun(message) {
    const { messages, hooks, store, follower } = this.panel;
    const place = messages.indexOf(message);
    const { block, execution } = this.rerunOf(messages.slice(0, place).findLast(({ role }) => role === "user"));
    if (!(await hooks.flush())) return;
    const from = store.blocks.has(block) ? block : "failed";
    const answer = await callJson("POST", `/api/executions/${execution}/retry`, { from, revision: "newest" });
    follower.follow(answer.execution_id);
  }
}
