// The operations that editor and server exchange, on graphs as plain data: `{blocks, edges, annotations}`, each a Map, and the
// workflow's `name` where it is known. Pure.
//
// A change is `{kind: "block"|"edge"|"annotation"|"workflow", id, before, after}`, the whole thing before and after; an operation
// says no more than what was changed, so that it fits a graph in which others have changed something else.

const FIELDS = { name: "", enabled: true, notes: "", policy: {} };
const IMPLIED = ["notes", "policy"];

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Equal as JSON, whatever the order of the fields. */
export function same(one, other) {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, place) => same(item, other[place]));
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]));
}

const THINGS = { block: "blocks", edge: "edges", annotation: "annotations" };
const LOOKS = ["text", "colour", "size"];
const byId = (things) => new Map(things.map((thing) => [thing.id, thing]));

export const graphOf = ({ blocks, edges, annotations = [] }) => ({
  blocks: byId(blocks),
  edges: byId(edges.map((edge) => ({ sourceHandle: "output", targetHandle: "input", ...edge }))),
  annotations: byId(annotations),
});

/** A copy that can be changed while the graph stays as it is. */
export const copied = ({ blocks, edges, annotations, name }) => ({
  blocks: new Map(blocks), edges: new Map(edges), annotations: new Map(annotations), name,
});

/** The changes that take changes back. */
export const reversed = (changes) =>
  changes.map(({ kind, id, before, after }) => ({ kind, id, before: after, after: before })).reverse();

function fieldOperations(blockId, before, after, path) {
  const made = [];
  const set = (name, value) => ({ type: "set_field", block_id: blockId, path: [...path, name], ...value });
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) made.push(set(name, { remove: true }));
  for (const [name, value] of Object.entries(after)) {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    if (isObject(was) && isObject(value)) made.push(...fieldOperations(blockId, was, value, [...path, name]));
    else if (!same(was, value)) made.push(set(name, { value }));
  }
  return made;
}

function blockOperations(before, after) {
  if (before === null) return [{ type: "add_block", block: after }];
  if (after === null) return [{ type: "remove_block", block_id: before.id }];
  if (before.type !== after.type) return [...blockOperations(before, null), ...blockOperations(null, after)];
  const made = [];
  if (!same(before.position, after.position)) made.push({ type: "move_blocks", positions: { [after.id]: after.position } });
  const fields = Object.entries(FIELDS)
    .filter(([name, standard]) => !same(before[name] ?? standard, after[name] ?? standard))
    .map(([name, standard]) => [name, after[name] ?? standard]);
  if (fields.length) made.push({ type: "set_block", block_id: after.id, ...Object.fromEntries(fields) });
  return [...made, ...fieldOperations(after.id, before.config || {}, after.config || {}, [])];
}

function edgeOperations(before, after) {
  const made = before === null ? [] : [{ type: "disconnect", edge_id: before.id }];
  return after === null ? made : [...made, { type: "connect", edge: after }];
}

function annotationOperations(before, after) {
  if (before === null) return [{ type: "add_annotation", annotation: after }];
  if (after === null) return [{ type: "remove_annotation", annotation_id: before.id }];
  if (before.kind !== after.kind) return [...annotationOperations(before, null), ...annotationOperations(null, after)];
  const made = [];
  if (!same(before.position, after.position)) made.push({ type: "move_annotations", positions: { [after.id]: after.position } });
  const looks = LOOKS.filter((name) => !same(before[name], after[name])).map((name) => [name, after[name]]);
  return looks.length ? [...made, { type: "set_annotation", annotation_id: after.id, ...Object.fromEntries(looks) }] : made;
}

const OPERATIONS_OF = {
  block: blockOperations,
  edge: edgeOperations,
  annotation: annotationOperations,
  workflow: (_, after) => [{ type: "rename_workflow", name: after.name }],
};

/** What changes amount to. Moves in a row become one operation. */
export function operationsOf(changes) {
  const made = [];
  for (const { kind, before, after } of changes) {
    if (before === null && after === null) continue;
    for (const operation of OPERATIONS_OF[kind](before, after)) {
      const last = made.at(-1);
      if (operation.positions && last?.type === operation.type) Object.assign(last.positions, operation.positions);
      else made.push(operation);
    }
  }
  return made;
}

/** The changes between two graphs: edges go first and come last. */
export function differences(before, after) {
  const changes = { edgesOff: [], blocks: [], edgesOn: [] };
  const isNew = (id) => before.blocks.get(id)?.type !== after.blocks.get(id)?.type;
  const stays = (edge, other) => same(edge, other) && !isNew(edge.source) && !isNew(edge.target);
  for (const [id, edge] of before.edges) {
    if (!stays(edge, after.edges.get(id))) changes.edgesOff.push({ kind: "edge", id, before: edge, after: null });
  }
  for (const [id, block] of before.blocks) {
    const now = after.blocks.get(id) ?? null;
    if (block !== now && !same(block, now)) changes.blocks.push({ kind: "block", id, before: block, after: now });
  }
  for (const [id, block] of after.blocks) if (!before.blocks.has(id)) changes.blocks.push({ kind: "block", id, before: null, after: block });
  for (const [id, edge] of after.edges) {
    if (!stays(edge, before.edges.get(id))) changes.edgesOn.push({ kind: "edge", id, before: null, after: edge });
  }
  return [...changes.edgesOff, ...changes.blocks, ...changes.edgesOn, ...besides(before, after)];
}

