// Names that fit what is being typed into an expression, offered below the field.
import { element } from "./dom.js";
import { offered, typedBefore } from "./expression.js";
import { t } from "../js/words.js";

const LIST = "value-offers";

export class Completion {
  /** `known()` answers the values that can be named. */
  constructor(form, known) {
    Object.assign(this, { form, known });
    this.list = element("ul", { id: LIST, class: "offers", role: "listbox", "aria-label": t("Values"), hidden: true });
    document.body.append(this.list);
    form.addEventListener("input", (event) => this.typed(event.target));
    form.addEventListener("keydown", (event) => this.key(event), true);
    form.addEventListener("focusout", () => this.close());
    form.addEventListener("scroll", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(this.items[Number(option.dataset.at)]);
    });
  }

  get open() {
    return !this.list.hidden;
  }

  typed(field) {
    const kind = field.dataset?.template;
    if (document.activeElement !== field || (kind !== "text" && kind !== "bare")) return;
    const found = typedBefore(field.value, field.selectionStart, kind === "bare");
    this.items = found ? offered(this.known(), found.typed) : [];
    if (!this.items.length || (kind === "bare" && !found.typed)) return void this.close();
    Object.assign(this, { field, found, at: 0 });
    this.show();
  }

  show() {
    this.list.replaceChildren(...this.items.map(({ label, path, type, sample }, at) =>
      element("li", { role: "option", id: `${LIST}-${at}`, "data-at": at, "aria-selected": String(at === this.at), title: path },
        element("span", { class: "value-name" }, label), element("span", { class: "value-type" }, type), element("span", { class: "value-sample" }, sample))));
    const { left, bottom, width } = this.field.getBoundingClientRect();
    Object.assign(this.list.style, { insetInlineStart: `${left}px`, insetBlockStart: `${bottom + 2}px`, inlineSize: `${width}px` });
    this.list.hidden = false;
    for (const [name, value] of [["aria-controls", LIST], ["aria-autocomplete", "list"], ["aria-activedescendant", `${LIST}-${this.at}`]]) {
      this.field.setAttribute(name, value);
    }
  }

  close() {
    if (!this.open) return;
    this.list.hidden = true;
    for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"]) this.field?.removeAttribute(name);
  }

  key(event) {
    if (!this.open) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      this.at = (this.at + moves[event.key] + this.items.length) % this.items.length;
      this.show();
    } else if (event.key === "Enter" || event.key === "Tab") this.take(this.items[this.at]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take({ path }) {
    const { field, found } = this;
    this.close();
    const caret = field.selectionStart;
    const rest = field.value.slice(caret);
    const closes = field.dataset.template === "bare" || rest.trimStart().startsWith("}}") ? "" : " }}";
    const lead = field.dataset.template !== "bare" && field.value.slice(0, found.start).endsWith("{{") ? " " : "";
    field.setRangeText(`${lead}${path}${closes}`, found.start, caret, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }
}
