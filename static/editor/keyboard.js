// Every key of the editor: the table that the sheet of shortcuts shows is the table that is used.
import { ARRANGEMENTS } from "./arranging.js";
import { element, inField } from "./dom.js";
import { thingAt } from "./gestures.js";
import { keysOf, t } from "../js/words.js";

const STEP = 8;
const LARGE_STEP = 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** `[keys, action, what it does, also inside fields]`; Mod is Ctrl, or Cmd on a Mac. */
export const SHORTCUTS = [
  ["Mod+Enter", "run", t("Run the workflow"), true],
  ["Mod+S", "save", t("Save now (saving happens by itself)"), true],
  ["Mod+K", "commands", t("Find a block, a workflow or a command"), true],
  ["Mod+F", "find", t("Find in this workflow")],
  ["/", "add", t("Add a block by typing its name")],
  ["N", "note", t("Add a note")],
  ["Shift+F", "frame", t("Add a frame, around what is selected")],
  ["O", "outline", t("Show the workflow as a list, or as a canvas")],
  ["R", "executions", t("Show a past execution")],
  ["Mod+Z", "undo", t("Undo")],
  ["Mod+Shift+Z", "redo", t("Redo")],
  ["Mod+Y", "redo", t("Redo")],
  ["Mod+A", "selectAll", t("Select everything")],
  ["Mod+D", "duplicate", t("Duplicate what is selected")],
  ["Delete", "delete", t("Delete what is selected")],
  ["Backspace", "delete", t("Delete what is selected")],
  ["C", "connectFrom", t("Connect the block: then go to another one and press Enter")],
  ["X", "connections", t("List the connections of the block")],
  ["S", "select", t("Select the block, note or frame that has the focus, or no more")],
  ["F2", "rename", t("Rename the block")],
  ["E", "enable", t("Turn the selected blocks on or off")],
  ["Shift+T", "tidy", t("Tidy up")],
  ...ARRANGEMENTS.map(([action, does, , keys]) => [keys, action, does]),
  ["Shift+1", "fit", t("See the whole workflow")],
  ["Shift+2", "fitSelection", t("See what is selected")],
  ["Mod+0", "actualSize", t("Zoom to 100 %")],
  ["+", "zoomIn", t("Zoom in")],
  ["-", "zoomOut", t("Zoom out")],
  ["M", "minimap", t("Show or hide the small map")],
  ["Escape", "escape", t("Stop connecting, clear the selection, close the panel")],
  ["?", "shortcuts", t("Show this sheet")],
];

const BY_HAND = [
  ["Mod+C, Mod+X, Mod+V", t("Copy, cut and paste, also between workflows")],
  [t("Tab, Shift+Tab"), t("Go to the next or the previous block, note or frame")],
  ["Enter", t("Open the settings of a block, write on a note; end a connection")],
  [t("Arrow keys"), t("Move what is selected; with Shift in larger steps")],
  [t("Space and drag"), t("Move the canvas; so does dragging its background")],
  [t("Shift and drag"), t("Select with a box")],
  [t("Ctrl and wheel"), t("Zoom")],
];

const OF_ONE = new Set(["delete", "duplicate", "enable"]);

const isMac = navigator.platform.startsWith("Mac");

function nameOf(event) {
  const letter = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  const shiftCounts = event.key.length > 1 || Boolean(letter);
  const moved = letter && (event.altKey || (event.shiftKey && /[0-9]/.test(letter)));
  const key = moved ? letter : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("Mod");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && shiftCounts && key !== "?" && key !== "/" && key !== "+") parts.push("Shift");
  return [...parts, key].join("+");
}

const isElsewhere = (event) =>
  event.defaultPrevented || (isMac ? event.ctrlKey : event.metaKey) || document.querySelector("dialog[open], .picker");

/** Call `actions.do(name)` for the keys of the table and `actions.moveBy(x, y)` for the arrows. */
export function useKeyboard({ gestures, connecting, selection, actions, walking }) {
  const { root } = gestures.view;
  document.addEventListener("keydown", (event) => {
    if (isElsewhere(event)) return;
    const field = inField(event.target);
    const found = SHORTCUTS.find(([keys]) => keys === nameOf(event));
    if (found && (!field || found[3])) {
      event.preventDefault();
      if (OF_ONE.has(found[1])) takeFocused(event);
      actions.do(found[1]);
    } else if (!field && root.contains(event.target)) onCanvas(event);
    else if (!field && event.target === document.body && event.key in ARROWS) onCanvas(event);
  });
  const hold = (held) => (event) => {
    if (event.code !== "Space" || inField(event.target) || event.target.closest?.("button, summary, a")) return;
    if (held) event.preventDefault();
    gestures.spaceHeld = held;
    root.classList.toggle("space-held", held);
  };
  document.addEventListener("keydown", hold(true));
  document.addEventListener("keyup", hold(false));
  window.addEventListener("blur", () => hold(false)({ code: "Space", target: document.body }));

  function onCanvas(event) {
    const thing = thingAt(event.target);
    if (event.key === "Tab" && !event.ctrlKey && !event.altKey) {
      if (walking.step(event.shiftKey ? -1 : 1)) event.preventDefault();
    } else if (event.key in ARROWS) {
      takeFocused(event);
      if (!selection.blocks.size && !selection.annotations.size) return;
      event.preventDefault();
      const [x, y] = ARROWS[event.key];
      const step = event.shiftKey ? LARGE_STEP : STEP;
      actions.moveBy(x * step, y * step);
    } else if (event.key === "Enter" || (event.key === " " && thing.port)) {
      if (event.target.closest("button") && !thing.port) return;
      event.preventDefault();
      enter(thing);
    }
  }

  /** Who walks by keyboard means what has the focus, not what was chosen before. */
  function takeFocused(event) {
    const thing = thingAt(event.target);
    const chosen = selection.blocks.has(thing.block) || selection.annotations.has(thing.annotation);
    if (!chosen && (thing.block || thing.annotation) && (!selection.size || event.target.matches(":focus-visible"))) walking.choose(thing);
  }

  function enter({ port, block, edge, annotation }) {
    if (connecting.active && block && !(port && port.side === connecting.from.side)) connecting.finish(block, port?.handle);
    else if (port) connecting.start(port);
    else if (block) actions.open(block);
    else if (annotation) gestures.hooks.write(annotation);
    else if (edge) selection.set([], [edge]);
  }
}

const keycaps = (keys) =>
  keys.split(", ").flatMap((combination, place) => [
    place ? " " : null,
    ...combination.split(/(?<=.)\+/).map((key) => element("kbd", {}, keysOf(key.replace("Mod", isMac ? "⌘" : "Ctrl").replace("Escape", "Esc")))),
  ]);

/** Fill the sheet of shortcuts. */
export function fillSheet(place) {
  const rows = [...SHORTCUTS.map(([keys, , does]) => [keys, does]), ...BY_HAND];
  const byWhat = new Map();
  for (const [keys, does] of rows) byWhat.set(does, byWhat.has(does) ? `${byWhat.get(does)}, ${keys}` : keys);
  place.replaceChildren(...[...byWhat].map(([does, keys]) =>
    element("div", {}, element("dt", {}, ...keycaps(keys)), element("dd", {}, does))));
}