/** The changes of what is no part of the flow. A graph that bears no name says nothing of it. */
function besides(before, after) {
  const [old, now] = [before.annotations ?? new Map(), after.annotations ?? new Map()];
  const changes = [...new Set([...old.keys(), ...now.keys()])]
    .map((id) => ({ kind: "annotation", id, before: old.get(id) ?? null, after: now.get(id) ?? null }))
    .filter(({ before: was, after: is }) => was !== is && !same(was, is));
  if (after.name !== undefined && after.name !== before.name) changes.push(renamed(before.name, after.name));
  return changes;
}

/** The change of a workflow's name. */
export const renamed = (before, after) => ({ kind: "workflow", id: "name", before: { name: before ?? "" }, after: { name: after } });

/** A copy of an object with the value at a path set or removed; null when the way there is blocked. */
function withField(tree, [name, ...rest], operation) {
  const copy = { ...tree };
  if (rest.length) {
    const inner = isObject(tree[name]) ? withField(tree[name], rest, operation) : null;
    if (inner === null) return null;
    copy[name] = inner;
  } else if (operation.remove) delete copy[name];
  else copy[name] = operation.value ?? null;
  return copy;
}

const changeOf = (before, after) => [{ kind: "block", id: before.id, before, after }];

const DO = {
  add_block({ blocks }, { block }) {
    return blocks.has(block.id) ? "taken" : [{ kind: "block", id: block.id, before: null, after: block }];
  },
  remove_block({ blocks, edges }, { block_id: id }) {
    if (!blocks.has(id)) return "gone";
    const off = [...edges.values()].filter((edge) => edge.source === id || edge.target === id);
    return [...off.map((edge) => ({ kind: "edge", id: edge.id, before: edge, after: null })),
      { kind: "block", id, before: blocks.get(id), after: null }];
  },
  move_blocks({ blocks }, { positions }) {
    const there = Object.entries(positions).filter(([id]) => blocks.has(id));
    if (!there.length) return "gone";
    return there.flatMap(([id, position]) => changeOf(blocks.get(id), { ...blocks.get(id), position: { ...position } }));
  },
  set_field({ blocks }, operation) {
    const block = blocks.get(operation.block_id);
    if (!block) return "gone";
    const config = withField(block.config || {}, operation.path, operation);
    return config === null ? "blocked" : changeOf(block, { ...block, config });
  },
  set_block({ blocks }, { type: _, block_id: id, ...fields }) {
    const block = blocks.get(id);
    if (!block) return "gone";
    const after = { ...block, ...fields };
    for (const name of IMPLIED) if (same(after[name], FIELDS[name])) delete after[name];
    return changeOf(block, after);
  },
  connect({ blocks, edges }, { edge }) {
    if (edges.has(edge.id)) return "taken";
    if (!blocks.has(edge.source) || !blocks.has(edge.target)) return "gone";
    return [{ kind: "edge", id: edge.id, before: null, after: { sourceHandle: "output", targetHandle: "input", ...edge } }];
  },
  disconnect({ edges }, { edge_id: id }) {
    return edges.has(id) ? [{ kind: "edge", id, before: edges.get(id), after: null }] : "gone";
  },
  add_annotation({ annotations }, { annotation }) {
    return annotations.has(annotation.id) ? "taken" : [{ kind: "annotation", id: annotation.id, before: null, after: annotation }];
  },
  remove_annotation({ annotations }, { annotation_id: id }) {
    return annotations.has(id) ? [{ kind: "annotation", id, before: annotations.get(id), after: null }] : "gone";
  },
  move_annotations({ annotations }, { positions }) {
    const there = Object.entries(positions).filter(([id]) => annotations.has(id));
    if (!there.length) return "gone";
    return there.map(([id, position]) => annotationChange(annotations.get(id), { position: { ...position } }));
  },
  set_annotation({ annotations }, { type: _, annotation_id: id, ...fields }) {
    return annotations.has(id) ? [annotationChange(annotations.get(id), fields)] : "gone";
  },
  rename_workflow({ name: before }, { name }) {
    return [renamed(before, name)];
  },
};

const annotationChange = (before, fields) => ({ kind: "annotation", id: before.id, before, after: { ...before, ...fields } });

/** Put changes into a graph. */
export function perform(graph, changes) {
  for (const { kind, id, after } of changes) {
    if (kind === "workflow") graph.name = after.name;
    else if (after === null) graph[THINGS[kind]].delete(id);
    else graph[THINGS[kind]].set(id, after);
  }
}

/** Do one operation to a graph. Answers its changes, or why not: `taken`, `gone`, `blocked`. */
export function performOne(graph, operation) {
  const changes = DO[operation.type](graph, operation);
  if (typeof changes !== "string") perform(graph, changes);
  return changes;
}

/** A copy of a graph after operations; those that do not fit are left out. `{graph, changes, refused: [{operation, reason}]}` */
export function applied(graph, operations) {
  const made = copied(graph);
  const changes = [];
  const refused = [];
  for (const operation of operations) {
    const done = performOne(made, operation);
    if (typeof done === "string") refused.push({ operation, reason: done });
    else changes.push(...done);
  }
  return { graph: made, changes, refused };
}
