// Drawing an edge: by dragging from a port, by two taps, or by Enter on two ports.
import { announce, toast } from "./dom.js";
import { connect } from "./edits.js";
import { curve, portPoint } from "./geometry.js";
import { t } from "../js/words.js";

export class Connecting {
  constructor(view, store, hint) {
    Object.assign(this, { view, store, hint });
    this.from = null;
  }

  get active() {
    return this.from !== null;
  }

  /** Begin at a port `{block, handle, side}`; every card shows whether the edge may end there. */
  start(from) {
    this.cancel();
    if (this.store.readOnly) return;
    this.from = from;
    this.view.root.classList.add("connecting");
    for (const [id, card] of this.view.cards) card.element.dataset.connect = this.refusal(id) === null ? "yes" : "no";
    const name = this.store.nameOf(from.block);
    const wanted = from.side === "out" ? t("the block that comes next") : t("the block that comes before");
    this.say(t("Connecting “{1}”: choose {2}. Esc stops.", name, wanted));
  }

  /** Why the edge may not end at this block (and, drawn backwards, at this of its outputs); null when it may. */
  refusal(blockId, handle = undefined) {
    const [source, output, target, input] = this.ends(blockId, handle);
    return this.store.canConnect(source, output, target, input);
  }

  ends(blockId, handle) {
    const { from } = this;
    if (from.side === "out") return [from.block, from.handle, blockId, undefined];
    const first = this.store.outputs(blockId)[0]?.name ?? "output";
    return [blockId, handle ?? first, from.block, from.handle];
  }

  /** Draw the loose end at a point of the drawing; over a block, say whether it fits. */
  follow(point, blockId, handle) {
    if (!this.from) return undefined;
    const block = this.store.blocks.get(this.from.block);
    if (!block) return this.cancel();
    const { outputs } = this.view.shape(block);
    const fixed = portPoint(block, outputs, this.from.side, this.from.handle);
    const loose = { ...point, way: this.from.side === "out" ? "left" : "right" };
    this.view.edges.drawDraft(this.from.side === "out" ? curve(fixed, loose) : curve(loose, fixed));
    const over = blockId && blockId !== this.from.block;
    const reason = over ? this.refusal(blockId, handle) : null;
    const hint = over ? t("Connect to “{1}”.", this.store.nameOf(blockId)) : t("Drop on a block, or on the empty canvas to add one.");
    this.say(reason || hint, Boolean(reason));
    return undefined;
  }

  /** End at a block. A refusal is said aloud and nothing changes. */
  finish(blockId, handle = undefined) {
    if (!this.from) return false;
    const [source, output, target, input] = this.ends(blockId, handle);
    this.cancel();
    const refusal = connect(this.store, source, output, target, input);
    if (refusal) toast(refusal, { tone: "danger" });
    else announce(t("Connected {1} to {2}", this.store.nameOf(source), this.store.nameOf(target)));
    return refusal === null;
  }

  say(text, refused = false) {
    this.hint.hidden = false;
    this.hint.textContent = text;
    this.hint.toggleAttribute("data-refused", refused);
  }

  cancel() {
    if (!this.from) return;
    this.from = null;
    this.hint.hidden = true;
    this.view.root.classList.remove("connecting");
    this.view.edges.drawDraft(null);
    for (const card of this.view.cards.values()) delete card.element.dataset.connect;
  }
}
