// The operations that editor and server exchange, on graphs as plain data: `{blocks: Map, edges: Map}`. Pure.
//
// A change is `{kind: "block"|"edge", id, before, after}`, the whole thing before and after; an operation says no more
// than what was changed, so that it fits a graph in which others have changed something else.

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

export const graphOf = ({ blocks, edges }) => ({
  blocks: new Map(blocks.map((block) => [block.id, block])),
  edges: new Map(edges.map((edge) => [edge.id, { sourceHandle: "output", targetHandle: "input", ...edge }])),
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

/** What changes amount to. Moves in a row become one operation. */
export function operationsOf(changes) {
  const made = [];
  for (const { kind, before, after } of changes) {
    if (before === null && after === null) continue;
    for (const operation of kind === "block" ? blockOperations(before, after) : edgeOperations(before, after)) {
      const last = made.at(-1);
      if (operation.type === "move_blocks" && last?.type === "move_blocks") Object.assign(last.positions, operation.positions);
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
  return [...changes.edgesOff, ...changes.blocks, ...changes.edgesOn];
}

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
};

/** Put changes into a graph. */
export function perform(graph, changes) {
  for (const { kind, id, after } of changes) {
    const things = kind === "block" ? graph.blocks : graph.edges;
    if (after === null) things.delete(id);
    else things.set(id, after);
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
  const made = { blocks: new Map(graph.blocks), edges: new Map(graph.edges) };
  const changes = [];
  const refused = [];
  for (const operation of operations) {
    const done = performOne(made, operation);
    if (typeof done === "string") refused.push({ operation, reason: done });
    else changes.push(...done);
  }
  return { graph: made, changes, refused };
}
