// Sends what is done here as batches of operations, takes in what others do, and says how far it is. Nothing is lost: what
// is not saved waits in `queue` and in the browser's journal until the server has confirmed it.
import { callJson } from "./api.js";
import { compact } from "./compact.js";
import { mintUuid } from "./ids.js";
import { applied, copied, differences, graphOf, operationsOf, renamed } from "./operations.js";
import { rebase, renaming, withEntries } from "./rebase.js";

const QUIET_MS = 500;
const KEEP_MS = 150;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 20_000;
const OWN_STEPS = ["edit", "undo", "redo"];

const isPassing = (status) => status === 0 || status === 429 || status >= 500;

/**
 * States: saved, pending, saving, offline (the server cannot be reached; it is tried again) and failed (it refuses), the last
 * two with a `reason`. `remoteListeners` hear `{batches, lost, contested, before}` of what others have done; before that
 * `renamedListeners` hear `{blocks, edges}`, new ids for things whose ids others have taken.
 */
export class Sync {
  constructor({ workflow, store, journal, clientId, call = callJson }) {
    Object.assign(this, { store, journal, clientId, call, id: workflow.id, revision: workflow.revision });
    this.base = { ...graphOf(workflow), name: workflow.name };
    this.queue = [];
    this.state = "saved";
    this.reason = "";
    this.number = 0;
    this.typing = false;
    this.turn = Promise.resolve();
    this.listeners = new Set();
    this.problemListeners = new Set();
    this.remoteListeners = new Set();
    this.renamedListeners = new Set();
    store.subscribe((changes, origin, _, unit) => OWN_STEPS.includes(origin) && this.changed(changes, origin, unit));
    window.addEventListener("online", () => this.again());
    window.addEventListener("pagehide", () => this.keep());
    document.addEventListener("visibilitychange", () => {
      this.keep();
      if (this.dirty) this.save();
    });
    window.addEventListener("beforeunload", (event) => this.dirty && !this.journal.kept && event.preventDefault());
  }

  get dirty() {
    return this.queue.length > 0;
  }

  get path() {
    return `/api/workflows/${encodeURIComponent(this.id)}`;
  }

