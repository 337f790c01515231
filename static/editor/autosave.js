// Saves the graph by itself, one request at a time, and says what state it is in. A failure loses nothing.
import { callJson } from "./api.js";

const QUIET_MS = 700;
const KEEP_MS = 250;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30_000;

/** States: saved, pending, saving, failed (with `reason`) and conflict (somebody else saved meanwhile). */
export class Autosave {
  constructor({ workflow, store, drafts }) {
    Object.assign(this, { store, drafts, id: workflow.id, revision: workflow.revision });
    this.state = "saved";
    this.reason = "";
    this.version = 0;
    this.savedVersion = 0;
    this.listeners = new Set();
    this.problemListeners = new Set();
    store.subscribe((_, origin) => origin !== "load" && this.changed());
    window.addEventListener("online", () => this.state === "failed" && this.save());
    window.addEventListener("pagehide", () => this.keep());
    document.addEventListener("visibilitychange", () => this.keep());
    window.addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
  }

  get dirty() {
    return this.version !== this.savedVersion;
  }

  set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    for (const listener of this.listeners) listener(this);
  }

  changed() {
    this.version += 1;
    this.keepTimer ??= setTimeout(() => this.keep(), KEEP_MS);
    if (this.state === "conflict") return;
    if (this.state !== "saving") this.set("pending");
    this.later(QUIET_MS);
  }

  /** Keep what is unsaved in the browser; not at every step of a drag, because writing it takes time. */
  keep() {
    clearTimeout(this.keepTimer);
    this.keepTimer = null;
    if (this.dirty) this.kept = this.drafts.keep(this.revision, this.store.toGraph());
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  /** Save now what is not saved. Answers whether everything is saved. */
  async flush() {
    clearTimeout(this.timer);
    if (this.saving) await this.saving;
    while (this.dirty && this.state !== "conflict") {
      const before = this.savedVersion;
      await this.save();
      if (this.savedVersion === before) break;
    }
    return !this.dirty;
  }

  save() {
    clearTimeout(this.timer);
    this.saving ??= this.put().finally(() => {
      this.saving = null;
      if (this.dirty && this.state === "pending") this.later(QUIET_MS);
    });
    return this.saving;
  }

  async put() {
    if (!this.dirty || this.state === "conflict") return;
    const { version } = this;
    this.set("saving");
    try {
      const headers = { "If-Match": `"${this.revision}"` };
      const answer = await callJson("PUT", `/api/workflows/${this.id}/graph`, this.store.toGraph(), headers);
      this.done(version, answer);
    } catch (error) {
      this.failed(error);
    }
  }

  done(version, answer) {
    this.revision = answer.revision;
    this.savedVersion = version;
    this.retry = FIRST_RETRY_MS;
    if (this.dirty) this.keep();
    else this.drafts.drop();
    this.tellProblems(answer.problems || []);
    this.set(this.dirty ? "pending" : "saved");
  }

  failed(error) {
    if (error.status === 412) return this.set("conflict");
    if (error.details?.length) this.tellProblems(error.details);
    this.set("failed", error.message);
    const passing = error.status === 0 || error.status === 429 || error.status >= 500;
    if (!passing) return undefined;
    this.later(this.retry ?? FIRST_RETRY_MS);
    this.retry = Math.min((this.retry ?? FIRST_RETRY_MS) * 2, LONGEST_RETRY_MS);
    return undefined;
  }

  tellProblems(problems) {
    for (const listener of this.problemListeners) listener(problems);
  }

  /** Somebody else's revision became known: take it over when nothing is unsaved, else it is a conflict. */
  async noticed(revision) {
    if (this.saving) await this.saving;
    if (revision <= this.revision) return false;
    if (this.dirty) {
      clearTimeout(this.timer);
      this.set("conflict");
      return false;
    }
    await this.reload();
    return true;
  }

  /** Throw away what is unsaved and take over the saved graph. */
  async reload() {
    const workflow = await callJson("GET", `/api/workflows/${this.id}`);
    this.revision = workflow.revision;
    this.savedVersion = this.version;
    this.drafts.drop();
    this.store.replace(workflow);
    this.tellProblems(workflow.problems || []);
    this.set("saved");
    return workflow;
  }

  /** Save this tab's graph over the one that was saved elsewhere; that one stays in the history. */
  async keepMine() {
    const workflow = await callJson("GET", `/api/workflows/${this.id}`);
    this.revision = workflow.revision;
    this.set("pending");
    return this.flush();
  }
}
