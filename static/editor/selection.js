// Which blocks, edges and annotations are chosen.

const same = (one, other) => one.size === other.length && other.every((id) => one.has(id));

export class Selection {
  constructor(store) {
    this.store = store;
    this.blocks = new Set();
    this.edges = new Set();
    this.annotations = new Set();
    this.listeners = new Set();
    store.subscribe(() => this.prune());
  }

  subscribe(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  set(blocks, edges = [], annotations = []) {
    if (same(this.blocks, blocks) && same(this.edges, edges) && same(this.annotations, annotations)) return;
    this.blocks = new Set(blocks);
    this.edges = new Set(edges);
    this.annotations = new Set(annotations);
    this.tell();
  }

  /** Choose a block or an annotation (`kind`: blocks, annotations) beside what is chosen, or no more. */
  toggle(kind, id) {
    const chosen = { blocks: new Set(this.blocks), annotations: new Set(this.annotations) };
    if (!chosen[kind].delete(id)) chosen[kind].add(id);
    this.set([...chosen.blocks], [...this.edges], [...chosen.annotations]);
  }

  /** Things have new ids, `{blocks: Map(old -> new), edges: Map}`. */
  renamed({ blocks, edges }) {
    this.blocks = new Set([...this.blocks].map((id) => blocks.get(id) ?? id));
    this.edges = new Set([...this.edges].map((id) => edges.get(id) ?? id));
  }

  clear() {
    this.set([]);
  }

  get size() {
    return this.blocks.size + this.edges.size + this.annotations.size;
  }

  /** The chosen block when exactly one thing is chosen and that is a block. */
  get onlyBlock() {
    return this.size === 1 ? ([...this.blocks][0] ?? null) : null;
  }

  /** The chosen note or frame when nothing else is chosen. */
  get onlyAnnotation() {
    return this.size === 1 ? ([...this.annotations][0] ?? null) : null;
  }

  prune() {
    const left = (ids, things) => [...ids].filter((id) => things.has(id));
    const { store } = this;
    this.set(left(this.blocks, store.blocks), left(this.edges, store.edges), left(this.annotations, store.annotations));
  }
}
