// Joins what is offered beside drawing itself: arranging, walking by keyboard, finding, the command palette, the outline.
import { Arranging, arrangingActions } from "./arranging.js";
import { Commands } from "./commands.js";
import { toast } from "./dom.js";
import { findable } from "./find.js";
import { thingAt } from "./gestures.js";
import { Outline } from "./outline.js";
import { openPicker } from "./picker.js";
import { Replay, pastExecutions } from "./replay.js";
import { renameWorkflow, showName } from "./rename.js";
import { transferActions } from "./transfer.js";
import { Walking, walkingActions } from "./walking.js";
import { t } from "../js/words.js";

/** `parts`: `workflowId`, `view`, `store`, `selection`, `connecting`, `actions`. Answers the parts that others need. */
export function addTools(parts) {
  const { view, store, selection, actions } = parts;
  const find = (selector) => document.querySelector(selector);
  const arranging = new Arranging({ ...parts, bar: find("#selection-bar") });
  const walking = new Walking(parts);
  const commands = new Commands(parts);
  const replay = new Replay({ ...parts, root: find("#replay") });
  const title = find("[data-workflow-name]");
  showName(title, store);
  let outline = null;
  const hooks = {
    open: (blockId) => actions.open(blockId),
    write: (id) => (outline.open ? outline.focusNote(id) : view.annotations.edit(id)),
    peek: (kind, id) => (outline.open ? undefined : peek(view, selection, kind, id)),
  };
  actions.register({
    ...arrangingActions(arranging),
    ...walkingActions(walking),
    ...transferActions(parts),
    commands: () => commands.open(),
    files: () => commands.files(),
    find: () => openPicker({ label: t("Find in this workflow"), items: findable(store, hooks) }),
    outline: () => outline.toggle(),
    focusRow: (blockId) => outline.open && outline.focus(blockId),
    executions: () => showExecutions(parts.workflowId),
    renameWorkflow: () => renameWorkflow(title, store),
  });
  outline = new Outline({ ...parts, root: find("#outline"), canvas: find("#canvas"), button: find("[data-action=outline]") });
  title.addEventListener("dblclick", () => actions.do("renameWorkflow"));
  view.root.addEventListener("contextmenu", (event) => openMenu(event, parts, commands));
  return { walking, replay };
}

async function showExecutions(workflowId) {
  try {
    const items = await pastExecutions(workflowId);
    if (items.length) openPicker({ label: t("Show which execution?"), items });
    else toast(t("This workflow has not run yet."));
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function peek(view, selection, kind, id) {
  if (kind === "block") {
    selection.set([id]);
    view.reveal(id);
  } else {
    selection.set([], [], [id]);
    view.annotations.reveal(id);
  }
}

/** What can be done with the thing under the pointer, which becomes chosen. */
function openMenu(event, { store, selection }, commands) {
  if (event.target.closest("input, textarea")) return;
  event.preventDefault();
  const { block, edge, annotation } = thingAt(event.target);
  const chosen = selection.blocks.has(block) || selection.edges.has(edge) || selection.annotations.has(annotation);
  if (!chosen) selection.set(block ? [block] : [], edge ? [edge] : [], annotation ? [annotation] : []);
  if (store.readOnly) toast(t("You may look at this workflow, but not change it."));
  else commands.menu({ x: event.clientX, y: event.clientY });
}
