// Shows on the canvas how it differs from another state of the graph: added green, changed amber, removed as a red ghost.
import { annotationBox } from "./annotations.js";
import { Card } from "./card.js";
import { element, svgElement } from "./dom.js";
import { cardSize, curve, curvePath, portPoint } from "./geometry.js";
import { same } from "./operations.js";
import { expandOutputs } from "./ports.js";
import { t } from "../js/words.js";

/** Sets of ids from one graph to another: of blocks `added, changed, removed`, of edges and of annotations with their name before. Pure. */
export function compared(before, after) {
  const ids = (things, test) => new Set([...things.keys()].filter(test));
  return {
    added: ids(after.blocks, (id) => !before.blocks.has(id)),
    removed: ids(before.blocks, (id) => !after.blocks.has(id)),
    changed: ids(after.blocks, (id) => before.blocks.has(id) && !same(before.blocks.get(id), after.blocks.get(id))),
    annotationsAdded: ids(after.annotations, (id) => !before.annotations.has(id)),
    annotationsRemoved: ids(before.annotations, (id) => !after.annotations.has(id)),
    annotationsChanged: ids(after.annotations, (id) => before.annotations.has(id) && !same(before.annotations.get(id), after.annotations.get(id))),
    edgesAdded: ids(after.edges, (id) => !same(after.edges.get(id), before.edges.get(id))),
    edgesRemoved: ids(before.edges, (id) => !same(after.edges.get(id), before.edges.get(id))),
  };
}

/** The difference in one sentence. */
export function sentence({ added, changed, removed, edgesAdded, edgesRemoved, annotationsAdded, annotationsChanged, annotationsRemoved }) {
  const part = (set, word) => (set.size ? [`${set.size} ${word}`] : []);
  const parts = [...part(added, "added"), ...part(changed, "changed"), ...part(removed, "removed")];
  const notes = annotationsAdded.size + annotationsChanged.size + annotationsRemoved.size;
  if (notes) parts.push(notes === 1 ? t("a note or frame differs") : t("{1} notes or frames differ", notes));
  const lines = edgesAdded.size + edgesRemoved.size;
  if (!parts.length && lines) parts.push(lines === 1 ? t("a connection differs") : t("{1} connections differ", lines));
  return parts.length ? t("Since then: {1}.", parts.join(", ")) : t("Nothing differs from what is on the canvas.");
}

export class Comparison {
  constructor(view, store) {
    Object.assign(this, { view, store, graph: null });
    this.ghosts = element("div", { class: "ghosts", inert: true, "aria-hidden": "true" });
    this.lines = svgElement("svg", { class: "edges ghost-edges", "aria-hidden": "true" });
    view.world.prepend(this.ghosts, this.lines);
    store.subscribe(() => this.graph && this.draw());
  }

  /** Compare the canvas with this graph, or with nothing any more. Answers the difference. */
  show(graph) {
    this.graph = graph;
    const difference = this.draw();
    if (difference) this.fit(difference);
    return difference;
  }

  /** Bring all of it into sight, what is gone too. */
  fit({ removed, annotationsRemoved }) {
    const gone = [...removed].map((id) => this.graph.blocks.get(id));
    const box = (block) => ({ ...block.position, ...cardSize(this.outputs(block)) });
    const torn = [...annotationsRemoved].map((id) => annotationBox(this.graph.annotations.get(id)));
    this.view.measure();
    this.view.fitBoxes([...this.view.allBoxes(), ...gone.map(box), ...torn]);
  }

  outputs(block) {
    return expandOutputs(this.store.entryOf(block), block.config);
  }

  draw() {
    const { view, graph } = this;
    this.ghosts.replaceChildren();
    this.lines.replaceChildren();
    const difference = graph && compared(graph, this.store);
    view.setMarks(difference ? marksOf(difference) : new Map());
    if (!difference) return null;
    for (const id of difference.annotationsRemoved) this.ghosts.append(annotationGhost(graph.annotations.get(id), "removed"));
    for (const id of difference.removed) this.ghosts.append(this.ghost(graph.blocks.get(id)));
    for (const id of difference.edgesRemoved) this.lines.append(this.ghostEdge(graph.edges.get(id)));
    return difference;
  }

  ghost(block) {
    const card = new Card(block, this.store.entryOf(block), this.outputs(block));
    card.element.dataset.diff = "removed";
    card.element.removeAttribute("data-block-id");
    return card.element;
  }

  ghostEdge(edge) {
    const at = (id, side, handle) => {
      const block = this.graph.blocks.get(id);
      return portPoint(block, this.outputs(block), side, handle);
    };
    const points = curve(at(edge.source, "out", edge.sourceHandle), at(edge.target, "in", edge.targetHandle));
    return svgElement("path", { class: "edge-ghost", d: curvePath(points) });
  }
}

/** A note or frame that is gone, or proposed. */
export function annotationGhost({ kind, text, colour, position, size }, mark) {
  const made = element("div", { class: "annotation", "data-kind": kind, "data-colour": colour, "data-diff": mark },
    element("div", { class: "annotation-text" }, text));
  made.style.transform = `translate(${position.x}px,${position.y}px)`;
  made.style.width = `${size.width}px`;
  made.style.height = `${size.height}px`;
  return made;
}

const marksOf = ({ added, changed, edgesAdded, annotationsAdded, annotationsChanged }) =>
  new Map([...[...annotationsAdded].map((id) => [`annotation ${id}`, "added"]), ...[...annotationsChanged].map((id) => [`annotation ${id}`, "changed"]),
    ...[...added].map((id) => [id, "added"]), ...[...changed].map((id) => [id, "changed"]),
    ...[...edgesAdded].map((id) => [`edge ${id}`, "added"])]);

