// The drawing as an SVG text that stands alone: for documents, not for the screen. Pure.
import { boundingBox, curve, curvePath, grown, portPoint } from "./geometry.js";

const MARGIN = 32;
const LONGEST_NAME = 30;
const COLOURS = {
  start: "#17733e", flow: "#8a4b00", code: "#3552d0", connect: "#0b6f80", ai: "#7a3fc4",
  answer: "#b02a6b", data: "#1f6a9c", text: "#5c6614", files: "#8f4630", tools: "#4f5b70",
};
const PAPERS = { yellow: "#fff3c4", green: "#d9f2e2", blue: "#dde8fc", pink: "#fbdfeb", purple: "#e8e0fa", grey: "#eceef1" };
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const safe = (text) => String(text).replace(FORBIDDEN, "").replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
const cut = (text, most = LONGEST_NAME) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

function cardOf({ x, y, width, height, name, title, category, off }) {
  return `<g transform="translate(${x},${y})"${off ? ' opacity="0.55"' : ""}>` +
    `<rect width="${width}" height="${height}" rx="12" fill="#ffffff" stroke="#c9ced6"/>` +
    `<rect x="13" y="15" width="30" height="30" rx="8" fill="${COLOURS[category] ?? COLOURS.tools}"/>` +
    `<text x="54" y="27" font-size="14" font-weight="600" fill="#1b2230">${safe(cut(name, 22))}</text>` +
    `<text x="54" y="44" font-size="12" fill="#5a6473">${safe(cut(title))}</text></g>`;
}

function annotationOf({ kind, text, colour, position, size }) {
  const lines = text.split("\n").slice(0, Math.max(1, Math.floor((size.height - 12) / 19)));
  const most = Math.max(4, Math.floor(size.width / 7.5));
  const said = lines.map((line, at) => `<tspan x="12" y="${25 + at * 19}">${safe(cut(line, most))}</tspan>`).join("");
  return `<g transform="translate(${position.x},${position.y})"><rect width="${size.width}" height="${size.height}" rx="8" ` +
    `fill="${PAPERS[colour] ?? PAPERS.grey}" fill-opacity="${kind === "frame" ? 0.4 : 1}" stroke="#c9ced6"/>` +
    `<text font-size="13" fill="#1b2230">${said}</text></g>`;
}

/**
 * `cards` = [{id, x, y, width, height, name, title, category, off, block, outputs}], `edges` and `annotations` as the store has them.
 * Answers `{svg, width, height}`.
 */
export function pictureOf({ name, cards, edges, annotations }) {
  const byId = new Map(cards.map((card) => [card.id, card]));
  const lines = edges.filter(({ source, target }) => byId.has(source) && byId.has(target)).map((edge) => {
    const [from, to] = [byId.get(edge.source), byId.get(edge.target)];
    const points = curve(
      portPoint(from.block, from.outputs, "out", edge.sourceHandle), portPoint(to.block, to.outputs, "in", edge.targetHandle));
    return { points, path: `<path d="${curvePath(points)}"${edge.sourceHandle === "error" ? ' stroke-dasharray="2 6"' : ""}/>` };
  });
  const boxes = [
    ...cards, ...annotations.map(({ position, size }) => ({ ...position, ...size })),
    ...lines.flatMap(({ points }) => points.map(({ x, y }) => ({ x, y, width: 0, height: 0 }))),
  ];
  const { x, y, width, height } = grown(boundingBox(boxes) ?? { x: 0, y: 0, width: 1, height: 1 }, MARGIN);
  const ordered = [...annotations].sort((one, other) => Number(other.kind === "frame") - Number(one.kind === "frame"));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${x} ${y} ${width} ${height}" ` +
    `font-family="system-ui, sans-serif"><title>${safe(name)}</title>` +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#f6f7f9"/>${ordered.map(annotationOf).join("")}` +
    `<g fill="none" stroke="#8a93a3" stroke-width="2" stroke-linecap="round">${lines.map(({ path }) => path).join("")}</g>` +
    `${cards.map(cardOf).join("")}</svg>\n`;
  return { svg, width, height };
}
