// The edges on the canvas: one SVG, the curve that is being drawn, and the buttons at a chosen edge.
import { element, icon, svgElement } from "./dom.js";
import { boxOfPoints, curve, curvePath, overlaps, pointOn, portPoint } from "./geometry.js";
import { guidePath } from "./guides.js";
import { t } from "../js/words.js";

export class EdgeLayer {
  constructor(view) {
    Object.assign(this, { view, store: view.store, selection: view.selection });
    this.lines = new Map();
    this.curves = new Map();
    this.taken = new Map();
    this.draft = svgElement("path", { class: "edge-draft" });
    this.guides = svgElement("path", { class: "guides" });
    this.svg = svgElement("svg", { class: "edges" }, this.draft, this.guides);
    this.tools = this.makeTools();
  }

  makeTools() {
    const button = (action, name, label) =>
      element("button", {
        type: "button", class: "button button-icon button-small", "data-edge-action": action, "aria-label": label, title: label,
      }, icon(name));
    const tools = element("div", { class: "edge-tools", hidden: true });
    tools.append(button("insert", "plus", t("Insert a block here")), button("delete", "trash-2", t("Delete this connection")));
    return tools;
  }

  /** The curve of an edge, or null while one of its ends is missing. */
  curveOf(edge) {
    const source = this.store.blocks.get(edge.source);
    const target = this.store.blocks.get(edge.target);
    if (!source || !target) return null;
    const known = this.curves.get(edge.id);
    if (known && known.edge === edge && known.source === source && known.target === target) return known;
    const points = curve(
      portPoint(source, this.view.shape(source).outputs, "out", edge.sourceHandle),
      portPoint(target, this.view.shape(target).outputs, "in", edge.targetHandle),
    );
    const made = { edge, source, target, points, box: boxOfPoints(points), path: curvePath(points) };
    this.curves.set(edge.id, made);
    return made;
  }

  draw(sight) {
    for (const [id, line] of this.lines) if (!this.store.edges.has(id)) this.unmount(id, line);
    for (const edge of this.store.edges.values()) {
      const made = this.curveOf(edge);
      const line = this.lines.get(edge.id);
      if (made && overlaps(made.box, sight)) this.drawEdge(edge, made, line || this.mountEdge(edge));
      else if (line) this.unmount(edge.id, line);
    }
    this.drawTools();
  }

  unmount(id, line) {
    line.group.remove();
    this.lines.delete(id);
    this.curves.delete(id);
  }

  mountEdge(edge) {
    const hit = svgElement("path", { class: "edge-hit" });
    const stroke = svgElement("path", { class: "edge-line" });
    const group = svgElement("g", { class: "edge", "data-edge-id": edge.id, tabindex: "-1", role: "button" }, hit, stroke);
    const line = { group, hit, stroke, path: "" };
    this.lines.set(edge.id, line);
    this.svg.insertBefore(group, this.draft);
    return line;
  }

  drawEdge(edge, { path, source, target }, line) {
    if (line.path !== path) {
      line.hit.setAttribute("d", path);
      line.stroke.setAttribute("d", path);
      line.path = path;
    }
    line.group.classList.toggle("selected", this.selection.edges.has(edge.id));
    line.group.classList.toggle("error-way", edge.sourceHandle === "error");
    line.group.classList.toggle("added", this.view.marks.has(`edge ${edge.id}`));
    const taken = this.taken.get(edge.source);
    line.group.classList.toggle("taken", Boolean(taken?.includes(edge.sourceHandle)));
    const names = `${source.name}|${edge.sourceHandle}|${target.name}`;
    if (line.names !== names) {
      line.group.setAttribute("aria-label", t("Connection from {1}, {2}, to {3}", source.name, edge.sourceHandle, target.name));
      line.names = names;
    }
  }

  drawTools() {
    const [id] = this.selection.edges;
    const edge = this.selection.edges.size === 1 && this.selection.size === 1 && !this.store.readOnly ? this.store.edges.get(id) : null;
    const made = edge && this.curveOf(edge);
    this.tools.hidden = !made;
    if (!made) return;
    const middle = pointOn(made.points, 0.5);
    this.tools.style.transform = `translate(${middle.x}px,${middle.y}px) translate(-50%,-50%) scale(${1 / this.view.viewport.scale})`;
  }

  /** Show a curve that is being drawn, or hide it with null. */
  drawDraft(points) {
    this.draft.setAttribute("d", points ? curvePath(points) : "");
  }

  /** Show along what something is being dragged. */
  drawGuides(lines) {
    this.guides.setAttribute("d", guidePath(lines));
  }

  /** Light up the edges that leave a block through these ports. */
  setTaken(blockId, ports) {
    this.taken.set(blockId, ports || []);
    this.view.schedule();
  }
}
