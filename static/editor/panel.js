// The side panel of the chosen block: its settings (the server's form) and its data in the followed execution.
import { callHtml } from "./api.js";
import { categoryColour } from "./card.js";
import { element, icon } from "./dom.js";
import { changeBlock } from "./edits.js";

const FORM_FIELDS = ["name", "config", "notes", "enabled", "policy"];
const mergeKey = (blockId) => `form ${blockId}`;

/** Whether an event of htmx belongs to an edit of the form; other requests inside the panel only fetch something. */
const isEdit = (event) => event.detail?.ctx?.request?.method === "POST";

function withoutPosition(block) {
  const { position: _, ...rest } = block || {};
  return JSON.stringify(rest);
}

export class Panel {
  constructor(root, { workflowId, store }) {
    Object.assign(this, { root, workflowId, store });
    this.settings = root.querySelector("#panel-settings");
    this.data = root.querySelector("#panel-data");
    this.blockId = null;
    this.executionId = null;
    this.typed = 0;
    this.sent = 0;
    this.taken = 0;
    this.loads = 0;
    root.querySelector("[role=tablist]").addEventListener("click", (event) => this.choose(event.target.closest("[role=tab]")));
    root.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.tabKey(event));
    for (const name of ["input", "change"]) this.settings.addEventListener(name, () => { this.typed += 1; }, true);
    this.settings.addEventListener("htmx:before:request", (event) => {
      if (isEdit(event)) this.sent = this.typed;
    });
    this.settings.addEventListener("htmx:before:swap", (event) => this.refuseStale(event));
    this.settings.addEventListener("htmx:after:swap", (event) => isEdit(event) && this.readForm());
    store.subscribe((operations, origin, merge) => this.changed(operations, origin, merge));
  }

  get open() {
    return !this.root.hidden;
  }

  /** Show a block, after taking over what was typed into the form before. */
  async show(blockId, { field = null } = {}) {
    if (this.open && blockId === this.blockId) return field && this.focusField(field);
    const leaving = this.flush();
    this.blockId = blockId;
    this.root.hidden = false;
    await leaving;
    if (this.blockId !== blockId) return undefined;
    this.showHead();
    const loading = this.loadForm();
    this.loadData();
    await loading;
    return field && this.focusField(field);
  }

  async close() {
    if (!this.open) return;
    const leaving = this.flush();
    this.blockId = null;
    this.root.hidden = true;
    await leaving;
  }

  showHead() {
    const block = this.store.blocks.get(this.blockId);
    if (!block) return;
    const entry = this.store.entryOf(block);
    const head = this.root.querySelector("[data-panel-head]");
    head.dataset.category = categoryColour(entry.category);
    head.querySelector(".chip").replaceChildren(icon(entry.icon || "box"));
    head.querySelector("h2").textContent = block.name;
    head.querySelector("[data-panel-type]").textContent = entry.title;
  }

  async loadForm() {
    const block = this.store.blocks.get(this.blockId);
    const load = (this.loads += 1);
    const scroll = this.settings.dataset.block === block.id ? this.settings.scrollTop : 0;
    this.settings.setAttribute("aria-busy", "true");
    try {
      const html = await callHtml("POST", `/workflows/${this.workflowId}/form`, { block: JSON.stringify(block) });
      if (load === this.loads) this.fill(html, block.id, scroll);
    } catch (error) {
      if (load === this.loads) this.settings.replaceChildren(this.failure(error, () => this.loadForm()));
    } finally {
      if (load === this.loads) this.settings.removeAttribute("aria-busy");
    }
  }

  fill(html, blockId, scroll) {
    this.taken = this.typed;
    this.settings.dataset.block = blockId;
    this.settings.innerHTML = html;
    this.settings.scrollTop = scroll;
    window.htmx?.process(this.settings);
    this.settings.dispatchEvent(new CustomEvent("form:shown", { bubbles: true }));
  }

  failure(error, again) {
    const retry = element("button", { type: "button", class: "button" }, "Try again");
    retry.addEventListener("click", again);
    return element("div", { class: "panel-empty", role: "alert" }, element("p", {}, error.message), retry);
  }

  /** An answer to what was typed before would put back older text: leave it; a newer request is on its way. */
  refuseStale(event) {
    if (isEdit(event) && this.sent !== this.typed) event.preventDefault();
  }

  readForm() {
    this.taken = this.sent;
    this.take(this.settings);
    this.settings.dispatchEvent(new CustomEvent("form:shown", { bubbles: true }));
  }

  take(place) {
    const payload = JSON.parse(place.querySelector("#block-payload")?.textContent || "null");
    if (!payload?.edited || !this.store.blocks.has(payload.id)) return;
    const fields = Object.fromEntries(FORM_FIELDS.filter((name) => name in payload).map((name) => [name, payload[name]]));
    changeBlock(this.store, payload.id, fields, mergeKey(payload.id));
  }

  /** Take over what was typed but not answered yet. */
  async flush() {
    const form = this.settings.querySelector("form");
    if (!form || this.taken === this.typed) return;
    form.dispatchEvent(new Event("htmx:abort"));
    const typed = this.typed;
    const html = await callHtml("POST", form.getAttribute("hx-post") || `/workflows/${this.workflowId}/form`, new FormData(form));
    this.taken = typed;
    this.take(new DOMParser().parseFromString(html, "text/html"));
  }

  changed(operations, origin, merge) {
    if (!this.blockId) return;
    if (!this.store.blocks.has(this.blockId)) {
      this.blockId = null;
      this.root.hidden = true;
      return;
    }
    this.showHead();
    const mine = operations.find(({ kind, id }) => kind === "block" && id === this.blockId);
    const other = mine && withoutPosition(mine.before) !== withoutPosition(mine.after);
    if (origin === "load" || (other && merge !== mergeKey(this.blockId))) this.loadForm();
  }

  /** Blocks have new ids, `Map(old -> new)`, because somebody else has taken theirs. */
  renamed(ids) {
    if (ids.has(this.blockId)) this.blockId = ids.get(this.blockId);
  }

  focusField(field) {
    const name = CSS.escape(field.startsWith("config") ? field : `config.${field}`);
    const control = this.settings.querySelector(`[name="${name}"], [name^="${name}."]`);
    control?.scrollIntoView({ block: "center" });
    control?.focus();
  }

  choose(tab) {
    if (!tab) return;
    for (const each of this.root.querySelectorAll("[role=tab]")) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.loadData();
  }

  tabKey(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = this.root.querySelector("[role=tab][aria-selected=false]");
    this.choose(other);
    other.focus();
  }

  /** The execution whose data is shown, or null. */
  setExecution(executionId) {
    this.executionId = executionId;
    this.loadData();
  }

  /** A block's step has changed: show it when it is the one on view. */
  stepChanged(blockId) {
    if (blockId === this.blockId) this.loadData();
  }

  async loadData() {
    const { blockId, executionId } = this;
    if (!blockId || this.data.hidden) return;
    if (!executionId) {
      this.data.replaceChildren(element("p", { class: "panel-empty" },
        "Run the workflow to see here what this block received and what it gave."));
      return;
    }
    const path = `/workflows/${this.workflowId}/executions/${executionId}/blocks/${encodeURIComponent(blockId)}`;
    try {
      const html = await callHtml("GET", path);
      if (this.blockId !== blockId || this.executionId !== executionId) return;
      this.data.innerHTML = html;
      window.htmx?.process(this.data);
    } catch (error) {
      const missing = error.status === 404;
      const note = element("p", { class: "panel-empty" }, "This block has not run in this execution.");
      this.data.replaceChildren(missing ? note : this.failure(error, () => this.loadData()));
    }
  }
}
