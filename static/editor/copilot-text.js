// A model's words as elements: paragraphs, lists, code and bold. Nothing of it is ever taken for HTML.
import { element } from "./dom.js";

const PIECES = /(`[^`\n]+`|\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*)/;

function inline(text) {
  return text.split(PIECES).filter(Boolean).map((piece) => {
    if (piece.length > 2 && piece.startsWith("`") && piece.endsWith("`")) return element("code", {}, piece.slice(1, -1));
    if (piece.length > 4 && piece.startsWith("**") && piece.endsWith("**")) return element("strong", {}, piece.slice(2, -2));
    if (piece.length > 2 && piece.startsWith("*") && piece.endsWith("*")) return element("em", {}, piece.slice(1, -1));
    return document.createTextNode(piece);
  });
}

function block(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const bullets = lines.map((line) => /^\s*(?:[-*•]|\d+[.)])\s+(.*)$/.exec(line)?.[1]);
  if (lines.length && bullets.every((one) => one !== undefined)) {
    return element("ul", {}, ...bullets.map((one) => element("li", {}, ...inline(one))));
  }
  return element("p", {}, ...lines.flatMap((line, number) => [
    ...(number ? [element("br")] : []), ...inline(line.replace(/^#{1,4}\s+/, "")),
  ]));
}

/** The elements that show a text. */
export function written(text) {
  return text.split(/(```[\s\S]*?(?:```|$))/).flatMap((part) => {
    if (part.startsWith("```")) {
      const code = part.replace(/^```[^\n]*\n?/, "").replace(/```$/, "");
      return [element("pre", { tabindex: "0" }, code)];
    }
    return part.split(/\n{2,}|\n(?=\s*[-*•] )/).filter((one) => one.trim()).reduce(joined, []).map(block);
  });
}

/** Points of a list that follow each other belong together. */
function joined(parts, part) {
  const isPoint = (text) => /^\s*[-*•] /.test(text);
  if (parts.length && isPoint(part) && isPoint(parts.at(-1))) return [...parts.slice(0, -1), `${parts.at(-1)}\n${part}`];
  return [...parts, part];
}
