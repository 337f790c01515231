// Going through the canvas by keyboard: from block to block in the order of reading, connecting, and through connections.
import { announce } from "./dom.js";
import { thingAt } from "./gestures.js";
import { openPicker } from "./picker.js";
import { walkOrder } from "./walk.js";
import { t } from "../js/words.js";

export class Walking {
  constructor({ view, store, selection, connecting }) {
    Object.assign(this, { view, store, selection, connecting, last: null });
  }

  /** The block or annotation that has the focus, else the chosen one. */
  get here() {
    const { block, annotation } = thingAt(document.activeElement);
    return { block: block ?? this.selection.onlyBlock, annotation: block ? null : annotation ?? this.selection.onlyAnnotation };
  }

  /** Give the focus to the next thing in the order of reading, or the previous one. False at the end: then Tab goes on elsewhere. */
  step(by) {
    const order = [...walkOrder(this.store).map((id) => ({ block: id })), ...[...this.store.annotations.keys()].map((id) => ({ annotation: id }))];
    const { block, annotation } = thingAt(document.activeElement);
    const place = order.findIndex((one) => (block ? one.block === block : annotation && one.annotation === annotation));
    const onCanvas = document.activeElement === this.view.root;
    if (place < 0 && !(onCanvas && by > 0)) return false;
    const next = order[place + by];
    if (!next) return false;
    this.focus(next);
    return true;
  }

  focus({ block, annotation }) {
    if (block) this.view.focus(block);
    else this.view.annotations.focus(annotation);
  }

  /** Choose what has the focus. */
  choose({ block, annotation }) {
    if (block) this.selection.set([block]);
    else if (annotation) this.selection.set([], [], [annotation]);
  }

  select() {
    const { block, annotation } = thingAt(document.activeElement);
    if (block) this.selection.toggle("blocks", block);
    else if (annotation) this.selection.toggle("annotations", annotation);
    if (block || annotation) announce(`${this.selection.size} selected`);
  }

  /** Begin a connection at the block that has the focus; with several outputs, ask for one. */
  connectFrom() {
    const { block } = this.here;
    const outputs = block ? this.store.outputs(block) : [];
    const begin = (port) => {
      this.view.focus(block);
      this.connecting.start({ block, handle: port.name, side: "out" });
    };
    if (outputs.filter((port) => !port.error).length === 1) begin(outputs[0]);
    else if (outputs.length) {
      openPicker({ label: t("Connect which output of “{1}”?", this.store.nameOf(block)),
        items: outputs.map((port) => ({ title: port.title, icon: "git-branch", hint: port.name, run: () => begin(port) })) });
    } else if (block) announce(t("“{1}” has no output.", this.store.nameOf(block)));
  }

  /** List the connections of the block that has the focus: the chosen one shows its tools. */
  connections() {
    const { block } = this.here;
    if (!block) return;
    const items = this.store.edgesOf(block).map((edge) => ({
      title: edge.source === block ? t("To {1}", this.store.nameOf(edge.target)) : t("From {1}", this.store.nameOf(edge.source)),
      hint: edge.sourceHandle, search: edge.sourceHandle, icon: edge.source === block ? "arrow-right" : "arrow-left", run: () => this.openEdge(edge.id),
    }));
    if (items.length) openPicker({ label: t("Connections of “{1}”", this.store.nameOf(block)), items });
    else announce(t("“{1}” has no connections.", this.store.nameOf(block)));
  }

  openEdge(edgeId) {
    this.selection.set([], [edgeId]);
    this.view.draw();
    this.view.edges.tools.querySelector("button").focus();
  }
}

/** The actions of a Walking by their names. */
export const walkingActions = (walking) => ({
  select: () => walking.select(), connectFrom: () => walking.connectFrom(), connections: () => walking.connections(),
});
