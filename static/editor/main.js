// Puts the editor together: reads what the server sent with the page and joins the parts.
import { Actions } from "./actions.js";
import { useClipboard } from "./clipboard.js";
import { CodeEditor } from "./code-editor.js";
import { Comparison } from "./compare.js";
import { Connecting } from "./connecting.js";
import { Deployment } from "./deploy.js";
import { keepIcons, toast } from "./dom.js";
import { distanceToCurve } from "./geometry.js";
import { Follower } from "./follow.js";
import { Gestures } from "./gestures.js";
import { History } from "./history.js";
import { mintUuid } from "./ids.js";
import { Journal } from "./journal.js";
import { fillSheet, useKeyboard } from "./keyboard.js";
import { takeUp } from "./left-over.js";
import { listen, staysHere } from "./live.js";
import { Minimap } from "./minimap.js";
import { GraphStore } from "./model.js";
import { Others, showPresence } from "./others.js";
import { Palette } from "./palette.js";
import { Panel } from "./panel.js";
import { Problems } from "./problems.js";
import { Runner } from "./run.js";
import { renameInPlace } from "./rename.js";
import { showSaving } from "./save-indicator.js";
import { Selection } from "./selection.js";
import { Sync } from "./sync.js";
import { Undeployed } from "./undeployed.js";
import { View } from "./view.js";

const NEAR_EDGE = 24;
const AGAIN_MS = 2000;

const { workflow, palette, execution, user_id: userId, undo_steps: undoSteps } = JSON.parse(document.getElementById("bootstrap").textContent);
document.title = `${workflow.name} · Blockyard`;
keepIcons().catch(() => undefined);
const find = (selector) => document.querySelector(selector);

const store = new GraphStore(workflow, palette);
const selection = new Selection(store);
const view = new View(find("#canvas"), store, selection);
const clientId = mintUuid();
const journal = new Journal(`${workflow.id}/${userId}`, clientId);
const sync = new Sync({ workflow, store, journal, clientId });
const panel = new Panel(find("#panel"), {
  workflowId: workflow.id, store, journal,
  hooks: {
    orphan: (block) => others.orphan(block),
    typing: () => sync.setTyping(true),
    settled: () => sync.setTyping(false),
    failed: (error) => !sync.dirty && sync.set("offline", error.message),
    sent: () => sync.save(),
  },
});
const connecting = new Connecting(view, store, find("[data-hint]"));

async function showBlock(blockId, field = null) {
  history.giveWay();
  selection.set([blockId]);
  await panel.show(blockId, { field });
  view.measure();
  view.reveal(blockId);
}

/** Take over what is typed and save it. False, with the reason shown, when that fails. */
async function flush() {
  try {
    await panel.flush();
  } catch (error) {
    toast(`The settings could not be taken over: ${error.message}`, { tone: "danger" });
    return false;
  }
  const saved = await sync.flush();
  if (!saved) toast(sync.reason || "The workflow could not be saved.", { tone: "danger" });
  return saved;
}

const problems = new Problems({
  button: find("[data-action=problems]"), list: find("#problems"), store, view, show: showBlock,
});
const reportProblems = (details) => {
  problems.set(details);
  problems.toggle(true);
};

const follower = new Follower(view, {
  started: (executionId) => {
    runner.showRunning(true);
    panel.setExecution(executionId);
  },
  step: (blockId) => panel.stepChanged(blockId),
  finished: (result) => {
    runner.showRunning(false);
    panel.loadData();
    runner.tell(result);
  },
  lost: () => {
    runner.showRunning(false);
    toast("The live view of the execution was lost. The execution itself goes on.", { tone: "danger" });
  },
});
const runner = new Runner({
  workflowId: workflow.id, dialog: find("#run-dialog"), button: find("[data-action=run]"), follower,
  hooks: { flush, problems: reportProblems, show: showBlock },
});
const undeployed = new Undeployed({ workflowId: workflow.id, dialog: find("#deploy-dialog"), store, hooks: { flush, show: showBlock } });
const deployment = new Deployment({
  workflow, root: find(".editor"),
  hooks: {
    flush, confirm: () => undeployed.ask(), problems: reportProblems, show: showBlock, revision: () => sync.revision,
    webhook: () => [...store.blocks.values()].find((block) => "webhook_id" in (block.config || {}))?.id ?? null,
  },
});

