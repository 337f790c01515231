// The graph as plain data, changed only by operations, so that everything can be undone. No DOM.
import { expandOutputs } from "./ports.js";

const MERGE_WITHIN_MS = 2000;
const MOST_UNDO_STEPS = 500;
const UNKNOWN_PORTS = { inputs: [{ name: "input", title: "Input" }], outputs: [{ name: "output", title: "Output" }] };

/** Several operations on the same thing as one: the first `before` and the last `after`. */
export function mergeOperations(operations) {
  const merged = new Map();
  for (const operation of operations) {
    const key = `${operation.kind}:${operation.id}`;
    const first = merged.get(key);
    merged.set(key, first ? { ...first, after: operation.after } : { ...operation });
  }
  return [...merged.values()].filter((operation) => operation.before !== null || operation.after !== null);
}

const reversed = (operations) =>
  operations.map(({ kind, id, before, after }) => ({ kind, id, before: after, after: before })).reverse();

/** Blocks and edges of one workflow with their history. An operation is `{kind: "block"|"edge", id, before, after}`. */
export class GraphStore {
  constructor(graph, palette, now = () => Date.now()) {
    this.palette = new Map(palette.map((entry) => [entry.type, entry]));
    for (const entry of palette) for (const alias of entry.aliases || []) this.palette.set(alias, entry);
    this.now = now;
    this.listeners = new Set();
    this.fill(graph);
  }

  fill(graph) {
    this.blocks = new Map(graph.blocks.map((block) => [block.id, block]));
    this.edges = new Map();
    for (const edge of graph.edges) {
      const id = edge.id || this.newEdgeId();
      this.edges.set(id, { sourceHandle: "output", targetHandle: "input", ...edge, id });
    }
    this.past = [];
    this.future = [];
  }

  /** Take over another graph (loaded anew); the history starts again. */
  replace(graph) {
    this.fill(graph);
    this.tell([], "load");
  }

  toGraph() {
    return { blocks: [...this.blocks.values()], edges: [...this.edges.values()] };
  }

  /** Call `listener(operations, origin)` after every change; origin is edit, undo, redo or load (all is new). */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(operations, origin, merge = null) {
    for (const listener of this.listeners) listener(operations, origin, merge);
  }

  perform(operations) {
    for (const { kind, id, after } of operations) {
      const things = kind === "block" ? this.blocks : this.edges;
      if (after === null) things.delete(id);
      else things.set(id, after);
    }
  }

  /** Do operations as one undo step; steps in a row with the same merge key become one. */
  apply(operations, { merge = null, within = MERGE_WITHIN_MS } = {}) {
    const changing = operations.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
    if (!changing.length) return false;
    this.perform(changing);
    this.future = [];
    const last = this.past.at(-1);
    if (merge !== null && last?.merge === merge && this.now() - last.at <= within) {
      last.operations = mergeOperations([...last.operations, ...changing]);
      last.at = this.now();
    } else {
      this.past.push({ operations: changing, merge, at: this.now() });
      if (this.past.length > MOST_UNDO_STEPS) this.past.shift();
    }
    this.tell(changing, "edit", merge);
    return true;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  undo() {
    const step = this.past.pop();
    if (!step) return false;
    const operations = reversed(step.operations);
    this.perform(operations);
    this.future.push({ ...step, merge: null });
    this.tell(operations, "undo");
    return true;
  }

  redo() {
    const step = this.future.pop();
    if (!step) return false;
    this.perform(step.operations);
    this.past.push({ ...step, merge: null });
    this.tell(step.operations, "redo");
    return true;
  }

  /** The palette's declaration of a block's type; a type that is not known gets one input and one output. */
  entryOf(block) {
    const known = this.palette.get(block.type);
    return known || { ...UNKNOWN_PORTS, type: block.type, title: block.type, category: "Unknown", icon: "box", aliases: [] };
  }

  outputs(blockId) {
    const block = this.blocks.get(blockId);
    return block ? expandOutputs(this.entryOf(block), block.config) : [];
  }

  inputs(blockId) {
    const block = this.blocks.get(blockId);
    return block ? this.entryOf(block).inputs : [];
  }

  edgesOf(blockId) {
    return [...this.edges.values()].filter((edge) => edge.source === blockId || edge.target === blockId);
  }

  nameOf(blockId) {
    return this.blocks.get(blockId)?.name || blockId;
  }

  /** Null when the edge may be drawn, else the reason in words. */
  canConnect(source, handle, target, targetHandle = this.inputs(target)[0]?.name) {
    if (!this.blocks.has(source) || !this.blocks.has(target)) return "That block is not there any more.";
    if (source === target) return "A block cannot lead to itself.";
    if (!this.outputs(source).some((port) => port.name === handle)) return `“${this.nameOf(source)}” has no output “${handle}”.`;
    if (!this.inputs(target).length) return `“${this.nameOf(target)}” starts the workflow, so nothing can lead to it.`;
    if (!this.inputs(target).some((port) => port.name === targetHandle)) return `“${this.nameOf(target)}” has no such input.`;
    for (const edge of this.edges.values()) {
      const same = edge.source === source && edge.sourceHandle === handle && edge.target === target;
      if (same && edge.targetHandle === targetHandle) return "These two are connected already.";
    }
    const way = this.wayFrom(target, source);
    return way && `That would make a loop: ${[source, ...way].map((id) => this.nameOf(id)).join(" → ")}.`;
  }

  /** All that follows a block, and itself: `Map(id -> the block that it was first reached from)`. */
  reachedFrom(start) {
    const next = new Map();
    for (const edge of this.edges.values()) {
      if (!next.has(edge.source)) next.set(edge.source, []);
      next.get(edge.source).push(edge.target);
    }
    const cameFrom = new Map([[start, null]]);
    for (const here of cameFrom.keys()) {
      for (const there of next.get(here) || []) if (!cameFrom.has(there)) cameFrom.set(there, here);
    }
    return cameFrom;
  }

  /** The blocks on a way along the edges from one block to another, or null. */
  wayFrom(start, goal) {
    const cameFrom = this.reachedFrom(start);
    if (!cameFrom.has(goal)) return null;
    const way = [];
    for (let here = goal; here !== null; here = cameFrom.get(here)) way.unshift(here);
    return way;
  }

  /** A free id such as `condition_1`; `taken` names more ids that are not free. */
  newBlockId(type, taken = new Set()) {
    const stem = type.split(".").at(-1).replace(/[^A-Za-z0-9_]/g, "_");
    let number = 1;
    while (this.blocks.has(`${stem}_${number}`) || taken.has(`${stem}_${number}`)) number += 1;
    return `${stem}_${number}`;
  }

  newEdgeId(taken = new Set()) {
    let number = this.edges.size + 1;
    while (this.edges.has(`edge_${number}`) || taken.has(`edge_${number}`)) number += 1;
    return `edge_${number}`;
  }
}
