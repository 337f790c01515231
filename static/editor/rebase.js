// Puts what is not saved yet on top of what others have saved meanwhile. Nothing is lost without being named. Pure.
import { overlaps } from "./compact.js";
import { applied, copied, performOne, same } from "./operations.js";

const WORD = (id) => new RegExp(`(?<![\\w-])${id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");

function free(id, taken) {
  const [, stem, number] = /^(.*?)_?(\d*)$/.exec(id);
  let next = Number(number || 1) + 1;
  while (taken(`${stem}_${next}`)) next += 1;
  return `${stem}_${next}`;
}

const addedBy = (operations) => ({
  blocks: operations.filter((one) => one.type === "add_block").map((one) => one.block),
  edges: operations.filter((one) => one.type === "connect").map((one) => one.edge),
});

/** Ids that both sides gave to new things: `{blocks: Map(mine -> new), edges: Map}`. */
function collisions(mine, graph, wereThere) {
  const own = addedBy(mine);
  const pick = (added, things, there) => {
    const names = new Map(added.map((thing) => [thing.id, thing]));
    const renamed = new Map();
    for (const [id, thing] of names) {
      if (!things.has(id) || there(id, thing)) continue;
      const made = free(id, (wanted) => things.has(wanted) || names.has(wanted) || [...renamed.values()].includes(wanted));
      renamed.set(id, made);
    }
    return renamed;
  };
  return { blocks: pick(own.blocks, graph.blocks, wereThere.block), edges: pick(own.edges, graph.edges, wereThere.edge) };
}

function withReferences(value, words) {
  if (typeof value === "string") return words.reduce((text, [pattern, id]) => text.replace(pattern, id), value);
  if (Array.isArray(value)) return value.map((item) => withReferences(item, words));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withReferences(item, words)]));
}

/** A function that gives operations the new ids, in what they are about and in the texts that refer to a block. */
export function renaming({ blocks, edges }) {
  const words = [...blocks].map(([id, made]) => [WORD(id), made]);
  const block = (id) => blocks.get(id) ?? id;
  const rename = (operation) => {
    const made = { ...operation };
    if (made.block_id) made.block_id = block(made.block_id);
    if (made.edge_id) made.edge_id = edges.get(made.edge_id) ?? made.edge_id;
    if (made.type === "move_blocks") made.positions = Object.fromEntries(Object.entries(made.positions).map(([id, place]) => [block(id), place]));
    if (made.block) made.block = { ...made.block, id: block(made.block.id), config: withReferences(made.block.config || {}, words) };
    if ("value" in made) made.value = withReferences(made.value, words);
    if (made.edge) {
      const { id, source, target } = made.edge;
      made.edge = { ...made.edge, id: edges.get(id) ?? id, source: block(source), target: block(target) };
    }
    return made;
  };
  return (operations) => operations.map(rename);
}

function leadsTo(graph, start, goal) {
  const next = new Map();
  for (const { source, target } of graph.edges.values()) next.set(source, [...(next.get(source) || []), target]);
  const seen = new Set([start]);
  for (const here of seen) for (const there of next.get(here) || []) seen.add(there);
  return seen.has(goal);
}

const isSameWay = (one, other) =>
  ["source", "sourceHandle", "target", "targetHandle"].every((end) => (one[end] ?? "") === (other[end] ?? ""));

const movable = (graph, { type }) => (type === "move_annotations" ? graph.annotations : graph.blocks);

/** Why an operation cannot be done to this graph any more; null when it can, "done" when it need not be. */
function refusal(graph, operation, isDone) {
  if (isDone(operation)) return "done";
  if (operation.type === "connect") {
    const { edge } = operation;
    if ([...graph.edges.values()].some((other) => isSameWay(other, edge))) return "done";
    const known = graph.blocks.has(edge.source) && graph.blocks.has(edge.target);
    if (known && leadsTo(graph, edge.target, edge.source)) return "loop";
  }
  if (operation.type === "remove_block" && !graph.blocks.has(operation.block_id)) return "done";
  if (operation.type === "disconnect" && !graph.edges.has(operation.edge_id)) return "done";
  if (operation.positions && !Object.keys(operation.positions).some((id) => movable(graph, operation).has(id))) return "done";
  if (operation.type === "remove_annotation" && !graph.annotations.has(operation.annotation_id)) return "done";
  if (operation.type === "add_annotation" && graph.annotations.has(operation.annotation.id)) return "done";
  return null;
}

const SET_AT_ONCE = {
  set_block: ["name", "enabled", "notes", "policy"], set_annotation: ["text", "colour", "size"], rename_workflow: ["name"],
};

/** Where both have set the same thing: mine stays, and theirs is told. */
function contests(mine, theirs) {
  const found = [];
  for (const operation of mine) {
    for (const other of theirs) {
      if (operation.type !== other.type || operation.block_id !== other.block_id || operation.annotation_id !== other.annotation_id) continue;
      if (operation.type === "set_field" && overlaps(operation.path, other.path) && !isEqual(operation, other)) {
        found.push({ block_id: operation.block_id, field: operation.path.join("."), mine: operation, theirs: other });
      }
      for (const field of SET_AT_ONCE[operation.type] ?? []) {
        if (!(field in operation) || !(field in other) || same(operation[field], other[field])) continue;
        const { type, block_id, annotation_id } = other;
        const place = annotation_id ? { annotation_id } : block_id ? { block_id } : {};
        found.push({ ...place, field, mine: operation, theirs: { type, ...place, [field]: other[field] } });
      }
    }
  }
  return found;
}

const isEqual = (one, other) =>
  same(one.path, other.path) && Boolean(one.remove) === Boolean(other.remove) && same(one.value ?? null, other.value ?? null);

/**
 * Entries, `[{operations}]` in their order, on top of `graph`, to which `theirs` have led.
 *
 * Answers `{entries, lost, contested, renamed}`: the entries that still do something; operations that cannot be done any more
 * with the reason (`gone`, `blocked`, `loop`); fields that both have set; new ids for things that both had added. When nobody
 * knows any more what led to the graph (`unknown`), a block in it that is just like one of mine is taken for mine.
 */
export function rebase(entries, theirs, graph, { unknown = false } = {}) {
  const all = entries.flatMap((entry) => entry.operations);
  const removed = new Set(all.flatMap((one) => (one.type === "remove_block" ? [one.block_id] : one.type === "disconnect" ? [one.edge_id] : [])));
  const isMine = (block) => unknown && same(graph.blocks.get(block.id), block);
  const renamed = collisions(all, graph, { block: (id, block) => removed.has(id) || isMine(block), edge: (id) => removed.has(id) });
  const isDone = (operation) => operation.type === "add_block" && !removed.has(operation.block.id) && isMine(operation.block);
  const rename = renaming(renamed);
  const moving = copied(graph);
  const lost = [];
  const kept = entries.map((entry) => {
    const operations = rename(entry.operations).filter((operation) => {
      const reason = refusal(moving, operation, isDone);
      const done = reason ?? performOne(moving, operation);
      if (typeof done !== "string") return true;
      if (done !== "done") lost.push({ operation, reason: done });
      return false;
    });
    return { ...entry, operations: operations.map((operation) => onlyThere(operation, graph, moving)) };
  });
  const left = kept.filter((entry) => entry.operations.length);
  return { entries: left, lost, contested: contests(left.flatMap((entry) => entry.operations), theirs), renamed };
}

/** A move says nothing of things that are gone. */
function onlyThere(operation, before, after) {
  if (!operation.positions) return operation;
  const there = Object.entries(operation.positions).filter(([id]) => movable(before, operation).has(id) || movable(after, operation).has(id));
  return { ...operation, positions: Object.fromEntries(there) };
}

/** The graph with all entries on top. */
export const withEntries = (graph, entries) => applied(graph, entries.flatMap((entry) => entry.operations)).graph;
