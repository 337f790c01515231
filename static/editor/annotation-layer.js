// Notes and frames on the canvas: elements under the cards while they are in sight, and the tools of the chosen one.
import { COLOURS, annotationBox, changeAnnotation } from "./annotations.js";
import { element, icon } from "./dom.js";
import { remove } from "./edits.js";
import { overlaps } from "./geometry.js";
import { t } from "../js/words.js";

const LONGEST_TEXT = 10_000;
const SAID = 60;

/** What a screen reader says of a note or a frame. */
const labelOf = ({ kind, text }) => {
  const start = text.trim().slice(0, SAID);
  return `${kind === "frame" ? t("Frame") : t("Note")}${start ? `: ${start}` : t(", empty")}`;
};

export class AnnotationLayer {
  constructor(view) {
    Object.assign(this, { view, store: view.store, selection: view.selection });
    this.shown = new Map();
    this.layer = element("div", { class: "annotations" });
    this.tools = this.makeTools();
  }

  makeTools() {
    const tools = element("div", { class: "annotation-tools", role: "toolbar", "aria-label": t("Note or frame"), hidden: true });
    const button = (label, attributes, ...children) => element("button", { type: "button", "aria-label": label, title: label, ...attributes }, ...children);
    const colours = COLOURS.map((colour) => button(t("Colour: {1}", t(colour)), { class: "colour-button", "data-colour": colour }));
    tools.append(...colours,
      button(t("Write"), { class: "button button-icon button-small", "data-annotation-action": "edit" }, icon("pencil")),
      button(t("Delete"), { class: "button button-icon button-small", "data-annotation-action": "delete" }, icon("trash-2")));
    tools.addEventListener("click", (event) => this.use(event.target.closest("button")));
    return tools;
  }

  use(button) {
    const id = this.selection.onlyAnnotation;
    if (!button || !id) return;
    if (button.dataset.colour) changeAnnotation(this.store, id, { colour: button.dataset.colour });
    else if (button.dataset.annotationAction === "edit") this.edit(id);
    else {
      remove(this.store, [], [], [id]);
      this.view.root.focus({ preventScroll: true });
    }
  }

  draw(sight) {
    for (const [id, shown] of this.shown) {
      const annotation = this.store.annotations.get(id);
      if (annotation && (overlaps(annotationBox(annotation), sight) || shown.element.contains(document.activeElement))) continue;
      shown.element.remove();
      this.shown.delete(id);
    }
    for (const annotation of this.store.annotations.values()) {
      if (this.shown.has(annotation.id) || overlaps(annotationBox(annotation), sight)) this.show(annotation);
    }
    this.drawTools();
  }

  show(annotation) {
    const shown = this.shown.get(annotation.id) ?? this.mount(annotation);
    shown.element.classList.toggle("selected", this.selection.annotations.has(annotation.id));
    this.mark(shown, "diff", this.view.marks.get(`annotation ${annotation.id}`));
    this.mark(shown, "proposed", this.view.proposed.get(`annotation ${annotation.id}`));
    if (shown.annotation === annotation) return;
    shown.annotation = annotation;
    const { style, dataset } = shown.element;
    style.transform = `translate(${annotation.position.x}px,${annotation.position.y}px)`;
    style.width = `${annotation.size.width}px`;
    style.height = `${annotation.size.height}px`;
    dataset.colour = annotation.colour;
    shown.element.setAttribute("aria-label", labelOf(annotation));
    if (!shown.editing) shown.text.textContent = annotation.text || (annotation.kind === "frame" ? t("Frame") : "");
  }

  /** `diff`: how it differs from another state; `proposed`: what a proposal would do to it. */
  mark(shown, name, mark) {
    if (shown[name] === mark) return;
    shown[name] = mark;
    if (mark) shown.element.dataset[name] = mark;
    else delete shown.element.dataset[name];
  }

  mount({ id, kind }) {
    const text = element("div", { class: "annotation-text" });
    const grip = element("span", { class: "annotation-grip", "aria-hidden": "true" });
    const made = element("div", { class: "annotation", role: "group", tabindex: "-1", "data-annotation-id": id, "data-kind": kind }, text, grip);
    this.shown.set(id, { element: made, text });
    // Frames lie under notes, so that a note in a frame can be reached.
    if (kind === "frame") this.layer.prepend(made);
    else this.layer.append(made);
    return this.shown.get(id);
  }

  drawTools() {
    const annotation = this.store.annotations.get(this.selection.onlyAnnotation);
    this.tools.hidden = !annotation || Boolean(this.store.readOnly);
    if (this.tools.hidden) return;
    const { position, size } = annotation;
    const { scale } = this.view.viewport;
    this.tools.style.transform =
      `translate(${position.x + size.width / 2}px,${position.y - 8 / scale}px) translate(-50%,-100%) scale(${1 / scale})`;
    for (const button of this.tools.querySelectorAll("[data-colour]")) {
      button.setAttribute("aria-pressed", String(button.dataset.colour === annotation.colour));
    }
  }

  /** Write on a note or change the title of a frame, in place. */
  edit(id) {
    if (this.store.readOnly) return;
    this.reveal(id);
    const shown = this.shown.get(id);
    const annotation = this.store.annotations.get(id);
    if (!shown || shown.editing) return;
    const field = element(annotation.kind === "frame" ? "input" : "textarea", {
      class: "annotation-edit", maxlength: LONGEST_TEXT, "aria-label": annotation.kind === "frame" ? t("Title of the frame") : t("Text of the note"),
    });
    field.value = annotation.text;
    shown.editing = true;
    shown.text.replaceChildren(field);
    field.focus({ preventScroll: true });
    field.addEventListener("blur", () => this.end(id, field.value), { once: true });
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const ends = event.key === "Escape" || (event.key === "Enter" && (annotation.kind === "frame" || event.ctrlKey || event.metaKey));
      if (ends) shown.element.focus({ preventScroll: true });
    });
  }

  end(id, text) {
    const shown = this.shown.get(id);
    if (!shown) return;
    shown.editing = false;
    shown.annotation = null;
    if (text.trim() !== (this.store.annotations.get(id)?.text ?? "").trim()) changeAnnotation(this.store, id, { text: text.trimEnd() });
    this.view.draw();
  }

  reveal(id) {
    const annotation = this.store.annotations.get(id);
    if (annotation) this.view.revealBox(annotationBox(annotation));
    this.view.draw();
  }

  /** Give a note or a frame the keyboard focus. */
  focus(id) {
    this.reveal(id);
    this.shown.get(id)?.element.focus({ preventScroll: true });
  }
}
