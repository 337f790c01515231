// The graph as plain data, changed only by steps that can be undone. No DOM.
import { compact } from "./compact.js";
import { mintUuid } from "./ids.js";
import { applied, operationsOf, perform, reversed } from "./operations.js";
import { expandOutputs } from "./ports.js";
import { t } from "../js/words.js";

const MERGE_WITHIN_MS = 2000;
const MOST_UNDO_STEPS = 500;
const UNKNOWN_PORTS = { inputs: [{ name: "input", title: t("Input") }], outputs: [{ name: "output", title: t("Output") }] };

/** Several changes of the same thing as one: the first `before` and the last `after`. */
export function mergeChanges(changes) {
  const merged = new Map();
  for (const change of changes) {
    const key = `${change.kind}:${change.id}`;
    const first = merged.get(key);
    merged.set(key, first ? { ...first, after: change.after } : { ...change });
  }
  return [...merged.values()].filter((change) => change.before !== null || change.after !== null);
}

/**
 * Blocks, edges and annotations of one workflow, and its name, with their history. What is done is told as changes, `{kind, id, before, after}`; a step
 * of the history is `{id, undo, redo}` in operations, so that it can be undone after others have changed something else.
 */
export class GraphStore {
  constructor(graph, palette, now = () => Date.now()) {
    this.palette = new Map(palette.map((entry) => [entry.type, entry]));
    for (const entry of palette) for (const alias of entry.aliases || []) this.palette.set(alias, entry);
    this.now = now;
    this.listeners = new Set();
    this.readOnly = false;
    this.fill(graph);
  }

  fill(graph) {
    this.blocks = new Map(graph.blocks.map((block) => [block.id, block]));
    this.edges = new Map();
    for (const edge of graph.edges) {
      const id = edge.id || this.newEdgeId();
      this.edges.set(id, { sourceHandle: "output", targetHandle: "input", ...edge, id });
    }
    this.annotations = new Map((graph.annotations || []).map((annotation) => [annotation.id, annotation]));
    this.name = graph.name;
    this.past = [];
    this.future = [];
  }

  /** Take over the steps of an earlier visit: `{past, future}` of `{unit, undo, redo}`. */
  remember({ past, future }) {
    const step = ({ unit, undo, redo }) => ({ id: unit, undo, redo, merge: null, at: 0 });
    this.past = past.map(step);
    this.future = future.map(step);
    this.tell([], "history");
  }

  /** Steps `{kind, unit, operations}` of another tab, on top of `graph`, become steps of this history. */
  adopt(entries, graph) {
    for (const { kind, unit, operations } of entries) {
      const done = applied(graph, operations);
      graph = done.graph;
      if (kind === "edit") this.past.push({ id: unit, redo: operations, undo: operationsOf(reversed(done.changes)), merge: null, at: 0 });
      else {
        const [from, to] = kind === "undo" ? [this.past, this.future] : [this.future, this.past];
        const place = from.findIndex((step) => step.id === unit);
        if (place >= 0) to.push(...from.splice(place, 1));
      }
    }
    this.tell([], "history");
  }

  /** Take over what others have changed. It is no step of this history. */
  receive(changes) {
    if (!changes.length) return;
    perform(this, changes);
    this.tell(changes, "remote");
  }

  /** Let the history speak of things under new ids; `rename` does that to operations. */
  renameHistory(rename) {
    for (const step of [...this.past, ...this.future]) {
      step.undo = rename(step.undo);
      step.redo = rename(step.redo);
      step.changes = null;
    }
  }

  /**
   * Call `listener(changes, origin, merge, unit)` after every change; origin is edit, undo, redo, remote (others did it)
   * or history (only the steps are new); unit is the id of the step.
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(changes, origin, merge = null, unit = null) {
    for (const listener of this.listeners) listener(changes, origin, merge, unit);
  }

  /** Do changes as one undo step; steps in a row with the same merge key become one. Nothing is done for who may only look. */
  apply(changes, { merge = null, within = MERGE_WITHIN_MS } = {}) {
    if (this.readOnly) return false;
    const changing = changes.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
    if (!changing.length) return false;
    perform(this, changing);
    this.future = [];
    const step = { id: mintUuid(), redo: operationsOf(changing), undo: operationsOf(reversed(changing)), changes: changing };
    const last = this.past.at(-1);
    if (merge !== null && last?.merge === merge && this.now() - last.at <= within) {
      last.redo = compact([...last.redo, ...step.redo]);
      last.undo = compact([...step.undo, ...last.undo]);
      last.changes = last.changes && mergeChanges([...last.changes, ...changing]);
      last.at = this.now();
    } else {
      this.past.push({ ...step, merge, at: this.now() });
      if (this.past.length > MOST_UNDO_STEPS) this.past.shift();
    }
    this.tell(changing, "edit", merge, this.past.at(-1).id);
    return true;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  undo() {
    return this.go(this.past, this.future, "undo");
  }

  redo() {
    return this.go(this.future, this.past, "redo");
  }

  /** Undo or redo the next step that still changes something; others may have taken away what it was about. */
  go(from, to, way) {
    while (from.length) {
      const step = from.pop();
      const { changes } = applied(this, step[way]);
      const changing = changes.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
      if (changing.length) {
        perform(this, changing);
        to.push({ ...step, merge: null });
        this.tell(changing, way, null, step.id);
        return true;
      }
    }
    return false;
  }

  /** The palette's declaration of a block's type; a type that is not known gets one input and one output. */
  entryOf(block) {
    const known = this.palette.get(block.type);
    return known || { ...UNKNOWN_PORTS, type: block.type, title: block.type, category: t("Unknown"), icon: "box", aliases: [] };
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
    if (!this.blocks.has(source) || !this.blocks.has(target)) return t("That block is not there any more.");
    if (source === target) return t("A block cannot lead to itself.");
    if (!this.outputs(source).some((port) => port.name === handle)) return t("“{1}” has no output “{2}”.", this.nameOf(source), handle);
    if (!this.inputs(target).length) return t("“{1}” starts the workflow, so nothing can lead to it.", this.nameOf(target));
    if (!this.inputs(target).some((port) => port.name === targetHandle)) return t("“{1}” has no such input.", this.nameOf(target));
    for (const edge of this.edges.values()) {
      const same = edge.source === source && edge.sourceHandle === handle && edge.target === target;
      if (same && edge.targetHandle === targetHandle) return t("These two are connected already.");
    }
    const way = this.wayFrom(target, source);
    return way && t("That would make a loop: {1}.", [source, ...way].map((id) => this.nameOf(id)).join(" → "));
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
