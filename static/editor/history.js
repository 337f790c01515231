// The history panel: every kept state, how the canvas differs from it, the way back to it, and names.
import { callHtml, callJson } from "./api.js";
import { sentence } from "./compare.js";
import { announce, element, toast } from "./dom.js";
import { graphOf } from "./operations.js";
import { t } from "../js/words.js";

const FRESHEN_MS = 700;

export class History {
  /** `hooks`: `flush()` saves everything, `restore(graph, message)` puts a graph on the canvas, `opened()`. */
  constructor({ workflowId, root, button, comparison, sync, hooks }) {
    Object.assign(this, { root, button, comparison, hooks });
    this.pages = `/workflows/${encodeURIComponent(workflowId)}/history`;
    this.calls = `/api/workflows/${encodeURIComponent(workflowId)}/revisions`;
    this.list = root.querySelector("[data-history-list]");
    this.graphs = new Map();
    this.chosen = null;
    button.addEventListener("click", () => this.toggle(root.hidden));
    root.querySelector("[data-history-close]").addEventListener("click", () => this.close());
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.list.addEventListener("click", (event) => this.clicked(event.target));
    this.list.addEventListener("submit", (event) => this.named(event));
    sync.listeners.add(() => sync.state === "saved" && this.shown !== sync.revision && this.freshenSoon(sync));
    sync.remoteListeners.add(() => this.freshenSoon(sync));
  }

  get open() {
    return !this.root.hidden;
  }

  async toggle(open) {
    this.root.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return this.compare(null);
    this.hooks.opened();
    await this.freshen();
    this.root.querySelector("[data-history-close]").focus();
    return undefined;
  }

  close() {
    this.toggle(false);
    this.button.focus();
  }

  /** For another panel that takes the same place. */
  giveWay() {
    if (this.open) this.toggle(false);
  }

  freshenSoon(sync) {
    this.shown = sync.revision;
    clearTimeout(this.timer);
    if (this.open) this.timer = setTimeout(() => this.freshen(), FRESHEN_MS);
  }

  /** Load the newest states, keeping what is chosen and what is typed. */
  async freshen() {
    if (this.list.contains(document.activeElement) && document.activeElement.matches("input")) return;
    try {
      this.list.innerHTML = await callHtml("GET", `${this.pages}?size=30`);
      this.mark();
    } catch (error) {
      this.list.replaceChildren(element("li", { class: "panel-empty", role: "alert" }, error.message));
    }
  }

  async clicked(target) {
    const find = (name) => target.closest(`[data-${name}]`);
    try {
      if (find("compare")) await this.choose(Number(find("compare").dataset.compare));
      else if (find("restore")) await this.restore(Number(find("restore").dataset.restore));
      else if (find("older")) await this.older(find("older"));
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  }

  async older(button) {
    const html = await callHtml("GET", `${this.pages}?size=30&page=${button.dataset.older}`);
    button.closest("li").remove();
    this.list.insertAdjacentHTML("beforeend", html);
  }

  async choose(revision) {
    if (this.chosen === revision) return this.compare(null);
    if (!this.graphs.has(revision)) this.graphs.set(revision, graphOf(await callJson("GET", `${this.calls}/${revision}`)));
    return this.compare(revision);
  }

  compare(revision) {
    this.chosen = revision;
    this.difference = this.comparison.show(revision === null ? null : this.graphs.get(revision));
    this.mark();
    if (this.difference) announce(sentence(this.difference));
  }

  mark() {
    for (const row of this.list.querySelectorAll("[data-revision]")) {
      const chosen = Number(row.dataset.revision) === this.chosen;
      row.toggleAttribute("data-chosen", chosen);
      row.querySelector("[data-compare]").setAttribute("aria-pressed", String(chosen));
      row.querySelector(".revision-tools").hidden = !chosen;
      if (chosen && this.difference) row.querySelector("[data-compared]").textContent = sentence(this.difference);
    }
  }

  async restore(revision) {
    if (!(await this.hooks.flush())) return;
    this.hooks.restore(this.graphs.get(revision), `Restored revision ${revision}`);
    this.compare(null);
    toast(t("Revision {1} is on the canvas again. Undo takes that back.", revision), { tone: "success" });
  }

  async named(event) {
    event.preventDefault();
    const form = event.target;
    try {
      await callJson("PUT", `${this.calls}/${form.dataset.nameRevision}`, { name: form.elements.name.value });
      document.activeElement.blur();
      await this.freshen();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  }
}
