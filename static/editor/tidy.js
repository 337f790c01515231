// A layered layout from left to right for all blocks or for the chosen ones.
import { Graph, layout } from "../vendor/dagre/dagre.esm.js";
import { boundingBox, cardSize } from "./geometry.js";

/** New positions, `Map(id -> {x, y})`; the drawing keeps its top left corner where it was. */
export function tidyPositions(store, blockIds = [...store.blocks.keys()]) {
  const chosen = new Set(blockIds);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 88 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of blockIds) graph.setNode(id, cardSize(store.outputs(id)));
  for (const edge of store.edges.values()) {
    if (chosen.has(edge.source) && chosen.has(edge.target)) graph.setEdge(edge.source, edge.target, {}, edge.id);
  }
  layout(graph, { constraints: portOrder(store, chosen) });
  return atOldCorner(store, blockIds, graph);
}

/** Which block must come out above which: those that hang on an upper port above those that hang on a lower one. */
function portOrder(store, chosen) {
  const constraints = [];
  for (const id of chosen) {
    const places = new Map(store.outputs(id).map((port, place) => [port.name, place]));
    const targets = store.edgesOf(id)
      .filter((edge) => edge.source === id && chosen.has(edge.target) && hangsOn(store, edge.target, id))
      .sort((one, other) => (places.get(one.sourceHandle) ?? 0) - (places.get(other.sourceHandle) ?? 0))
      .map((edge) => edge.target);
    const once = [...new Set(targets)];
    once.slice(1).forEach((target, index) => constraints.push({ left: once[index], right: target }));
  }
  return constraints;
}

/** Whether a block follows this one only; any other order could not be kept at all its sources. */
const hangsOn = (store, target, source) =>
  store.edgesOf(target).every((edge) => edge.target !== target || edge.source === source);

function atOldCorner(store, blockIds, graph) {
  const laid = blockIds.map((id) => {
    const node = graph.node(id);
    return { id, x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height };
  });
  const before = boundingBox(blockIds.map((id) => ({ ...store.blocks.get(id).position, ...cardSize(store.outputs(id)) })));
  const after = boundingBox(laid);
  return new Map(laid.map(({ id, x, y }) => [id, { x: x - after.x + before.x, y: y - after.y + before.y }]));
}
