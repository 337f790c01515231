// The text that running blocks stream: its end at the card, all of it in the data panel of the block that is open.
import { element } from "./dom.js";
import { t } from "../js/words.js";

const MOST_KEPT = 60_000;
const ON_CARD = 140;
const NEAR_END = 40;

export class Streaming {
  /** `panel` tells with `data:shown` that its data were drawn anew; `blockId()` is the block whose data it shows. */
  constructor({ view, data, blockId }) {
    Object.assign(this, { view, data, blockId });
    this.texts = new Map();
    this.changed = new Set();
    data.addEventListener("data:shown", () => this.showInPanel());
  }

  /** A block has begun, or nothing runs any more. */
  begin(blockId = null) {
    if (blockId === null) this.texts.clear();
    else this.texts.delete(blockId);
  }

  add(blockId, text) {
    this.texts.set(blockId, ((this.texts.get(blockId) ?? "") + text).slice(-MOST_KEPT));
    this.changed.add(blockId);
    this.frame ??= requestAnimationFrame(() => this.show());
  }

  show() {
    this.frame = null;
    for (const blockId of this.changed) {
      const text = this.texts.get(blockId);
      if (text !== undefined) this.view.setStreamed(blockId, text.length > ON_CARD ? `…${text.slice(-ON_CARD)}` : text);
    }
    if (this.changed.has(this.blockId())) this.showInPanel();
    this.changed.clear();
  }

  /** While a block runs there are no data of it yet: what it says stands in their place, and is followed to its end. */
  showInPanel() {
    const blockId = this.blockId();
    if (this.view.statuses.get(blockId)?.status !== "running") return;
    const text = this.texts.get(blockId) ?? "";
    let shown = this.data.querySelector("[data-streamed]");
    if (!shown) {
      shown = element("pre", { class: "streamed", "data-streamed": true });
      this.data.replaceChildren(element("p", { class: "muted", role: "status" }, t("This block is running.")), shown);
    }
    const follows = this.data.scrollHeight - this.data.scrollTop - this.data.clientHeight < NEAR_END;
    shown.textContent = text;
    shown.hidden = !text;
    if (follows) this.data.scrollTop = this.data.scrollHeight;
  }
}