const actions = new Actions({ store, selection, view, panel, connecting, runner, flush, showBlock, problems });
const history = new History({
  workflowId: workflow.id, root: find("#history"), button: find("[data-history-button]"), comparison: new Comparison(view, store), sync,
  hooks: {
    flush, opened: () => panel.close(),
    restore: (graph, message) => sync.withMessage(message, () => actions.restore(graph)),
  },
});
const gestures = new Gestures({
  view, store, selection, connecting,
  hooks: {
    tap: (blockId) => selection.onlyBlock === blockId && showBlock(blockId),
    doubleTap: (blockId) => renameInPlace(view, store, blockId),
    background: () => panel.close(),
    emptyDrop: (event, from) => actions.addHere(event, from),
  },
});
actions.gestures = gestures;
useKeyboard({ gestures, connecting, selection, actions });
useClipboard({ store, selection, place: () => actions.pastePlace() });
actions.bind();

/** The edge under a point of the window, near enough to insert a block into it. */
function edgeNear(event) {
  const point = view.worldPoint(event);
  const far = NEAR_EDGE / Math.min(1, view.viewport.scale);
  return [...store.edges.values()].find((edge) => {
    const curve = view.edges.curveOf(edge);
    return curve && distanceToCurve(curve.points, point) < far;
  });
}

const overCanvas = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("#canvas") !== null;

new Palette(find("#palette"), palette, {
  add: (entry) => actions.addInMiddle(entry),
  over: (event) => {
    const edge = event && overCanvas(event) ? edgeNear(event) : null;
    for (const [id, line] of view.edges.lines) line.group.classList.toggle("insert", id === edge?.id);
  },
  drop: (entry, event) => {
    if (overCanvas(event)) actions.drop(entry, event, edgeNear(event));
  },
});
new Minimap(find(".minimap"), view);
new CodeEditor(find("#panel-settings"), find("#code-dialog"));
fillSheet(find("[data-shortcuts]"));
showSaving(find("[data-save-state]"), sync, find("#save-bar"));
const others = new Others({ store, sync, bar: find("#others-bar") });

sync.problemListeners.add((found) => problems.set(found));
sync.listeners.add(() => deployment.show());
sync.renamedListeners.add((renamed) => {
  panel.renamed(renamed.blocks);
  selection.renamed(renamed);
});
find("[data-workflow-name]").textContent = workflow.name;
problems.set(workflow.problems || []);
runner.showRunning(false);
selection.subscribe(() => {
  const only = selection.onlyBlock;
  if (panel.open && !gestures.state) {
    if (only) panel.show(only);
    else panel.close();
  }
});
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/** Take up what an earlier visit could not save; without an answer, try again. */
async function takeUpAll() {
  try {
    const count = await takeUp(sync);
    await panel.drafts.takeUp();
    if (count) toast(count === 1 ? "A change that was not saved was taken up again." : `${count} changes that were not saved were taken up again.`);
  } catch {
    setTimeout(takeUpAll, AGAIN_MS);
  }
}

view.measure();
view.draw();
view.open();
store.remember(undoSteps);
await takeUpAll();
listen(workflow.id, clientId, {
  started: (executionId) => !follower.running && follower.follow(executionId),
  changed: (change) => deployment.update(change),
  graph: ({ revision, batch_id: batchId }) => sync.noticed(revision, batchId),
  people: (people) => showPresence(find("[data-presence]"), people, clientId),
  connected: async () => {
    await sync.catchUp();
    sync.again();
    if (panel.drafts.waiting.size) panel.drafts.send();
  },
});
staysHere(workflow.id, clientId);
if (execution) follower.follow(typeof execution === "string" ? execution : execution.id);
document.documentElement.dataset.editorReady = "true";
