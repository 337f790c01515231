// What a person does to a graph, as one undo step each. No DOM.
import { CARD_WIDTH } from "./geometry.js";
import { mintUuid, newAnnotationId } from "./ids.js";
import { expandOutputs, movedHandles } from "./ports.js";

export { mintUuid };

const PASTE_OFFSET = 32;
const GRID = 8;
const LEAST_GAP = 64;

export const snap = (value) => Math.round(value / GRID) * GRID;
const snapped = ({ x, y }) => ({ x: snap(x), y: snap(y) });
const added = (kind, thing) => ({ kind, id: thing.id, before: null, after: thing });
const removed = (kind, thing) => ({ kind, id: thing.id, before: thing, after: null });
const changed = (kind, before, after) => ({ kind, id: before.id, before, after });

/** Fresh values for the fields of a type that must be unguessable and unique, such as a webhook's id. */
function minted(entry) {
  return Object.fromEntries(Object.entries(entry.mint || {}).map(([field]) => [field, mintUuid()]));
}

function freeName(store, title) {
  const taken = new Set([...store.blocks.values()].map((block) => block.name));
  let name = title;
  for (let number = 2; taken.has(name); number += 1) name = `${title} ${number}`;
  return name;
}

function newBlock(store, entry, position) {
  return {
    id: store.newBlockId(entry.type),
    type: entry.type,
    name: freeName(store, entry.title),
    position: snapped(position),
    config: { ...structuredClone(entry.defaults || {}), ...minted(entry) },
    enabled: true,
  };
}

const isEmpty = (value) => !value || (typeof value === "object" && Object.keys(value).length === 0);

const newEdge = (store, source, sourceHandle, target, targetHandle, taken) => ({
  id: store.newEdgeId(taken), source, target, sourceHandle, targetHandle,
});

/** Add a block; `from` = `{block, handle, side}` also connects it to the port that it was dragged from. */
export function addBlock(store, entry, position, from = null) {
  const block = newBlock(store, entry, position);
  const operations = [added("block", block)];
  const output = expandOutputs(entry, block.config)[0];
  if (from?.side === "out" && entry.inputs.length) {
    operations.push(added("edge", newEdge(store, from.block, from.handle, block.id, entry.inputs[0].name)));
  } else if (from?.side === "in" && output) {
    operations.push(added("edge", newEdge(store, block.id, output.name, from.block, from.handle)));
  }
  store.apply(operations);
  return block.id;
}

/** The place for a block between two others, and the moves of what follows when there is no room. */
function roomOn(store, edge) {
  const source = store.blocks.get(edge.source).position;
  const target = store.blocks.get(edge.target).position;
  const y = (source.y + target.y) / 2;
  const gap = target.x - source.x - CARD_WIDTH;
  if (gap >= CARD_WIDTH + 2 * LEAST_GAP) return { position: { x: source.x + CARD_WIDTH + (gap - CARD_WIDTH) / 2, y }, moves: [] };
  const x = source.x + CARD_WIDTH + LEAST_GAP;
  const by = x + CARD_WIDTH + LEAST_GAP - target.x;
  const following = [...store.reachedFrom(edge.target).keys()].map((id) => store.blocks.get(id)).filter(Boolean);
  const moved = (block) => ({ ...block, position: snapped({ x: block.position.x + by, y: block.position.y }) });
  return { position: { x, y }, moves: following.map((block) => changed("block", block, moved(block))) };
}

/** Add a block in the middle of an edge: the edge leads to it and its first output leads on. What follows makes room. */
export function insertOnEdge(store, entry, edgeId, position) {
  const edge = store.edges.get(edgeId);
  if (!edge || !entry.inputs.length) return addBlock(store, entry, position);
  const room = roomOn(store, edge);
  const block = newBlock(store, entry, room.position);
  const output = expandOutputs(entry, block.config)[0];
  const into = newEdge(store, edge.source, edge.sourceHandle, block.id, entry.inputs[0].name);
  const operations = [...room.moves, removed("edge", edge), added("block", block), added("edge", into)];
  if (output) {
    operations.push(added("edge", newEdge(store, block.id, output.name, edge.target, edge.targetHandle, new Set([into.id]))));
  }
  store.apply(operations);
  return block.id;
}

/** Draw an edge. Null when done, else the reason for the refusal. */
export function connect(store, source, handle, target, targetHandle = store.inputs(target)[0]?.name) {
  const refusal = store.canConnect(source, handle, target, targetHandle);
  if (refusal === null) store.apply([added("edge", newEdge(store, source, handle, target, targetHandle))]);
  return refusal;
}

/** Remove blocks with all their edges, edges, and annotations. */
export function remove(store, blockIds, edgeIds = [], annotationIds = []) {
  const blocks = blockIds.map((id) => store.blocks.get(id)).filter(Boolean);
  const edges = new Set(edgeIds.map((id) => store.edges.get(id)).filter(Boolean));
  for (const block of blocks) for (const edge of store.edgesOf(block.id)) edges.add(edge);
  const annotations = annotationIds.map((id) => store.annotations.get(id)).filter(Boolean);
  return store.apply([...[...edges].map((edge) => removed("edge", edge)), ...blocks.map((block) => removed("block", block)),
    ...annotations.map((annotation) => removed("annotation", annotation))]);
}

