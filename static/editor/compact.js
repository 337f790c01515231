// A burst of operations as few: what a later one says anew, an earlier one need not say. Pure.
import { performOne, same } from "./operations.js";

const LOOK_BACK = 200;

/** The things that an operation is about; whoever touches the same must keep its order. */
function touched(operation) {
  if (operation.type === "add_block") return [`block ${operation.block.id}`];
  if (operation.type === "move_blocks") return Object.keys(operation.positions).map((id) => `block ${id}`);
  if (operation.type === "connect") {
    const { id, source, target } = operation.edge;
    return [`edge ${id}`, `block ${source}`, `block ${target}`];
  }
  if (operation.type === "disconnect") return [`edge ${operation.edge_id}`];
  if (operation.type === "rename_workflow") return ["workflow"];
  if (operation.type === "add_annotation") return [`annotation ${operation.annotation.id}`];
  if (operation.type === "move_annotations") return Object.keys(operation.positions).map((id) => `annotation ${id}`);
  if (operation.annotation_id) return [`annotation ${operation.annotation_id}`];
  return [`block ${operation.block_id}`];
}

/** Both as one operation, `[]` when they come to nothing, or null when both are needed. */
function folded(earlier, later) {
  if (earlier.type === "add_block") return intoNewBlock(earlier, later);
  if (earlier.type === "connect" && later.type === "disconnect" && earlier.edge.id === later.edge_id) return [];
  if (earlier.type === "add_annotation") return intoNewAnnotation(earlier, later);
  if (earlier.type !== later.type) return null;
  if (earlier.type === "rename_workflow") return [later];
  if (earlier.type === "set_annotation") return earlier.annotation_id === later.annotation_id ? [{ ...earlier, ...later }] : null;
  if (earlier.positions) return [{ ...earlier, positions: { ...earlier.positions, ...later.positions } }];
  if (earlier.block_id !== later.block_id) return null;
  if (earlier.type === "set_block") return [{ ...earlier, ...later }];
  if (earlier.type === "set_field" && same(earlier.path, later.path)) return [later];
  return null;
}

function intoNewBlock(earlier, later) {
  const { id } = earlier.block;
  const isAbout = later.block_id === id || (later.type === "move_blocks" && same(Object.keys(later.positions), [id]));
  if (!isAbout || later.type === "remove_block") return null;
  const graph = { blocks: new Map([[id, earlier.block]]), edges: new Map() };
  if (typeof performOne(graph, later) === "string") return null;
  return [{ ...earlier, block: graph.blocks.get(id) }];
}

function intoNewAnnotation(earlier, later) {
  const { id } = earlier.annotation;
  if (later.type === "remove_annotation" && later.annotation_id === id) return [];
  const isAbout = later.annotation_id === id || (later.type === "move_annotations" && same(Object.keys(later.positions), [id]));
  if (!isAbout) return null;
  const graph = { annotations: new Map([[id, earlier.annotation]]) };
  performOne(graph, later);
  return [{ ...earlier, annotation: graph.annotations.get(id) }];
}

/** One more operation at the end of a list, folded into an earlier one when nothing between them stands in the way. */
function added(list, operation) {
  const mine = new Set(touched(operation));
  for (let place = list.length - 1; place >= Math.max(0, list.length - LOOK_BACK); place -= 1) {
    const fold = folded(list[place], operation);
    if (fold) {
      list.splice(place, 1, ...fold);
      return;
    }
    const meets = touched(list[place]).some((thing) => mine.has(thing));
    const beside = list[place].type === "set_field" && operation.type === "set_field" && !overlaps(list[place].path, operation.path);
    if (meets && !beside && !isElsewhere(list[place], operation)) break;
  }
  list.push(operation);
}

/** Whether one path leads to the other or into it. */
export const overlaps = (one, other) => {
  const length = Math.min(one.length, other.length);
  return same(one.slice(0, length), other.slice(0, length));
};

const ASPECTS = ["move_blocks", "set_field", "set_block", "connect", "move_annotations", "set_annotation"];

/** Place, fields and edges of one block do not depend on each other. */
const isElsewhere = (one, other) =>
  one.type !== other.type && ASPECTS.includes(one.type) && ASPECTS.includes(other.type);

export function compact(operations) {
  const list = [];
  for (const operation of operations) added(list, operation);
  return list;
}
