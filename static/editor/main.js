// Puts the editor together: reads what the server sent with the page and joins the parts.
import { Actions } from "./actions.js";
import { useClipboard } from "./clipboard.js";
import { CodeEditor } from "./code-editor.js";
import { Comparison } from "./compare.js";
import { Connecting } from "./connecting.js";
import { Copilot } from "./copilot.js";
import { Deployment } from "./deploy.js";
import { keepIcons, toast } from "./dom.js";
import { distanceToCurve } from "./geometry.js";
import { Follower } from "./follow.js";
import { StepActions } from "./form-data.js";
import { FormValues } from "./form-values.js";
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
import { Watches } from "./watches.js";
import { Runner } from "./run.js";
import { renameInPlace } from "./rename.js";
import { showOnly } from "./read-only.js";
import { showSaving } from "./save-indicator.js";
import { Selection } from "./selection.js";
import { Streaming } from "./streaming.js";
import { Sync } from "./sync.js";
import { addTools } from "./tools.js";
import { Undeployed } from "./undeployed.js";
import { View } from "./view.js";
import { t } from "../js/words.js";

const NEAR_EDGE = 24;
const sheets = matchMedia("(max-width: 760px)");
const AGAIN_MS = 2000;

const bootstrap = JSON.parse(document.getElementById("bootstrap").textContent);
const { workflow, palette, execution, user_id: userId, undo_steps: undoSteps } = bootstrap;
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

/** Go through an execution that is over with a slider. */
const showReplay = (executionId) => replay.open(executionId).catch((error) => toast(error.message, { tone: "danger" }));

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
    toast(t("The settings could not be taken over: {1}", error.message), { tone: "danger" });
    return false;
  }
  const saved = await sync.flush();
  if (!saved) toast(sync.reason || t("The workflow could not be saved."), { tone: "danger" });
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
  streamed: (blockId, text) => (text === null ? streaming.begin(blockId) : streaming.add(blockId, text)),
  finished: (result) => {
    runner.showRunning(false);
    panel.loadData();
    formValues.refresh();
    runner.tell(result);
    if (result.executionId === execution?.id) showReplay(execution.id);
  },
  lost: () => {
    runner.showRunning(false);
    toast(t("The live view of the execution was lost. The execution itself goes on."), { tone: "danger" });
  },
});
const streaming = new Streaming({ view, data: find("#panel-data"), blockId: () => panel.blockId });
const runner = new Runner({
  workflowId: workflow.id, dialog: find("#run-dialog"), button: find("[data-action=run]"), follower,
  hooks: { flush, problems: reportProblems, show: showBlock, replay: (executionId) => showReplay(executionId) },
});
const undeployed = new Undeployed({ workflowId: workflow.id, dialog: find("#deploy-dialog"), store, hooks: { flush, show: showBlock } });
const deployment = new Deployment({
  workflow, root: find(".editor"),
  hooks: {
    flush, confirm: () => undeployed.ask(), problems: reportProblems, show: showBlock, revision: () => sync.revision,
    webhook: () => [...store.blocks.values()].find((block) => "webhook_id" in (block.config || {}) || "page_id" in (block.config || {}))?.id ?? null,
  },
});

const actions = new Actions({ store, selection, view, panel, connecting, runner, flush, showBlock, problems });
const history = new History({
  workflowId: workflow.id, root: find("#history"), button: find("[data-history-button]"), comparison: new Comparison(view, store), sync,
  hooks: {
    flush,
    opened: () => {
      panel.close();
      if (sheets.matches && copilot.open) copilot.close();
    },
    restore: (graph, message) => sync.withMessage(message, () => actions.restore(graph)),
  },
});
const copilot = new Copilot({
  workflowId: workflow.id, root: find("#copilot"), button: find("[data-copilot-button]"), view, store, sync, follower,
  mayDraft: bootstrap.may_edit, mayRun: bootstrap.may_run,
  hooks: {
    flush, show: showBlock, opened: () => sheets.matches && history.giveWay(),
    restore: (graph, message) => sync.withMessage(message, () => actions.restore(graph)),
    selected: () => selection.onlyBlock,
    failed: () => follower.failedBlock && { block: follower.failedBlock, execution: follower.executionId },
  },
});
const gestures = new Gestures({
  view, store, selection, connecting,
  hooks: {
    tap: (blockId) => selection.onlyBlock === blockId && showBlock(blockId),
    doubleTap: (blockId) => store.readOnly || renameInPlace(view, store, blockId),
    write: (annotationId) => view.annotations.edit(annotationId),
    background: () => panel.close(),
    emptyDrop: (event, from) => actions.addHere(event, from),
  },
});
actions.gestures = gestures;
actions.mayRun = bootstrap.may_run;
if (!bootstrap.may_edit) showOnly({ store, panel: find("#panel-settings"), editor: find(".editor") });
const { walking, replay } = addTools({ workflowId: workflow.id, view, store, selection, connecting, actions });
useKeyboard({ gestures, connecting, selection, actions, walking });
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
const minimap = new Minimap(find(".minimap"), view);
actions.register({ minimap: () => minimap.toggle() });
new CodeEditor(find("#panel-settings"), find("#code-dialog"), () => formValues.tree);
const formValues = new FormValues(find("#panel-settings"), { store, sync });
new StepActions(find("#panel-data"), {
  workflowId: workflow.id, store,
  hooks: {
    flush, problems: reportProblems, follow: (id) => follower.follow(id), openRun: (options) => runner.open(options),
    blockId: () => panel.blockId, renew: () => panel.loadData(),
  },
});
fillSheet(find("[data-shortcuts]"));
showSaving(find("[data-save-state]"), sync, find("#save-bar"));
const others = new Others({ store, sync, bar: find("#others-bar") });

const watches = new Watches({ workflowId: workflow.id, problems, panel: find("#panel-settings") });
sync.problemListeners.add((found) => problems.set(found));
sync.listeners.add(() => deployment.show());
sync.renamedListeners.add((renamed) => {
  panel.renamed(renamed.blocks);
  selection.renamed(renamed);
});
problems.set(workflow.problems || []);
runner.showRunning(false);
selection.subscribe(() => {
  if (copilot.open) copilot.drawChips();
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
    if (count) toast(count === 1 ? t("A change that was not saved was taken up again.") : t("{1} changes that were not saved were taken up again.", count));
  } catch {
    setTimeout(takeUpAll, AGAIN_MS);
  }
}

view.measure();
view.draw();
view.open();
store.remember(undoSteps);
if (!store.readOnly) await takeUpAll();
if (!bootstrap.past) listen(workflow.id, clientId, {
  started: (executionId) => !follower.running && follower.follow(executionId),
  changed: (change) => {
    deployment.update(change);
    sync.named(change.name);
    watches.renew();
  },
  watches: () => watches.renew(),
  graph: ({ revision, batch_id: batchId }) => sync.noticed(revision, batchId),
  people: (people) => showPresence(find("[data-presence]"), people, clientId),
  connected: async () => {
    await sync.catchUp();
    sync.again();
    watches.renew();
    if (panel.drafts.waiting.size) panel.drafts.send();
  },
});
if (!bootstrap.past) staysHere(workflow.id, clientId);
const seen = execution?.id ?? bootstrap.under_way;
if (seen && !follower.running) follower.follow(seen);
document.documentElement.dataset.editorReady = "true";
