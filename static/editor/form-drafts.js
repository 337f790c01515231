// What is typed into a block's form until the server has read it: kept in the browser, and sent again when that failed.
import { callHtml } from "./api.js";
import { applied, operationsOf } from "./operations.js";

const KEEP_MS = 120;
const AGAIN_MS = 2000;
const FIELDS = ["name", "config", "notes", "enabled", "policy"];

/** What a rendered form says about its block: `{id, edited, ...fields}`, or null. */
export const payloadOf = (place) => JSON.parse(place.querySelector("#block-payload")?.textContent || "null");

/**
 * The fields of a block after an edit of its form. Only what differs from the block that the form was made from counts, so
 * that a form which is a little old does not take back what others have changed meanwhile.
 */
export function edited(block, formBlock, payload) {
  const sent = Object.fromEntries(FIELDS.filter((name) => name in payload).map((name) => [name, payload[name]]));
  const before = { ...formBlock, id: block.id, type: block.type, position: block.position };
  const operations = operationsOf([{ kind: "block", id: block.id, before, after: { ...before, ...sent } }]);
  const { graph } = applied({ blocks: new Map([[block.id, block]]), edges: new Map() }, operations);
  const after = graph.blocks.get(block.id);
  return { name: after.name, config: after.config, notes: after.notes ?? "", enabled: after.enabled, policy: after.policy ?? {} };
}

export class FormDrafts {
  /**
   * `hooks`: `take(payload, formBlock)` puts an edit on the canvas, `flushOpen(blockId)` sends the form that is open; `typing()`,
   * `settled()`, `failed(error)` and `sent()` tell how far it is.
   */
  constructor({ workflowId, journal, hooks }) {
    Object.assign(this, { workflowId, journal, hooks });
    this.waiting = new Map();
    this.timers = new Map();
    window.addEventListener("online", () => this.send());
  }

  get path() {
    return `/workflows/${this.workflowId}/form`;
  }

  /** This was typed: `fields` as the form would send them. */
  note(blockId, fields) {
    this.waiting.set(blockId, fields);
    this.hooks.typing();
    if (this.timers.has(blockId)) return;
    this.timers.set(blockId, setTimeout(() => {
      this.timers.delete(blockId);
      if (this.waiting.has(blockId)) this.journal.keepForm(blockId, this.waiting.get(blockId));
    }, KEEP_MS));
  }

  /** Blocks have new ids, `Map(old -> new)`. */
  renamed(ids) {
    for (const [id, fields] of [...this.waiting]) {
      const made = ids.get(id);
      if (!made) continue;
      this.taken(id);
      const withId = (text) => JSON.stringify({ ...JSON.parse(text), id: made });
      this.note(made, fields.map(([name, value]) => [name, name === "block" ? withId(value) : value]));
    }
  }

  /** The server has read all that was typed. */
  taken(blockId) {
    if (!this.waiting.delete(blockId)) return;
    clearTimeout(this.timers.get(blockId));
    this.timers.delete(blockId);
    this.journal.dropForm(blockId);
    if (!this.waiting.size) this.hooks.settled();
  }

  /** Sending failed: what was typed is sent again in a while. */
  later(error) {
    this.hooks.failed(error);
    this.timer ??= setTimeout(() => this.send(), AGAIN_MS);
  }

  /** Send what is still waiting. */
  async send() {
    clearTimeout(this.timer);
    this.timer = null;
    for (const [blockId, fields] of [...this.waiting]) {
      try {
        if (!(await this.hooks.flushOpen(blockId))) await this.sendOne(blockId, fields);
      } catch (error) {
        if (error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 403) this.taken(blockId);
        this.later(error);
        return;
      }
    }
    this.hooks.sent();
  }

  async sendOne(blockId, fields) {
    const html = await callHtml("POST", this.path, fields);
    const formBlock = JSON.parse(fields.find(([name]) => name === "block")?.[1] || "null");
    const payload = payloadOf(new DOMParser().parseFromString(html, "text/html"));
    if (payload && formBlock) this.hooks.take(payload, formBlock);
    if (this.waiting.get(blockId) === fields) this.taken(blockId);
  }

  /** Take up what was typed into a tab that is gone. */
  async takeUp() {
    for (const { id, fields } of await this.journal.leftForms()) this.waiting.set(id, fields);
    if (this.waiting.size) await this.send();
  }
}
