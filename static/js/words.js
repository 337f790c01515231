// The words of the studio's scripts in the language of the page. English stands where it is said and is the key.
const link = globalThis.document?.querySelector("link[data-words]");
const catalogue = link ? await fetch(link.href).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({})) : {};

/** A text in the language of the page; `{1}`, `{2}` in it stand for the values. */
export const t = (text, ...values) => (catalogue[text] ?? text).replace(/\{(\d+)\}/g, (place, number) => String(values[number - 1] ?? place));

/** Keys by the names that stand on the keyboards of the language. */
export const keysOf = (keys) => keys.replace(/Ctrl|Shift|Delete|Backspace|Enter|Space/g, (key) => catalogue[`key ${key}`] ?? key);
