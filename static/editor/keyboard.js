// Every key of the editor: the table that the sheet of shortcuts shows is the table that is used.
import { element, inField } from "./dom.js";
import { thingAt } from "./gestures.js";

const STEP = 8;
const LARGE_STEP = 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** `[keys, action, what it does, also inside fields]`; Mod is Ctrl, or Cmd on a Mac. */
export const SHORTCUTS = [
  ["Mod+Enter", "run", "Run the workflow", true],
  ["Mod+S", "save", "Save now (saving happens by itself)", true],
  ["Mod+K", "commands", "Find a block, a place or a command", true],
  ["/", "add", "Add a block by typing its name"],
  ["Mod+Z", "undo", "Undo"],
  ["Mod+Shift+Z", "redo", "Redo"],
  ["Mod+Y", "redo", "Redo"],
  ["Mod+A", "selectAll", "Select all blocks"],
  ["Mod+D", "duplicate", "Duplicate the selected blocks"],
  ["Delete", "delete", "Delete what is selected"],
  ["Backspace", "delete", "Delete what is selected"],
  ["F2", "rename", "Rename the block"],
  ["E", "enable", "Turn the selected blocks on or off"],
  ["Shift+T", "tidy", "Tidy up"],
  ["Shift+1", "fit", "See the whole workflow"],
  ["Mod+0", "actualSize", "Zoom to 100 %"],
  ["+", "zoomIn", "Zoom in"],
  ["-", "zoomOut", "Zoom out"],
  ["Escape", "escape", "Stop connecting, clear the selection, close the panel"],
  ["?", "shortcuts", "Show this sheet"],
];

const BY_HAND = [
  ["Mod+C, Mod+X, Mod+V", "Copy, cut and paste blocks, also between workflows"],
  ["Tab", "Go to the next block, port or connection"],
  ["Enter", "On a block: open its settings. On a port: begin or end a connection"],
  ["Arrow keys", "Move the selected blocks; with Shift in larger steps"],
  ["Space and drag", "Move the canvas; so does dragging its background"],
  ["Shift and drag", "Select with a box"],
  ["Ctrl and wheel", "Zoom"],
];

const isMac = navigator.platform.startsWith("Mac");

function nameOf(event) {
  const shiftCounts = event.key.length > 1 || /[a-z]/i.test(event.key) || event.code.startsWith("Digit");
  const key = event.code === "Digit1" && event.shiftKey ? "1" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("Mod");
  if (event.shiftKey && shiftCounts && key !== "?" && key !== "/" && key !== "+") parts.push("Shift");
  return [...parts, key].join("+");
}

/** Call `actions[name]()` for the keys of the table and `actions.moveBy(x, y)` for the arrows. */
export function useKeyboard({ gestures, connecting, selection, actions }) {
  const { root } = gestures.view;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || (isMac ? event.ctrlKey : event.metaKey) || document.querySelector("dialog[open]")) return;
    const field = inField(event.target);
    const found = SHORTCUTS.find(([keys]) => keys === nameOf(event));
    if (found && (!field || found[3])) {
      event.preventDefault();
      actions[found[1]]();
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
    if (event.key in ARROWS) {
      if (thing.block && !selection.blocks.size) selection.set([thing.block]);
      if (!selection.blocks.size) return;
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

  function enter({ port, block, edge }) {
    if (connecting.active && block && !(port && port.side === connecting.from.side)) connecting.finish(block, port?.handle);
    else if (port) connecting.start(port);
    else if (block) actions.open(block);
    else if (edge) selection.set([], [edge]);
  }
}

const keycaps = (keys) =>
  keys.split(", ").flatMap((combination, place) => [
    place ? " " : null,
    ...combination.split(/(?<=.)\+/).map((key) => element("kbd", {}, key.replace("Mod", isMac ? "⌘" : "Ctrl").replace("Escape", "Esc"))),
  ]);

/** Fill the sheet of shortcuts. */
export function fillSheet(place) {
  const rows = [...SHORTCUTS.map(([keys, , does]) => [keys, does]), ...BY_HAND];
  const byWhat = new Map();
  for (const [keys, does] of rows) byWhat.set(does, byWhat.has(does) ? `${byWhat.get(does)}, ${keys}` : keys);
  place.replaceChildren(...[...byWhat].map(([does, keys]) =>
    element("div", {}, element("dt", {}, ...keycaps(keys)), element("dd", {}, does))));
}
