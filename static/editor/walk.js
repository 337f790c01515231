// The order in which a workflow is read: block after block along the edges. For the keyboard and for the outline. Pure.

const byPlace = (one, other) => one.position.y - other.position.y || one.position.x - other.position.x;

/** For every block the edges that leave it, in the order of its ports; and how many lead to it. */
function indexed(store) {
  const out = new Map([...store.blocks.keys()].map((id) => [id, []]));
  const into = new Map([...store.blocks.keys()].map((id) => [id, 0]));
  for (const edge of store.edges.values()) {
    if (!out.has(edge.source) || !into.has(edge.target)) continue;
    out.get(edge.source).push(edge);
    into.set(edge.target, into.get(edge.target) + 1);
  }
  for (const [id, edges] of out) {
    if (edges.length < 2) continue;
    const places = new Map(store.outputs(id).map((port, place) => [port.name, place]));
    edges.sort((one, other) => (places.get(one.sourceHandle) ?? 99) - (places.get(other.sourceHandle) ?? 99));
  }
  return { out, into };
}

/** Blocks that nothing leads to: triggers first, then by their place. */
function beginnings(store, into) {
  const found = [...store.blocks.values()].filter(({ id }) => !into.get(id));
  const rank = (block) => (store.entryOf(block).trigger ? 0 : 1);
  return found.sort((one, other) => rank(one) - rank(other) || byPlace(one, other));
}

/**
 * The workflow as nested lists. An item is `{id, branches: [{handle, title, items}]}`, or `{id, again: true}` where the way goes on
 * at a block that stands elsewhere. A block that several ways lead to stands once, behind the block where the ways parted.
 */
export function outlineOf(store) {
  const { out, into } = indexed(store);
  const left = new Map(into);
  const seen = new Set();
  const ready = [];

  /** Follow an edge: its items, or only where it leads when other ways lead there too. */
  function follow(edge) {
    const id = edge.target;
    left.set(id, left.get(id) - 1);
    if (into.get(id) === 1) return list(id);
    if (left.get(id) === 0) ready.push(id);
    return [{ id, again: true }];
  }

  function list(start) {
    const items = [];
    const waiting = [start];
    while (waiting.length) {
      const id = waiting.shift();
      if (seen.has(id)) continue;
      seen.add(id);
      const edges = out.get(id);
      const single = edges.length === 1 && !isNamed(store, edges[0]);
      const mark = ready.length;
      const item = { id, branches: [] };
      items.push(item);
      if (single && into.get(edges[0].target) === 1) {
        left.set(edges[0].target, 0);
        waiting.unshift(edges[0].target);
      } else if (single) items.push(...follow(edges[0]));
      else {
        for (const edge of edges) item.branches.push({ handle: edge.sourceHandle, title: titleOf(store, edge), items: follow(edge) });
        waiting.unshift(...ready.splice(mark));
      }
    }
    return items;
  }

  const items = beginnings(store, into).flatMap(({ id }) => list(id));
  while (ready.length) items.push(...list(ready.shift()));
  for (const id of store.blocks.keys()) if (!seen.has(id)) items.push(...list(id));
  return withoutEchoes(items);
}

/** Where a way goes on right below, it need not be said. */
function withoutEchoes(items) {
  return items
    .filter((item, place) => !(item.again && items[place + 1]?.id === item.id && !items[place + 1].again))
    .map((item) => (item.again ? item : { ...item, branches: item.branches.map((branch) => ({ ...branch, items: withoutEchoes(branch.items) })) }));
}

const portOf = (store, edge) => store.outputs(edge.source).find((port) => port.name === edge.sourceHandle);

/** Whether it matters which output an edge leaves. */
const isNamed = (store, edge) => Boolean(portOf(store, edge)?.error) || store.outputs(edge.source).filter((port) => !port.error).length > 1;

const titleOf = (store, edge) => portOf(store, edge)?.title ?? edge.sourceHandle;

/** The ids of all blocks in the order of reading. */
export function walkOrder(store) {
  const ids = (items) => items.flatMap((item) => (item.again ? [] : [item.id, ...item.branches.flatMap((branch) => ids(branch.items))]));
  return ids(outlineOf(store));
}
