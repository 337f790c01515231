// The command palette: everything that can be done here, every block to add or to go to, and the other workflows.
import { callJson } from "./api.js";
import { ARRANGEMENTS } from "./arranging.js";
import { blockItems, openPicker } from "./picker.js";

const MOST_WORKFLOWS = 100;

/** `[action, what it does, icon, keys]` */
const COMMANDS = [
  ["run", "Run the workflow", "play", "Ctrl+Enter"],
  ["add", "Add a block", "plus", "/"],
  ["note", "Add a note", "sticky-note", "N"],
  ["frame", "Add a frame", "frame", "Shift+F"],
  ["find", "Find in this workflow", "search", "Ctrl+F"],
  ["outline", "Show as a list, or as a canvas", "list-tree", "O"],
  ["executions", "Show a past execution", "activity", "R"],
  ["renameWorkflow", "Rename this workflow", "pencil", ""],
  ["undo", "Undo", "undo-2", "Ctrl+Z"],
  ["redo", "Redo", "redo-2", "Ctrl+Shift+Z"],
  ["duplicate", "Duplicate what is selected", "copy", "Ctrl+D"],
  ["delete", "Delete what is selected", "trash-2", "Delete"],
  ["rename", "Rename the block", "pencil-line", "F2"],
  ["enable", "Turn the selected blocks on or off", "power-off", "E"],
  ["selectAll", "Select everything", "list", "Ctrl+A"],
  ["tidy", "Tidy up", "layout-dashboard", "Shift+T"],
  ...ARRANGEMENTS,
  ["fit", "See the whole workflow", "maximize", "Shift+1"],
  ["fitSelection", "See what is selected", "maximize", "Shift+2"],
  ["zoomIn", "Zoom in", "plus", "+"],
  ["zoomOut", "Zoom out", "minus", "-"],
  ["minimap", "Show or hide the small map", "map", "M"],
  ["save", "Save now", "cloud-check", "Ctrl+S"],
  ["importFile", "Import a file", "file-up", ""],
  ["exportJson", "Export as JSON", "file-down", ""],
  ["exportYaml", "Export as YAML", "file-down", ""],
  ["shortcuts", "Show the keyboard shortcuts", "keyboard", "?"],
];

/** Commands that make sense for what is under the pointer or chosen. */
const FOR_SELECTION = ["duplicate", "delete", "rename", "enable", "frame", "tidy", "fitSelection", ...ARRANGEMENTS.map(([action]) => action)];
const FOR_CANVAS = ["add", "note", "frame", "selectAll", "tidy", "fit", "find", "outline"];

export class Commands {
  constructor({ workflowId, store, selection, actions }) {
    Object.assign(this, { workflowId, store, selection, actions });
  }

  items(only = null) {
    return COMMANDS.filter(([action]) => (!only || only.includes(action)) && this.actions.may(action))
      .map(([action, title, sign, keys]) => ({ title, hint: keys || "Command", icon: sign, run: () => this.actions.do(action) }));
  }

  open() {
    const { store, actions } = this;
    const places = [...store.blocks.values()].map((block) => ({
      title: block.name || block.id, hint: "Go to", icon: store.entryOf(block).icon, search: block.id, run: () => actions.open(block.id),
    }));
    const adds = actions.may("add")
      ? blockItems([...new Set(store.palette.values())], (entry) => actions.addInMiddle(entry)).map((item) => ({ ...item, title: `Add ${item.title}`, hint: "Add" }))
      : [];
    const picker = openPicker({ label: "Find a block, a workflow or a command", items: [...this.items(), ...places, ...adds] });
    this.workflows().then((found) => picker.more(found), () => undefined);
  }

  async workflows() {
    const { workflows } = await callJson("GET", `/api/workflows?size=${MOST_WORKFLOWS}&sort=name&order=asc`);
    return workflows.filter(({ id }) => id !== this.workflowId).map(({ id, name, description }) => ({
      title: `Open ${name}`, hint: "Workflow", icon: "workflow", search: description,
      run: async () => { if (await actionsSaved(this.actions)) location.assign(`/workflows/${encodeURIComponent(id)}`); },
    }));
  }

  /** What can be done at a point: with what is chosen there, or with the canvas. */
  menu(at) {
    const chosen = this.selection.size > 0;
    openPicker({ label: chosen ? "Do with the selection" : "Do here", at, items: this.items(chosen ? FOR_SELECTION : FOR_CANVAS) });
  }
}

const actionsSaved = (actions) => actions.store.readOnly || actions.flush();
