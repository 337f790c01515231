// What can be named in code: the values of other blocks and what the sandbox has. Pure.
import { pathOf } from "./expression.js";

const OWN = ["input", "blocks", "variables", "output", "result"];
const WORDS = [
  "abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "isinstance", "len", "list", "max", "min", "print", "range", "round",
  "set", "sorted", "str", "sum", "tuple", "zip", "None", "True", "False", "return", "for", "while", "lambda", "import", "raise", "except",
];
const MODULES = ["base64", "collections", "datetime", "decimal", "hashlib", "itertools", "json", "math", "random", "re"];

const inCode = ([root, ...steps]) => root + steps.map((step) => `[${JSON.stringify(step)}]`).join("");

const dotted = (path) => path.reduce((text, step) => (typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : step), "");

/** A value under all its names: that of the block before it is also `input`. */
function namesOf({ path: source, type }, inputOf) {
  const path = pathOf(source);
  if (!path) return [];
  const [root, block, output, ...rest] = path;
  const named = (steps, score) => ({ caption: dotted(steps), value: inCode(steps), meta: type || "", score });
  const isInput = inputOf && root === "blocks" && block === inputOf && output === "output" && rest.length;
  return [{ caption: source, value: inCode(path), meta: type || "", score: 20 }, ...(isInput ? [named(["input", ...rest], 30)] : [])];
}

/** What to offer in code of a language: `values` = [{path, type}], `inputOf` the block whose output is the input. */
export function codeNames(language, values, inputOf = null) {
  if (language !== "python") {
    return values.map(({ path, type }) => ({ caption: path, value: `{{ ${path} }}`, meta: type || "", score: 20 }));
  }
  const words = [
    ...OWN.map((word) => ({ caption: word, value: word, meta: "", score: 40 })),
    ...WORDS.map((word) => ({ caption: word, value: word, meta: "", score: 10 })),
    ...MODULES.map((name) => ({ caption: `import ${name}`, value: `import ${name}`, meta: "", score: 5 })),
  ];
  const found = new Map();
  for (const name of [...words, ...values.flatMap((value) => namesOf(value, inputOf))]) if (!found.has(name.caption)) found.set(name.caption, name);
  return [...found.values()];
}

/** The row (from 0) that a sentence about a text speaks of, whatever its language: "Code: line 3: ...". The first where it names none. */
export function rowOf(sentence) {
  const found = /(?:^|:)\s*[^\d:]+\s(\d+)(?=[:,\s])/.exec(sentence);
  return found ? Math.max(0, Number(found[1]) - 1) : 0;
}