/** Put things elsewhere: `blocks` and `annotations` are Maps from id to `{x, y}`. They come to lie on the grid unless `exact`. */
export function moveThings(store, { blocks = new Map(), annotations = new Map() }, { exact = false, ...options } = {}) {
  const moves = (kind, things, positions) => [...positions].filter(([id]) => things.has(id))
    .map(([id, position]) => changed(kind, things.get(id), { ...things.get(id), position: exact ? position : snapped(position) }));
  return store.apply([...moves("block", store.blocks, blocks), ...moves("annotation", store.annotations, annotations)], options);
}

export const moveBlocks = (store, positions, options = {}) => moveThings(store, { blocks: positions }, options);

/** Edges of a block after its ports changed: those that follow their item, and those that lose their port. */
function edgesAfter(store, entry, block, next) {
  const operations = [];
  const handles = new Set(expandOutputs(entry, next.config).map((port) => port.name));
  const moved = movedHandles(entry, block.config, next.config);
  for (const edge of store.edges.values()) {
    if (edge.source !== block.id) continue;
    const handle = moved.has(edge.sourceHandle) ? moved.get(edge.sourceHandle) : edge.sourceHandle;
    if (handle === null || !handles.has(handle)) operations.push(removed("edge", edge));
    else if (handle !== edge.sourceHandle) operations.push(changed("edge", edge, { ...edge, sourceHandle: handle }));
  }
  return operations;
}

/** Edges that an earlier step of the same burst of edits took away and whose port is there again. */
function edgesBack(store, entry, next, merge) {
  const last = store.past.at(-1);
  if (merge === null || last?.merge !== merge) return [];
  const handles = new Set(expandOutputs(entry, next.config).map((port) => port.name));
  return (last.changes || [])
    .filter(({ kind, before, after }) => kind === "edge" && before && !after && before.source === next.id)
    .filter(({ id, before }) => handles.has(before.sourceHandle) && store.blocks.has(before.target) && !store.edges.has(id))
    .map(({ before }) => added("edge", before));
}

/** Change fields of a block (name, config, notes, enabled, policy); its edges follow its ports. */
export function changeBlock(store, blockId, fields, merge = null) {
  const block = store.blocks.get(blockId);
  if (!block) return false;
  const next = { ...block, ...fields };
  for (const field of ["notes", "policy"]) if (isEmpty(next[field])) delete next[field];
  const operations = [changed("block", block, next)];
  if (JSON.stringify(block.config) !== JSON.stringify(next.config)) {
    const entry = store.entryOf(block);
    operations.push(...edgesAfter(store, entry, block, next), ...edgesBack(store, entry, next, merge));
  }
  return store.apply(operations, { merge });
}

/** The chosen blocks with the edges between them, and the chosen annotations, to be pasted here or in another workflow. */
export function copyOf(store, blockIds, annotationIds = []) {
  const chosen = new Set(blockIds);
  return {
    blocks: blockIds.map((id) => store.blocks.get(id)).filter(Boolean),
    edges: [...store.edges.values()].filter((edge) => chosen.has(edge.source) && chosen.has(edge.target)),
    annotations: annotationIds.map((id) => store.annotations.get(id)).filter(Boolean),
  };
}

/** How far copies go from their originals; `at` is where their top left corner shall be. */
function shiftOf(copied, at) {
  if (!at) return { x: PASTE_OFFSET, y: PASTE_OFFSET };
  const places = [...copied.blocks, ...copied.annotations].map(({ position }) => position);
  return { x: at.x - Math.min(...places.map(({ x }) => x)), y: at.y - Math.min(...places.map(({ y }) => y)) };
}

/** Add copies with new ids; `at` is where their top left corner goes, else beside the originals. Answers the ids. */
export function paste(store, { annotations = [], ...rest }, at = null) {
  const copied = { ...rest, annotations };
  const shift = shiftOf(copied, at);
  const shifted = ({ x, y }) => snapped({ x: x + shift.x, y: y + shift.y });
  const ids = new Map();
  const operations = [];
  for (const block of copied.blocks) {
    const id = store.newBlockId(block.type, new Set(ids.values()));
    ids.set(block.id, id);
    const config = { ...structuredClone(block.config), ...minted(store.entryOf(block)) };
    operations.push(added("block", { ...block, id, position: shifted(block.position), config, name: freeName(store, block.name) }));
  }
  const edgeIds = new Set();
  for (const edge of copied.edges) {
    const copy = { ...edge, id: store.newEdgeId(edgeIds), source: ids.get(edge.source), target: ids.get(edge.target) };
    edgeIds.add(copy.id);
    operations.push(added("edge", copy));
  }
  const copies = annotations.map((one) => ({ ...one, id: newAnnotationId(one.kind), position: shifted(one.position) }));
  store.apply([...operations, ...copies.map((copy) => added("annotation", copy))]);
  return { blocks: [...ids.values()], annotations: copies.map(({ id }) => id) };
}
