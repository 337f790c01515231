// A field's text with its placeholders as chips. The field itself stays the form's input, hidden behind; what is done here is written into it.
import { element, icon } from "./dom.js";
import { partsOf } from "./expression.js";
import { t } from "../js/words.js";

const EDGE = "\u200b"; // gives the caret a place beside a chip

const isChip = (node) => node?.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-chip");
const plain = (text) => text.replaceAll(EDGE, "");

export class Chips {
  /** `describe(part)` answers `{label, type, sample, tone, title, icon}`; `open()` shows the field's own text instead. */
  constructor(place, { describe, open }) {
    Object.assign(this, { place, describe, open });
    place.addEventListener("input", (event) => this.typed(event));
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("paste", (event) => this.paste(event));
    place.addEventListener("click", (event) => this.choose(event.target.closest("[data-chip]")));
    place.addEventListener("dblclick", (event) => event.target.closest("[data-chip]") && this.open());
  }

  get field() {
    return document.getElementById(this.place.dataset.chipsFor);
  }

  /** Stand in the field's place. */
  show() {
    const { field, place } = this;
    const many = field.matches("textarea");
    place.setAttribute("role", "textbox");
    place.setAttribute("contenteditable", "plaintext-only");
    place.setAttribute("aria-multiline", String(many));
    place.setAttribute("spellcheck", "false");
    place.toggleAttribute("data-many", many);
    const label = document.getElementById(`${field.id}-label`);
    if (label) place.setAttribute("aria-labelledby", label.id);
    else place.setAttribute("aria-label", field.getAttribute("aria-label") || t("Value"));
    place.setAttribute("aria-describedby", field.getAttribute("aria-describedby") || "");
    if (field.getAttribute("aria-invalid")) place.setAttribute("aria-invalid", "true");
    else place.removeAttribute("aria-invalid");
    place.hidden = false;
    if (this.text() !== field.value || !place.childNodes.length) this.draw(field.value);
    else this.renew();
  }

  hide() {
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  draw(text) {
    const nodes = partsOf(text).flatMap((part) => (part.source === undefined ? [part.text] : [this.chip(part)]));
    this.place.replaceChildren(...nodes.flatMap((node, at) =>
      (typeof node === "string" ? [node] : [...(at === 0 ? [EDGE] : []), node, ...(typeof nodes[at + 1] === "string" ? [] : [EDGE])])));
  }

  chip(part) {
    const about = this.describe(part);
    const chip = element("span", {
      class: "value-chip", contenteditable: "false", "data-chip": part.written, "data-tone": about.tone, title: about.title,
    }, icon(about.icon), element("span", { class: "value-chip-label" }, about.label));
    if (about.sample) chip.append(element("span", { class: "value-sample" }, about.sample));
    return chip;
  }

  /** Names or samples are new: draw the chips again, where they stand. */
  renew() {
    for (const old of this.place.querySelectorAll("[data-chip]")) {
      const made = this.chip(partsOf(old.dataset.chip)[0]);
      if (made.outerHTML !== old.outerHTML) old.replaceWith(made);
    }
  }

  /** What the field would say. */
  text() {
    const read = (node) => (isChip(node) ? node.dataset.chip
      : node.nodeType === Node.TEXT_NODE ? plain(node.data)
        : node.nodeName === "BR" ? "\n" : [...node.childNodes].map(read).join(""));
    const text = [...this.place.childNodes].map(read).join("");
    return this.place.hasAttribute("data-many") ? text : text.replace(/\s*\n\s*/g, " ");
  }

  typed(event) {
    event.stopPropagation();
    this.write();
  }

  write() {
    const { field } = this;
    field.value = this.text();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  key(event) {
    if (event.key === "Enter" && !this.place.hasAttribute("data-many")) event.preventDefault();
    if (event.key !== "Backspace" && event.key !== "Delete") return;
    const selection = getSelection();
    const chip = selection.isCollapsed ? this.beside(event.key === "Backspace") : null;
    if (!chip) return;
    event.preventDefault();
    chip.remove();
    this.write();
  }

  /** The chip directly before or after the caret. */
  beside(before) {
    const { anchorNode, anchorOffset } = getSelection();
    if (!this.place.contains(anchorNode)) return null;
    const text = anchorNode.nodeType === Node.TEXT_NODE ? anchorNode.data : null;
    if (text !== null && plain(before ? text.slice(0, anchorOffset) : text.slice(anchorOffset))) return null;
    let node = text === null ? anchorNode.childNodes[before ? anchorOffset - 1 : anchorOffset]
      : before ? anchorNode.previousSibling : anchorNode.nextSibling;
    while (node?.nodeType === Node.TEXT_NODE && !plain(node.data)) node = before ? node.previousSibling : node.nextSibling;
    return isChip(node) ? node : null;
  }

  choose(chip) {
    if (chip) getSelection().selectAllChildren(chip);
  }

  paste(event) {
    event.preventDefault();
    this.insert(event.clipboardData.getData("text/plain"));
  }

  /** Put a text where the caret is, or `at` a point of the window; placeholders in it become chips. */
  insert(text, at = null) {
    const range = this.rangeFor(at);
    range.deleteContents();
    const nodes = partsOf(text).map((part) => (part.source === undefined ? document.createTextNode(part.text) : this.chip(part)));
    const last = document.createTextNode(EDGE);
    for (const node of [last, ...nodes.reverse()]) range.insertNode(node);
    this.place.focus();
    getSelection().collapse(last, last.length);
    this.write();
  }

  rangeFor(at) {
    const point = at && document.caretRangeFromPoint?.(at.x, at.y);
    const chosen = point ?? (getSelection().rangeCount ? getSelection().getRangeAt(0) : null);
    const chip = chosen?.startContainer && (chosen.startContainer.nodeType === Node.TEXT_NODE ? chosen.startContainer.parentElement : chosen.startContainer).closest?.("[data-chip]");
    if (chosen && this.place.contains(chosen.startContainer) && !chip) return chosen;
    const range = document.createRange();
    if (chip && this.place.contains(chip)) range.setStartAfter(chip);
    else range.selectNodeContents(this.place);
    range.collapse(!chip ? false : true);
    return range;
  }
}
