// Which blocks and edges are chosen.

export class Selection {
  constructor(store) {
    this.store = store;
    this.blocks = new Set();
    this.edges = new Set();
    this.listeners = new Set();
    store.subscribe(() => this.prune());
  }

  subscribe(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  set(blocks, edges = []) {
    const same = (one, other) => one.size === other.length && other.every((id) => one.has(id));
    if (same(this.blocks, blocks) && same(this.edges, edges)) return;
    this.blocks = new Set(blocks);
    this.edges = new Set(edges);
    this.tell();
  }

  toggle(blockId) {
    const blocks = new Set(this.blocks);
    if (!blocks.delete(blockId)) blocks.add(blockId);
    this.set([...blocks], [...this.edges]);
  }

  /** Things have new ids, `{blocks: Map(old -> new), edges: Map}`. */
  renamed({ blocks, edges }) {
    this.blocks = new Set([...this.blocks].map((id) => blocks.get(id) ?? id));
    this.edges = new Set([...this.edges].map((id) => edges.get(id) ?? id));
  }

  clear() {
    this.set([]);
  }

  /** The chosen block when exactly one thing is chosen and that is a block. */
  get onlyBlock() {
    return this.blocks.size === 1 && this.edges.size === 0 ? [...this.blocks][0] : null;
  }

  prune() {
    const { store } = this;
    this.set([...this.blocks].filter((id) => store.blocks.has(id)), [...this.edges].filter((id) => store.edges.has(id)));
  }
}
