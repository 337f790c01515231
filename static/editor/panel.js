// The side panel of the chosen block: its settings (the server's form) and its data in the followed execution.
import { callHtml } from "./api.js";
import { categoryColour } from "./card.js";
import { element, icon } from "./dom.js";
import { changeBlock } from "./edits.js";
import { arrangeViews } from "../js/data-views.js";
import { keepFolds } from "./folds.js";
import { FormDrafts, edited, payloadOf } from "./form-drafts.js";
import { t } from "../js/words.js";

const mergeKey = (blockId) => `form ${blockId}`;

/** Whether an event of htmx belongs to an edit of the form; other requests inside the panel only fetch something. */
const isEdit = (event) => event.detail?.ctx?.request?.method === "POST";

function withoutPosition(block) {
  const { position: _, ...rest } = block || {};
  return JSON.stringify(rest);
}

export class Panel {
  /**
   * `hooks`: `typing()`, `settled()`, `failed(error)` and `sent()` tell how far what is typed into forms is; `orphan(block)` is a
   * block as it was typed that others have removed meanwhile.
   */
  constructor(root, { workflowId, store, journal, hooks }) {
    Object.assign(this, { root, workflowId, store, hooks });
    const take = (payload, formBlock) => this.takePayload(payload, formBlock);
    this.drafts = new FormDrafts({ workflowId, journal, hooks: { ...hooks, take, flushOpen: (blockId) => this.flushOpen(blockId) } });
    this.settings = root.querySelector("#panel-settings");
    this.data = root.querySelector("#panel-data");
    this.blockId = null;
    this.executionId = null;
    this.typed = 0;
    this.sent = 0;
    this.taken = 0;
    this.loads = 0;
    this.data.addEventListener("change", (event) => event.target.matches("[data-step-round]") && this.loadData(event.target.value));
    root.querySelector("[role=tablist]").addEventListener("click", (event) => this.choose(event.target.closest("[role=tab]")));
    root.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.tabKey(event));
    for (const name of ["input", "change"]) this.settings.addEventListener(name, (event) => this.noteTyped(event), true);
    this.settings.addEventListener("htmx:before:request", (event) => {
      if (isEdit(event)) this.sent = this.typed;
    });
    this.settings.addEventListener("htmx:before:swap", (event) => this.refuseStale(event));
    keepFolds(this.settings);
    this.settings.addEventListener("htmx:after:swap", (event) => isEdit(event) && this.readForm());
    this.settings.addEventListener("htmx:error", (event) => isEdit(event) && this.drafts.later(new Error(t("The server cannot be reached."))));
    this.settings.addEventListener("htmx:response:error", (event) => isEdit(event) && this.drafts.later(new Error(t("The server did not take the form."))));
    this.removedByOthers = new Set();
    store.subscribe((changes, origin, merge) => {
      if (origin === "remote") for (const { kind, id, after } of changes) if (kind === "block" && !after) this.removedByOthers.add(id);
      this.changed(changes, merge);
    });
  }

  get open() {
    return !this.root.hidden;
  }

  /** Show a block, after taking over what was typed into the form before. */
  async show(blockId, { field = null } = {}) {
    if (this.open && blockId === this.blockId) return field && this.focusField(field);
    const leaving = this.leave();
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
    const leaving = this.leave();
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
    const [load, typed] = [(this.loads += 1), this.typed];
    const scroll = this.settings.dataset.block === block.id ? this.settings.scrollTop : 0;
    this.settings.setAttribute("aria-busy", "true");
    try {
      const html = await callHtml("POST", `/workflows/${this.workflowId}/form`, { block: JSON.stringify(block) });
      if (load === this.loads && this.typed !== typed) await this.renew(); // what was typed meanwhile goes first
      else if (load === this.loads) this.fill(html, block.id, scroll);
    } catch (error) {
      if (load === this.loads) this.settings.replaceChildren(this.failure(error, () => this.loadForm()));
    } finally {
      if (load === this.loads) this.settings.removeAttribute("aria-busy");
    }
  }

  fill(html, blockId, scroll) {
    this.taken = this.typed;
    const focus = this.settings.dataset.block === blockId ? this.focused() : null;
    this.settings.dataset.block = blockId;
    this.settings.innerHTML = html;
    this.settings.scrollTop = scroll;
    this.noteFormBlock();
    window.htmx?.process(this.settings);
    this.settings.dispatchEvent(new CustomEvent("form:shown", { bubbles: true }));
    focus?.();
  }

  /** How to give the focus back to the field that has it now. */
  focused() {
    const { name, selectionStart: start, selectionEnd: end } = document.activeElement ?? {};
    if (!name || !this.settings.contains(document.activeElement)) return null;
    return () => {
      const field = this.settings.querySelector(`[name="${CSS.escape(name)}"]`);
      field?.focus({ preventScroll: true });
      if (Number.isInteger(start)) field?.setSelectionRange?.(start, end);
    };
  }

  get form() {
    return this.settings.querySelector("form");
  }

  /** The block that the form was made from. */
  noteFormBlock() {
    this.formBlock = JSON.parse(this.form?.elements.block?.value || "null");
  }

  noteTyped(event) {
    this.typed += 1;
    if (event.target.name && this.form) this.drafts.note(this.settings.dataset.block, [...new FormData(this.form)]);
  }

  failure(error, again) {
    const retry = element("button", { type: "button", class: "button" }, t("Try again"));
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
    this.noteFormBlock();
    if (this.formBlock?.id !== this.settings.dataset.block) this.loadForm();
    this.settings.dispatchEvent(new CustomEvent("form:shown", { bubbles: true }));
  }

  take(place) {
    const payload = payloadOf(place);
    if (payload && this.formBlock?.id === payload.id) this.takePayload(payload, this.formBlock);
    if (this.taken === this.typed) this.drafts.taken(payload?.id);
  }

  takePayload(payload, formBlock) {
    const block = this.store.blocks.get(payload.id);
    if (!payload.edited) return;
    if (block) changeBlock(this.store, payload.id, edited(block, formBlock, payload), mergeKey(payload.id));
    else if (this.removedByOthers.delete(payload.id)) this.hooks.orphan({ ...formBlock, ...edited(formBlock, formBlock, payload) });
  }

  /** Take over what was typed but not answered yet. */
  async flush() {
    const { form } = this;
    if (!form || this.taken === this.typed) return;
    form.dispatchEvent(new Event("htmx:abort"));
    const typed = this.typed;
    const html = await callHtml("POST", form.getAttribute("hx-post") || `/workflows/${this.workflowId}/form`, new FormData(form));
    this.taken = typed;
    const answer = new DOMParser().parseFromString(html, "text/html");
    this.take(answer);
    const block = answer.querySelector('[name="block"]')?.value;
    if (!block || !form.isConnected) return;
    form.elements.block.value = block;
    this.noteFormBlock();
  }

  /** Like flush, for who goes away from the form: what cannot be sent now is sent later. */
  leave() {
    return this.flush().catch((error) => this.drafts.later(error));
  }

  /** Take over what was typed into this block's form, when it is the one that is open. */
  async flushOpen(blockId) {
    if (!this.form || this.settings.dataset.block !== blockId || this.taken === this.typed) return false;
    await this.flush();
    return true;
  }

  changed(changes, merge) {
    if (!this.blockId) return;
    if (!this.store.blocks.has(this.blockId)) {
      this.blockId = null;
      this.root.hidden = true;
      return;
    }
    this.showHead();
    const mine = changes.find(({ kind, id }) => kind === "block" && id === this.blockId);
    const other = mine && withoutPosition(mine.before) !== withoutPosition(mine.after);
    if (other && merge !== mergeKey(this.blockId)) this.renew();
  }

  /** Show the form anew, after taking over what was typed into it. */
  async renew() {
    const { blockId } = this;
    await this.leave();
    const isShown = this.settings.dataset.block === blockId;
    if (this.blockId === blockId && this.open && (this.taken === this.typed || !isShown)) await this.loadForm();
  }

  /** Blocks have new ids, `Map(old -> new)`, because somebody else has taken theirs. */
  renamed(ids) {
    this.drafts.renamed(ids);
    const made = ids.get(this.blockId);
    if (!made) return;
    this.blockId = made;
    if (!this.form || !this.formBlock) return;
    this.settings.dataset.block = made;
    this.formBlock = { ...this.formBlock, id: made };
    this.form.elements.block.value = JSON.stringify(this.formBlock);
  }

  focusField(field) {
    const name = CSS.escape(field.startsWith("config") ? field : `config.${field}`);
    const control = this.settings.querySelector(`[name="${name}"], [name^="${name}."]`);
    for (let fold = control?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
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

  async loadData(round = null) {
    const { blockId, executionId } = this;
    if (!blockId || this.data.hidden) return;
    if (!executionId) {
      this.data.replaceChildren(element("p", { class: "panel-empty" },
        t("Run the workflow to see here what this block received and what it gave.")));
      return;
    }
    const path = `/workflows/${this.workflowId}/executions/${executionId}/blocks/${encodeURIComponent(blockId)}${round === null ? "" : `?iteration=${encodeURIComponent(round)}`}`;
    try {
      const html = await callHtml("GET", path);
      if (this.blockId !== blockId || this.executionId !== executionId) return;
      this.data.innerHTML = html;
      arrangeViews(this.data);
      window.htmx?.process(this.data);
    } catch (error) {
      const missing = error.status === 404;
      const note = element("p", { class: "panel-empty" }, t("This block has not run in this execution."));
      this.data.replaceChildren(missing ? note : this.failure(error, () => this.loadData()));
    }
    this.data.dispatchEvent(new CustomEvent("data:shown"));
  }
}
