// Values of other blocks in the fields of a form: chips, the tree to pick from, names while typing, and what comes out.
import { callJson } from "./api.js";
import { Chips } from "./chips.js";
import { element, icon } from "./dom.js";
import { asCode, described, hasPlaceholder, partsOf } from "./expression.js";
import { Completion } from "./form-complete.js";
import { DRAGGED, ValueTree } from "./tree.js";
import { t } from "../js/words.js";

const PREVIEW_AFTER_MS = 400;
const NOT_YET = new Set(["NOT_RUN", "EXPRESSION_SYNTAX"]);

export class FormValues {
  constructor(form, { store, sync }) {
    Object.assign(this, { form, store, sync });
    this.tree = new ValueTree({ nameOf: (id) => store.blocks.get(id)?.name, pick: (path) => this.insert(path) });
    this.sources = new Set();
    this.chips = new Map();
    this.last = null;
    this.completion = new Completion(form, () => [...this.tree.values.values()]);
    this.dialog = this.makeDialog();
    form.addEventListener("form:shown", () => this.shown());
    form.addEventListener("focusin", (event) => this.focused(event.target));
    form.addEventListener("focusout", (event) => event.target.dataset?.template === "text" && setTimeout(() => this.arrange()));
    form.addEventListener("input", () => this.previewSoon());
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("dragover", (event) => this.over(event));
    form.addEventListener("drop", (event) => this.drop(event));
    store.subscribe((changes) => this.drawn(changes));
    window.addEventListener("focus", () => this.back());
    sync.listeners.add(() => this.stale && sync.state === "saved" && this.refresh());
  }

  /** The graph has changed: names at once, what can be used as soon as the server has it. */
  drawn(changes) {
    this.chips.forEach((chips) => !chips.place.hidden && chips.renew());
    this.stale ||= changes.some(({ kind, before, after }) => kind === "edge" || !before || !after);
  }

  /** The form is new or was changed by the server's answer. */
  shown() {
    const place = this.form.querySelector("[data-values]");
    const address = place?.dataset.values ?? null;
    for (const button of this.form.querySelectorAll("[data-insert-value]")) button.hidden = !address;
    if (address !== this.address) {
      Object.assign(this, { address, last: null });
      this.sources.clear();
      this.tree.values.clear();
    }
    if (place && !place.dataset.valueTree) this.refresh();
    this.arrange();
    this.previewSoon(0);
  }

  /** Fetch the values again, for example after an execution. */
  async refresh() {
    const place = this.form.querySelector("[data-values]");
    if (!place) return;
    this.stale &&= this.sync.state !== "saved";
    try {
      await this.tree.load(place.dataset.values);
      if (place.isConnected) this.tree.mount(place);
      if (this.dialog.open) this.tree.mount(this.dialog.place);
    } catch (error) {
      const again = element("button", { type: "button", class: "button button-small", on: { click: () => this.refresh() } }, t("Try again"));
      place.replaceChildren(element("p", { class: "field-help", role: "alert" }, error.message), again);
    }
    this.arrange();
    this.previewSoon(0);
  }

  /** Chips where a field has placeholders and nobody writes in it, the text itself elsewhere. */
  arrange() {
    for (const place of this.form.querySelectorAll("[data-chips-for]")) {
      const field = document.getElementById(place.dataset.chipsFor);
      if (!field) continue;
      const possible = field.dataset.template === "text" && hasPlaceholder(field.value);
      const chipped = possible && !this.sources.has(field.id) && document.activeElement !== field;
      let chips = this.chips.get(place.id);
      if (chips?.place !== place) chips = null;
      if (chipped && !chips) {
        chips = new Chips(place, { describe: (part) => this.describe(part), open: () => this.showSource(field.id, true) });
        this.chips.set(place.id, chips);
      }
      const stays = chips && !place.hidden && place.contains(document.activeElement) && !this.sources.has(field.id);
      field.hidden = Boolean(chipped || stays);
      if (chipped || stays) chips.show();
      else if (!place.hidden) chips?.hide();
      const label = document.getElementById(`${field.id}-label`);
      if (label) label.htmlFor = field.hidden ? "" : field.id;
      const toggle = this.form.querySelector(`[data-show-source="${CSS.escape(field.id)}"]`);
      if (toggle) {
        toggle.hidden = !possible;
        toggle.setAttribute("aria-pressed", String(this.sources.has(field.id)));
      }
    }
    this.fitOperators();
  }

  /** Offer only the comparisons that fit the type of the value on the left. */
  fitOperators() {
    for (const left of this.form.querySelectorAll("[data-rule-left]")) {
      const [part, ...more] = partsOf(left.value);
      const type = !more.length && part?.path ? this.tree.find(part.path)?.type ?? "" : "";
      const select = document.getElementById(`${left.dataset.ruleLeft}-operator`);
      for (const option of select?.options ?? []) {
        const types = option.dataset.types ? option.dataset.types.split(",") : [];
        option.hidden = Boolean(type && types.length) && !option.selected && !types.some((one) => type.startsWith(one));
      }
    }
  }

