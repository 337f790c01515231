// What the copilot proposes, on the canvas before it is there: new blocks and edges as ghosts, the others marked.
import { annotationBox } from "./annotations.js";
import { Card } from "./card.js";
import { annotationGhost, compared } from "./compare.js";
import { element, svgElement } from "./dom.js";
import { cardSize, curve, curvePath, portPoint } from "./geometry.js";
import { applied, copied } from "./operations.js";
import { expandOutputs } from "./ports.js";

/** The operations of those changes of a proposal that are still open. */
export function openOperations(proposal) {
  const numbers = proposal.changes.filter(({ state }) => state === "open").flatMap(({ operations }) => operations);
  return [...new Set(numbers)].sort((one, other) => one - other).map((number) => proposal.operations[number]);
}

export class Ghosts {
  constructor(view, store) {
    Object.assign(this, { view, store, proposal: null });
    this.cards = element("div", { class: "ghosts copilot-ghosts", inert: true, "aria-hidden": "true" });
    this.lines = svgElement("svg", { class: "edges ghost-edges copilot-ghosts", "aria-hidden": "true" });
    view.world.prepend(this.cards, this.lines);
    store.subscribe(() => this.proposal && this.draw());
  }

  /** Show a proposal, or nothing any more. */
  show(proposal, { fit = false } = {}) {
    const had = this.proposal;
    this.proposal = proposal?.state === "open" ? proposal : null;
    if (!this.proposal && !had) return;
    const added = this.draw();
    if (fit && this.proposal) this.fit(added);
  }

  /** Bring what is new into sight, together with what is there. */
  fit({ blocks, annotations }) {
    const boxes = [...blocks.map((block) => ({ ...block.position, ...cardSize(this.outputs(block)) })), ...annotations.map(annotationBox)];
    this.view.measure();
    if (boxes.length) this.view.fitBoxes([...this.view.boxes(), ...boxes]);
  }

  outputs(block) {
    return expandOutputs(this.store.entryOf(block), block.config);
  }

  draw() {
    this.cards.replaceChildren();
    this.lines.replaceChildren();
    if (!this.proposal) {
      this.view.setProposed(new Map());
      return { blocks: [], annotations: [] };
    }
    const before = copied(this.store);
    const { graph: after } = applied(before, openOperations(this.proposal));
    const difference = compared(before, after);
    this.view.setProposed(marksOf(difference));
    const annotations = [...difference.annotationsAdded].map((id) => after.annotations.get(id));
    const blocks = [...difference.added].map((id) => after.blocks.get(id));
    for (const annotation of annotations) this.cards.append(annotationGhost(annotation, "proposed"));
    for (const block of blocks) this.cards.append(this.ghost(block));
    for (const id of difference.edgesAdded) this.lines.append(this.line(after, after.edges.get(id), "edge-proposed"));
    for (const id of difference.edgesRemoved) this.lines.append(this.line(before, before.edges.get(id), "edge-ghost"));
    return { blocks, annotations };
  }

  ghost(block) {
    const card = new Card(block, this.store.entryOf(block), this.outputs(block));
    card.element.dataset.diff = "proposed";
    card.element.dataset.proposedId = block.id;
    card.element.removeAttribute("data-block-id");
    return card.element;
  }

  line(graph, edge, name) {
    const at = (id, side, handle) => {
      const block = graph.blocks.get(id);
      return portPoint(block, this.outputs(block), side, handle);
    };
    const points = curve(at(edge.source, "out", edge.sourceHandle), at(edge.target, "in", edge.targetHandle));
    return svgElement("path", { class: name, d: curvePath(points) });
  }
}

const marksOf = ({ changed, removed, annotationsChanged, annotationsRemoved }) =>
  new Map([...[...changed].map((id) => [id, "changed"]), ...[...removed].map((id) => [id, "removed"]),
    ...[...annotationsChanged].map((id) => [`annotation ${id}`, "changed"]), ...[...annotationsRemoved].map((id) => [`annotation ${id}`, "removed"])]);
