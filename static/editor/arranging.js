// What is done to several chosen things at once, with the bar of buttons that offers it.
import { SIZES, addAnnotation, annotationBox, frameAround } from "./annotations.js";
import { aligned, distributed } from "./arrange.js";
import { announce, element, icon } from "./dom.js";
import { moveThings } from "./edits.js";
import { boundingBox, overlaps } from "./geometry.js";
import { keysOf, t } from "../js/words.js";

const STEP = 40;
const MOST_TRIES = 60;

/** `[action, what it does, icon, keys]` */
export const ARRANGEMENTS = [
  ["alignLeft", t("Align at the left"), "align-start-vertical", "Alt+A"],
  ["alignCentre", t("Align at the vertical middle line"), "align-center-vertical", "Alt+H"],
  ["alignRight", t("Align at the right"), "align-end-vertical", "Alt+D"],
  ["alignTop", t("Align at the top"), "align-start-horizontal", "Alt+W"],
  ["alignMiddle", t("Align at the horizontal middle line"), "align-center-horizontal", "Alt+V"],
  ["alignBottom", t("Align at the bottom"), "align-end-horizontal", "Alt+S"],
  ["spreadAcross", t("Spread evenly from left to right"), "align-horizontal-space-between", "Alt+Shift+H"],
  ["spreadDown", t("Spread evenly from top to bottom"), "align-vertical-space-between", "Alt+Shift+V"],
];

export class Arranging {
  constructor({ bar, view, store, selection, actions }) {
    Object.assign(this, { bar, view, store, selection, actions });
    this.count = element("span", { class: "selection-count" });
    const buttons = [...ARRANGEMENTS, ["frame", t("Frame around what is selected"), "frame", "Shift+F"], ["duplicate", t("Duplicate"), "copy", "Ctrl+D"]]
      .map(([action, does, sign, keys]) => element("button", {
        type: "button", class: "button button-icon button-small", "data-arrange": action, "aria-label": does, title: `${does} (${keysOf(keys)})`,
      }, icon(sign)));
    bar.replaceChildren(this.count, ...buttons);
    bar.addEventListener("click", (event) => {
      const action = event.target.closest("[data-arrange]")?.dataset.arrange;
      if (action) actions.do(action);
    });
    selection.subscribe(() => this.show());
  }

  show() {
    const count = this.selection.blocks.size + this.selection.annotations.size;
    this.bar.hidden = count < 2 || Boolean(this.store.readOnly);
    this.count.textContent = `${count} selected`;
    const few = count < 3;
    for (const action of ["spreadAcross", "spreadDown"]) this.bar.querySelector(`[data-arrange=${action}]`).disabled = few;
  }

  /** The boxes of what is chosen, by `block id` and `annotation id`. */
  boxes() {
    const { store, selection, view } = this;
    return new Map([
      ...[...selection.blocks].map((id) => [`block ${id}`, view.box(store.blocks.get(id))]),
      ...[...selection.annotations].map((id) => [`annotation ${id}`, annotationBox(store.annotations.get(id))]),
    ]);
  }

  put(places, words) {
    const of = (kind) => new Map([...places].filter(([key]) => key.startsWith(`${kind} `)).map(([key, place]) => [key.slice(kind.length + 1), place]));
    if (moveThings(this.store, { blocks: of("block"), annotations: of("annotation") })) announce(words);
  }

  align(edge) {
    const boxes = this.boxes();
    if (boxes.size > 1) this.put(aligned(boxes, edge), t("Aligned {1} things", boxes.size));
  }

  spread(axis) {
    const boxes = this.boxes();
    if (boxes.size > 2) this.put(distributed(boxes, axis), t("Spread {1} things", boxes.size));
  }

  /** A frame around what is chosen, or in the middle of what is in sight; its title is asked for at once. */
  frame() {
    const box = boundingBox(this.boxes().values());
    this.write(addAnnotation(this.store, "frame", box ? frameAround(box) : this.middle("frame")));
  }

  note(at = null) {
    this.write(addAnnotation(this.store, "note", at ?? this.middle("note")));
  }

  /** In the middle of what is in sight, a note where it covers nothing. */
  middle(kind) {
    const { x, y } = this.view.centre();
    const { width, height } = SIZES[kind];
    const place = { x: x - width / 2, y: y - height / 2, width, height };
    const taken = () => kind === "note" && this.view.solidBoxes().some((box) => overlaps(box, place));
    for (let tries = 0; tries < MOST_TRIES && taken(); tries += 1) place.y += STEP;
    return place;
  }

  write(id) {
    this.selection.set([], [], [id]);
    this.view.draw();
    this.view.annotations.edit(id);
  }
}

/** The actions of an Arranging by their names. */
export const arrangingActions = (arranging) => ({
  alignLeft: () => arranging.align("left"),
  alignCentre: () => arranging.align("centre"),
  alignRight: () => arranging.align("right"),
  alignTop: () => arranging.align("top"),
  alignMiddle: () => arranging.align("middle"),
  alignBottom: () => arranging.align("bottom"),
  spreadAcross: () => arranging.spread("x"),
  spreadDown: () => arranging.spread("y"),
  frame: () => arranging.frame(),
  note: () => arranging.note(),
});
