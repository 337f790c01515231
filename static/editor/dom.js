// Small helpers to make elements. Text is always set as text, never as HTML.
import { t } from "../js/words.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** An element with attributes, listeners (`on: {click}`) and children; null attributes and children are left out. */
export const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const svgElement = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

const SPRITE = new URL("../icons.svg", import.meta.url).pathname;
let spritePlace = `${SPRITE}#`;

/** One icon of the sprite. */
export const icon = (name) =>
  svgElement("svg", { class: "icon", "aria-hidden": "true" }, svgElement("use", { href: `${spritePlace}${name}` }));

/** Put the sprite into the page, so that icons can be drawn while the server is away. */
export async function keepIcons() {
  const sprite = new DOMParser().parseFromString(await (await fetch(SPRITE)).text(), "image/svg+xml").documentElement;
  for (const symbol of sprite.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  for (const [name, value] of [["width", "0"], ["height", "0"], ["aria-hidden", "true"]]) sprite.setAttribute(name, value);
  sprite.style.position = "absolute";
  document.body.append(document.adoptNode(sprite));
  spritePlace = "#icon-";
}

export const inField = (target) =>
  target instanceof Element && (target.closest("input, textarea, select, [contenteditable=true], .ace_editor") !== null);

/** "0.4 s", "12 s", "3 min 5 s" */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Say something to a screen reader, politely. */
export function announce(text) {
  const region = document.getElementById("editor-announcements");
  if (region) region.textContent = text;
}

const TOAST_MS = 8000;
const MOST_TOASTS = 2;

/** A note at the bottom: `tone` is info, success or danger; `actions` are buttons or links. */
export function toast(text, { tone = "info", actions = [], stay = false } = {}) {
  const close = element("button", { type: "button", class: "button button-icon button-small", "aria-label": t("Close this note") }, icon("x"));
  const signs = { info: "info", success: "circle-check", danger: "circle-x" };
  const note = element("div", { class: "editor-toast", "data-tone": tone, role: tone === "danger" ? "alert" : "status" },
    icon(signs[tone]), element("span", { class: "toast-text" }, text), ...actions, close);
  close.addEventListener("click", () => note.remove());
  const shelf = document.getElementById("editor-toasts");
  shelf.append(note);
  while (shelf.children.length > MOST_TOASTS) shelf.firstElementChild.remove();
  if (!stay) setTimeout(() => note.remove(), TOAST_MS);
  return note;
}