  set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    for (const listener of this.listeners) listener(this);
  }

  /** A step was done here. While it goes on and is not sent, it stays one entry of the queue. */
  changed(changes, kind, unit) {
    const operations = operationsOf(changes);
    const last = this.queue.at(-1);
    if (last && !last.sent && kind === "edit" && last.kind === "edit" && last.unit === unit) {
      last.operations = compact([...last.operations, ...operations]);
      last.unkept = true;
    } else {
      this.number += 1;
      const { number, message } = this;
      this.queue.push({ batch_id: mintUuid(), kind, unit, operations: compact(operations), at: Date.now(), number, message, unkept: true });
    }
    this.keepSoon();
    if (this.state !== "saving" && this.state !== "offline") this.set("pending");
    if (this.state !== "offline") this.later(QUIET_MS);
  }

  /** Do something whose step bears a message in the history. */
  withMessage(message, work) {
    this.message = message;
    work();
    this.message = undefined;
  }

  keepSoon() {
    const wait = Date.now() - (this.keptAt || 0) > KEEP_MS ? 0 : KEEP_MS;
    this.keepTimer ??= setTimeout(() => this.keep(), wait);
  }

  /** Keep in the browser what is not saved. */
  keep() {
    clearTimeout(this.keepTimer);
    this.keepTimer = null;
    this.keptAt = Date.now();
    const entries = this.queue.filter((entry) => entry.unkept);
    if (!entries.length) return undefined;
    const records = entries.map(({ unkept: _, sent: __, ...entry }) => ({ ...entry, base: this.revision }));
    for (const entry of entries) entry.unkept = false;
    return this.journal.keep(records);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  again() {
    if (this.state === "offline" || this.state === "failed") this.save();
  }

  /** Save now what is not saved. Answers whether everything is saved. */
  async flush() {
    while (this.dirty) {
      const before = this.queue[0].batch_id;
      await this.save();
      if (this.queue[0]?.batch_id === before || this.state === "failed" || this.state === "offline") break;
    }
    return !this.dirty;
  }

  save() {
    clearTimeout(this.timer);
    return this.inTurn(() => this.send());
  }

  /** One exchange with the server at a time. */
  inTurn(work) {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  async send() {
    if (this.refused) this.collapse();
    this.keep();
    while (this.dirty) {
      const [entry] = this.queue;
      if (!entry.operations.length) {
        this.forget([entry]);
        continue;
      }
      this.set("saving");
      entry.sent = true;
      const { batch_id, kind, unit, operations, message } = entry;
      const body = { base_revision: this.revision, client_id: this.clientId, batch_id, kind, unit, operations, message };
      try {
        await this.done(entry, await this.call("POST", `${this.path}/operations`, body));
      } catch (error) {
        if (error.status === 412 && (await this.behind(error))) continue;
        this.failed(error);
        return;
      }
    }
    this.set(this.typing ? "pending" : "saved");
  }

  /** Whether something is typed that is no step yet. */
  setTyping(typing) {
    this.typing = typing;
    if (typing && this.state === "saved") this.set("pending");
    if (!typing && this.state === "pending" && !this.dirty) this.set("saved");
  }

  async done(entry, answer) {
    this.retry = FIRST_RETRY_MS;
    const next = this.revision + 1;
    if (answer.revision === next && !answer.again) {
      this.base = applied(this.base, entry.operations).graph;
      this.revision = next;
    } else await this.fetchMissed();
    this.forget([entry]);
    this.tellProblems(answer.problems || []);
  }

  /** Take in what a refusal says was missed. Answers whether that leads on. */
  async behind(error) {
    this.queue[0].sent = false;
    const before = this.revision;
    try {
      await this.integrate(error.data);
    } catch {
      return false;
    }
    return this.revision !== before;
  }

  failed(error) {
    if (isPassing(error.status)) {
      this.set("offline", error.message);
      this.later(this.retry ?? FIRST_RETRY_MS);
      this.retry = Math.min((this.retry ?? FIRST_RETRY_MS) * 2, LONGEST_RETRY_MS);
      return;
    }
    this.refused = true;
    if (error.details?.length) this.tellProblems(error.details);
    this.set("failed", error.message);
  }

  /** What was refused may be right together with what was done after it: all of it becomes one batch. */
  collapse() {
    this.refused = false;
    if (this.queue.length < 2) return;
    const operations = compact(this.queue.flatMap((entry) => entry.operations));
    const old = this.queue;
    const batchId = mintUuid();
    this.queue = [{ ...old[0], batch_id: batchId, kind: "edit", unit: batchId, operations, sent: false, unkept: true }];
    this.journal.drop(old.map((entry) => entry.batch_id));
    this.keep();
  }

  forget(entries) {
    const ids = new Set(entries.map((entry) => entry.batch_id));
    this.queue = this.queue.filter((entry) => !ids.has(entry.batch_id));
    this.journal.drop([...ids]);
  }

  /** Give up what is not saved, here and in the journal. */
  discard() {
    const ids = this.queue.map((entry) => entry.batch_id);
    this.queue = [];
    return this.journal.drop(ids);
  }

  tellProblems(problems) {
    for (const listener of this.problemListeners) listener(problems);
  }

  /** The workflow bears this name now; whoever renames it elsewhere makes no step of it. */
  named(name) {
    if (!name || this.dirty || name === this.store.name) return;
    this.base.name = name;
    this.store.receive([renamed(this.store.name, name)]);
  }

  /** Somebody else's revision became known. */
  noticed(revision, batchId = "") {
    const isOwn = this.queue.some((entry) => entry.batch_id === batchId);
    return revision > this.revision && !isOwn ? this.catchUp() : Promise.resolve();
  }

  /** Take in what others have done. What fails here is tried again with the next news or the next save. */
  catchUp() {
    return this.inTurn(() => this.fetchMissed().catch(() => undefined));
  }

  async fetchMissed() {
    const answer = await this.call("GET", `${this.path}/operations?after=${this.revision}`);
    if (answer.revision === this.revision) return;
    await this.integrate(answer);
    if (answer.problems) this.tellProblems(answer.problems);
  }

  /** Put what is not saved here on top of `missed`; null means that only the whole graph tells. */
  async integrate({ revision, missed }) {
    const batches = [];
    const unknown = !missed;
    let base = this.base;
    if (unknown) {
      const graph = await this.call("GET", `${this.path}/graph`);
      base = { ...graphOf(graph), name: graph.name ?? this.base.name };
      batches.push({ author: "", words: [], operations: operationsOf(differences(this.base, base)) });
      revision = graph.revision;
    }
    for (const batch of missed || []) {
      if (batch.revision <= this.revision) continue;
      base = applied(base, batch.operations).graph;
      const own = this.queue.find((entry) => entry.batch_id === batch.batch_id);
      if (own) this.forget([own]);
      else batches.push(batch);
    }
    this.onTop(base, revision, this.queue, batches, unknown);
  }

  /** The queue becomes `entries` on top of a newer base, and the canvas shows it. */
  onTop(base, revision, entries, batches, unknown = false) {
    const result = rebase(entries, batches.flatMap((batch) => batch.operations), base, { unknown });
    const before = copied(this.store);
    const left = new Set(result.entries.map((entry) => entry.batch_id));
    const gone = entries.filter((entry) => !left.has(entry.batch_id));
    if (gone.length) this.journal.drop(gone.map((entry) => entry.batch_id));
    Object.assign(this, { base, revision, queue: result.entries });
    for (const entry of this.queue) entry.unkept = true;
    if (result.renamed.blocks.size || result.renamed.edges.size) {
      this.store.renameHistory(renaming(result.renamed));
      for (const listener of this.renamedListeners) listener(result.renamed);
    }
    this.store.receive(differences(this.store, withEntries(base, this.queue)));
    this.keep();
    for (const listener of this.remoteListeners) listener({ ...result, batches, before });
    return result;
  }
}
