// What stands in a field that takes values: texts with `{{ placeholders }}`, paths, and how a path reads for people. No DOM.
import { t } from "../js/words.js";

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const INDEX = /\[\s*(-?\d+)\s*\]/y;
const KEY = /\[\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\]/y;
const BEFORE_CARET = /[A-Za-z_][\w.[\]"]*$/;
const ROOTS = { variables: t("Variables"), input: t("Input"), item: t("Item"), index: t("Index"), execution: t("Execution"), workflow: t("Workflow"), secrets: t("Secret") };
const MOST_OFFERED = 8;

/** Where the placeholder that opens at `start` ends, or -1: at the first `}}` outside texts and brackets. */
function closing(text, start) {
  let depth = 0;
  for (let at = start + 2; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"' || sign === "'") {
      for (at += 1; at < text.length && text[at] !== sign; at += 1) if (text[at] === "\\") at += 1;
    } else if ("{[(".includes(sign)) depth += 1;
    else if (depth === 0 && text.startsWith("}}", at)) return at + 2;
    else if ("}])".includes(sign) && depth) depth -= 1;
  }
  return -1;
}

/** A text in its parts: `{text}`, or `{written, source, path}` for a placeholder, where path is null unless it only names a value. */
export function partsOf(text) {
  const parts = [];
  let done = 0;
  for (let start = text.indexOf("{{"); start >= 0; start = text.indexOf("{{", done)) {
    const end = closing(text, start);
    if (end < 0) break;
    if (start > done) parts.push({ text: text.slice(done, start) });
    const source = text.slice(start + 2, end - 2).trim();
    parts.push({ written: text.slice(start, end), source, path: pathOf(source) });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

/** Whether a text has a placeholder that is closed. */
export const hasPlaceholder = (text) => partsOf(text).some((part) => part.source !== undefined);

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** `blocks.fetch.output[0]["a b"]` as ["blocks", "fetch", "output", 0, "a b"]; null for what is not just a path. */
export function pathOf(source) {
  const first = match(NAME, source, 0);
  if (!first) return null;
  const path = [first[0]];
  let at = first[0].length;
  while (at < source.length) {
    const field = source[at] === "." ? match(NAME, source, at + 1) : null;
    const index = match(INDEX, source, at);
    const key = match(KEY, source, at);
    if (field) path.push(field[0]);
    else if (index) path.push(Number(index[1]));
    else if (key) path.push(unquoted(key[1]));
    else return null;
    at += field ? field[0].length + 1 : (index || key)[0].length;
  }
  return path;
}

const unquoted = (literal) => literal.slice(1, -1).replace(/\\(.)/g, "$1");

/** The block that a path speaks of and what follows: `{block, rest}`; block is null for paths that begin elsewhere. */
export function targetOf(path, isBlock) {
  if (path[0] === "blocks" && path.length > 1) return { block: String(path[1]), rest: path.slice(path[2] === "output" ? 3 : 2) };
  if (!(path[0] in ROOTS) && path[1] === "output" && isBlock(path[0])) return { block: path[0], rest: path.slice(2) };
  return { block: null, rest: path };
}

/** The same text for every way to write a path. */
export function keyOf(path, isBlock) {
  const { block, rest } = targetOf(path, isBlock);
  return JSON.stringify(block === null ? rest : ["blocks", block, "output", ...rest]);
}

const readable = (step) => (typeof step === "number" ? `${step + 1}.` : step);

/** How a path reads: `{label, missing, block}`. `nameOf(id)` answers a block's name, or undefined where there is none. */
export function described(path, nameOf) {
  const { block, rest } = targetOf(path, (id) => nameOf(id) !== undefined);
  if (block !== null) {
    const name = nameOf(block);
    return { label: [name ?? block, ...rest.map(readable)].join(" › "), missing: name === undefined, block };
  }
  const [root, ...steps] = rest;
  const named = (root === "variables" || root === "secrets") && steps.length;
  return { label: [...(named ? [] : [ROOTS[root] ?? root]), ...steps.map(readable)].join(" › "), missing: false, block: null };
}

/** A path as Python code reads it: `blocks["fetch"]["output"]`. */
export function asCode(source) {
  const path = pathOf(source);
  return path ? path[0] + path.slice(1).map((step) => `[${JSON.stringify(step)}]`).join("") : source;
}

/** What of a path is typed before the caret: `{typed, start}`; null where no name is being typed. */
export function typedBefore(text, caret, bare) {
  const before = text.slice(0, caret);
  if (!bare) {
    const open = before.lastIndexOf("{{");
    if (open < 0 || closing(text.slice(0, caret), open) >= 0) return null;
    if (/^\{\{\s*$/.test(before.slice(open))) return { typed: "", start: caret };
  }
  const found = BEFORE_CARET.exec(before);
  return found ? { typed: found[0], start: caret - found[0].length } : null;
}

/** What could be meant by `typed`: of `known` = [{path, label, type, sample}], those that begin so first, then those named so. */
export function offered(known, typed) {
  const wanted = typed.toLowerCase();
  const begins = known.filter(({ path }) => path.toLowerCase().startsWith(wanted) && path !== typed);
  const named = known.filter((one) => !begins.includes(one) && one.path !== typed && wanted && !typed.includes(".") &&
    one.label.toLowerCase().split(" › ").some((word) => word.startsWith(wanted)));
  return [...begins, ...named].slice(0, MOST_OFFERED);
}