  describe(part) {
    if (!part.path) return { label: part.source, icon: "braces", tone: "formula", title: `${part.source}\n${t("Double-click to edit")}` };
    const { label, missing, block } = described(part.path, (id) => this.store.blocks.get(id)?.name);
    const found = this.tree.find(part.path);
    const entry = block !== null && this.store.blocks.has(block) ? this.store.entryOf(this.store.blocks.get(block)) : null;
    const signs = { secrets: "key-round", variables: "variable", input: "arrow-right", item: "repeat", index: "hash" };
    const lost = missing || (block !== null && this.tree.values.size > 0 && !this.isBefore(block));
    const reason = missing ? t("There is no such block any more") : lost ? t("This block does not come before") : "";
    return {
      label, icon: lost ? "triangle-alert" : entry?.icon || signs[part.path[0]] || "variable", tone: lost ? "danger" : null,
      sample: lost ? "" : found?.sample, title: [reason, part.source, found?.type, found?.sample].filter(Boolean).join("\n"),
    };
  }

  isBefore(block) {
    return this.form.querySelector(`[data-value-source="${CSS.escape(block)}"]`) !== null;
  }

  focused(target) {
    if (target.dataset?.template) this.last = target.id;
    else if (target.dataset?.chipsFor) this.last = target.dataset.chipsFor;
  }

  /** Who went to add a credential finds it in the list when they are back. */
  back() {
    if (!this.away) return;
    this.away = false;
    this.form.querySelector("form")?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clicked(event) {
    if (event.target.closest("a[data-add-credential]")) this.away = true;
    const insert = event.target.closest("[data-insert-value]");
    if (insert) return this.choose(insert);
    const toggle = event.target.closest("[data-show-source]");
    if (toggle) return this.showSource(toggle.dataset.showSource, toggle.getAttribute("aria-pressed") !== "true");
    const label = event.target.closest(".field-label[id]");
    return label && document.getElementById(label.id.replace(/-label$/, "-chips"))?.focus();
  }

  showSource(id, on) {
    if (on) this.sources.add(id);
    else this.sources.delete(id);
    document.activeElement?.blur?.();
    this.arrange();
    document.getElementById(on ? id : `${id}-chips`)?.focus();
  }

  /** Put a value into the field that was edited last. */
  insert(path, id = this.last, at = null) {
    const field = (id && document.getElementById(id)) || this.form.querySelector("[data-template]");
    if (!field) return;
    if (this.dialog.open) this.dialog.close();
    const { template } = field.dataset;
    const text = template === "text" ? `{{ ${path} }}` : template === "code" ? asCode(path) : path;
    const chips = this.chips.get(`${field.id}-chips`);
    if (field.hidden && chips) return void chips.insert(text, at);
    const caret = document.activeElement === field || this.last === field.id ? [field.selectionStart, field.selectionEnd] : [field.value.length, field.value.length];
    field.setRangeText(text, caret[0], caret[1], "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.blur();
    this.arrange();
    (field.hidden ? document.getElementById(`${field.id}-chips`) : field).focus();
  }

  makeDialog() {
    const search = element("input", { type: "search", class: "input", placeholder: t("Search values"), "aria-label": t("Search values"), autocomplete: "off" });
    const place = element("div", { class: "value-place", tabindex: "-1" });
    const close = element("button", { type: "button", class: "button button-icon", "aria-label": t("Close") }, icon("x"));
    const dialog = element("dialog", { class: "dialog value-dialog", "aria-labelledby": "value-title" },
      element("div", { class: "code-head" }, element("h2", { id: "value-title" }, t("Insert a value")), close), search, place);
    close.addEventListener("click", () => dialog.close());
    search.addEventListener("input", () => this.tree.filter(place, search.value));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    return Object.assign(dialog, { search, place });
  }

  choose(button) {
    this.last = button.dataset.insertValue;
    const { dialog } = this;
    this.tree.mount(dialog.place);
    dialog.search.value = "";
    dialog.showModal();
    dialog.search.focus();
  }

  target(event) {
    const chips = event.target.closest?.("[data-chips-for]");
    return chips ? chips.dataset.chipsFor : event.target.closest?.("[data-template]")?.id;
  }

  over(event) {
    if (event.dataTransfer.types.includes(DRAGGED) && this.target(event)) event.preventDefault();
  }

  drop(event) {
    const path = event.dataTransfer.getData(DRAGGED);
    const id = this.target(event);
    if (!path || !id) return;
    event.preventDefault();
    this.insert(path, id, { x: event.clientX, y: event.clientY });
  }

  previewSoon(after = PREVIEW_AFTER_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), after);
  }

  /** Ask the server what the fields give on the last execution's data, and say so under each. */
  async preview() {
    const address = this.form.querySelector("[data-preview]")?.dataset.preview;
    const places = [...this.form.querySelectorAll("[data-outcome-of]")].map((place) => [place, document.getElementById(place.dataset.outcomeOf)]);
    const asked = places.filter(([, field]) => field && (field.dataset.template === "bare" ? field.value.trim() : hasPlaceholder(field.value)));
    for (const [place] of places) if (!asked.some(([one]) => one === place)) place.hidden = true;
    if (!address || !asked.length) return;
    const count = (this.previews = (this.previews ?? 0) + 1);
    const texts = asked.map(([, field]) => ({ text: field.value, bare: field.dataset.template === "bare" }));
    const answer = await callJson("POST", address, { texts }).catch(() => null);
    if (!answer || count !== this.previews) return;
    asked.forEach(([place], at) => this.tell(place, answer.values[at]));
  }

  tell(place, { ok, type, shown, error, code }) {
    place.hidden = !ok && NOT_YET.has(code);
    place.dataset.tone = ok ? "" : "warning";
    const parts = ok ? [icon("arrow-right"), element("span", {}, shown || "(empty)"), element("span", { class: "value-type" }, type)]
      : [icon("triangle-alert"), element("span", {}, t("With the last data: {1}", error))];
    place.replaceChildren(...parts);
  }
}
