// The command palette: everything that can be done here, every block to add or to go to, and the other workflows.
import { callJson } from "./api.js";
import { ARRANGEMENTS } from "./arranging.js";
import { blockItems, openPicker } from "./picker.js";
import { keysOf, t } from "../js/words.js";

const MOST_WORKFLOWS = 100;

/** `[action, what it does, icon, keys]` */
const COMMANDS = [
  ["run", t("Run the workflow"), "play", "Ctrl+Enter"],
  ["add", t("Add a block"), "plus", "/"],
  ["note", t("Add a note"), "sticky-note", "N"],
  ["frame", t("Add a frame"), "frame", "Shift+F"],
  ["find", t("Find in this workflow"), "search", "Ctrl+F"],
  ["outline", t("Show as a list, or as a canvas"), "list-tree", "O"],
  ["executions", t("Show a past execution"), "activity", "R"],
  ["renameWorkflow", t("Rename this workflow"), "pencil", ""],
  ["undo", t("Undo"), "undo-2", "Ctrl+Z"],
  ["redo", t("Redo"), "redo-2", "Ctrl+Shift+Z"],
  ["duplicate", t("Duplicate what is selected"), "copy", "Ctrl+D"],
  ["delete", t("Delete what is selected"), "trash-2", "Delete"],
  ["rename", t("Rename the block"), "pencil-line", "F2"],
  ["enable", t("Turn the selected blocks on or off"), "power-off", "E"],
  ["selectAll", t("Select everything"), "list", "Ctrl+A"],
  ["tidy", t("Tidy up"), "layout-dashboard", "Shift+T"],
  ...ARRANGEMENTS,
  ["fit", t("See the whole workflow"), "maximize", "Shift+1"],
  ["fitSelection", t("See what is selected"), "maximize", "Shift+2"],
  ["zoomIn", t("Zoom in"), "plus", "+"],
  ["zoomOut", t("Zoom out"), "minus", "-"],
  ["minimap", t("Show or hide the small map"), "map", "M"],
  ["save", t("Save now"), "cloud-check", "Ctrl+S"],
  ["importFile", t("Import a file"), "file-up", ""],
  ["exportJson", t("Export as JSON"), "file-down", ""],
  ["exportYaml", t("Export as YAML"), "file-down", ""],
  ["exportSvg", t("Save as a picture (SVG)"), "image", ""],
  ["exportPng", t("Save as a picture (PNG)"), "image", ""],
  ["shortcuts", t("Show the keyboard shortcuts"), "keyboard", "?"],
];

/** Commands that make sense for what is under the pointer or chosen. */
const FOR_SELECTION = ["duplicate", "delete", "rename", "enable", "frame", "tidy", "fitSelection", ...ARRANGEMENTS.map(([action]) => action)];
const FILES = ["importFile", "exportJson", "exportYaml", "exportSvg", "exportPng"];
const FOR_CANVAS = ["add", "note", "frame", "selectAll", "tidy", "fit", "find", "outline"];

export class Commands {
  constructor({ workflowId, store, selection, actions }) {
    Object.assign(this, { workflowId, store, selection, actions });
  }

  items(only = null) {
    return COMMANDS.filter(([action]) => (!only || only.includes(action)) && this.actions.may(action))
      .map(([action, title, sign, keys]) => ({ title, hint: keysOf(keys) || t("Command"), icon: sign, run: () => this.actions.do(action) }));
  }

  open() {
    const { store, actions } = this;
    const places = [...store.blocks.values()].map((block) => ({
      title: block.name || block.id, hint: t("Go to"), icon: store.entryOf(block).icon, search: block.id, run: () => actions.open(block.id),
    }));
    const adds = actions.may("add")
      ? blockItems([...new Set(store.palette.values())], (entry) => actions.addInMiddle(entry)).map((item) => ({ ...item, title: t("Add {1}", item.title), hint: t("Add") }))
      : [];
    const picker = openPicker({ label: t("Find a block, a workflow or a command"), items: [...this.items(), ...places, ...adds] });
    this.workflows().then((found) => picker.more(found), () => undefined);
  }

  async workflows() {
    const { workflows } = await callJson("GET", `/api/workflows?size=${MOST_WORKFLOWS}&sort=name&order=asc`);
    return workflows.filter(({ id }) => id !== this.workflowId).map(({ id, name, description }) => ({
      title: t("Open {1}", name), hint: t("Workflow"), icon: "workflow", search: description,
      run: async () => { if (await actionsSaved(this.actions)) location.assign(`/workflows/${encodeURIComponent(id)}`); },
    }));
  }

  /** What comes in and goes out as a file. */
  files() {
    openPicker({ label: t("Import and export"), items: this.items(FILES) });
  }

  /** What can be done at a point: with what is chosen there, or with the canvas. */
  menu(at) {
    const chosen = this.selection.size > 0;
    openPicker({ label: chosen ? t("Do with the selection") : t("Do here"), at, items: this.items(chosen ? FOR_SELECTION : FOR_CANVAS) });
  }
}

const actionsSaved = (actions) => actions.store.readOnly || actions.flush();
