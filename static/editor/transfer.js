// Files in and out: what lies in a file becomes blocks on this canvas or a new workflow; a workflow becomes a file.
import { callJson } from "./api.js";
import { choosePasted, readCopied } from "./clipboard.js";
import { element, toast } from "./dom.js";
import { paste } from "./edits.js";

export const ACCEPTED = ".json,.yaml,.yml,application/json,text/yaml";
const MOST_BYTES = 8_000_000;
const FLOWS = "/api/v1/flows";

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The blocks of an exported workflow, as they can be pasted; null for anything else. */
export function pastable(text) {
  const content = jsonOf(text);
  if (!Array.isArray(content?.blocks)) return null;
  const standard = { position: { x: 0, y: 0 }, config: {}, enabled: true };
  const blocks = content.blocks.map((block) => ({ ...standard, name: block?.id ?? "", ...block }));
  const edges = (content.edges ?? []).map((edge) => ({ sourceHandle: "output", targetHandle: "input", ...edge }));
  return readCopied(JSON.stringify({ kind: "blockyard-blocks", blocks, edges, annotations: content.annotations ?? [] }));
}

/** Read a file that was chosen or dropped. Throws a sentence for one that cannot be a workflow. */
export async function readFile(file) {
  if (file.size > MOST_BYTES) throw new Error(`“${file.name}” is too large for a workflow.`);
  return file.text();
}

/**
 * A new workflow from a text: our JSON, our YAML, or what else the server can read. Answers `{id, name, report}`; the report
 * tells of each part of a foreign workflow what became of it.
 */
export async function takeIn(text) {
  const content = jsonOf(text);
  const isObject = content !== null && typeof content === "object" && !Array.isArray(content);
  const answer = isObject ? await callJson("POST", `${FLOWS}/import`, content) : await callJson("POST", FLOWS, { yamlContent: text });
  const { id, name, report = [] } = answer.data ?? answer;
  return { id, name, report };
}

/** Let a person choose a file, then call `take(file)`. */
export function chooseFile(take) {
  const input = element("input", { type: "file", accept: ACCEPTED });
  input.addEventListener("change", () => input.files[0] && take(input.files[0]));
  input.click();
}

/** Call `take(file, event)` for files that are dropped on a place, and show that they may be. */
export function onFileDrop(place, take) {
  const isFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  place.addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    place.classList.add("file-over");
  });
  place.addEventListener("dragleave", (event) => place.contains(event.relatedTarget) || place.classList.remove("file-over"));
  place.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    place.classList.remove("file-over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0], event);
  });
}

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const fileName = (name, ending) => `${name.replace(/[^\p{L}\p{N} _-]+/gu, "-").trim() || "workflow"}.${ending}`;

/** The editor's import and export as actions by name; a file may also be dropped on its canvas. */
export function transferActions({ workflowId, view, store, selection, actions }) {
  const path = `${FLOWS}/${encodeURIComponent(workflowId)}`;
  const safely = (work) => async (...given) => {
    try {
      await work(...given);
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  };
  const take = safely(async (file, event = null) => {
    const text = await readFile(file);
    const copied = pastable(text);
    const unknown = copied?.blocks.find((block) => !store.palette.has(block.type));
    if (copied && !unknown) {
      choosePasted(selection, paste(store, copied, event ? view.worldPoint(event) : view.centre()));
      if (!event) view.fit();
      toast(`“${file.name}” is on the canvas. Undo takes that back.`, { tone: "success" });
      return;
    }
    const { id, name, report } = await takeIn(text);
    const mapped = report.filter(({ outcome }) => outcome === "mapped").length;
    const words = report.length ? ` ${mapped} of its ${report.length} parts became blocks that work; a note on its canvas tells more.` : "";
    toast(`“${name}” is a new workflow.${words}`, { tone: "success", stay: true, actions: [element("a", { href: `/workflows/${encodeURIComponent(id)}`, class: "toast-link" }, "Open")] });
  });
  onFileDrop(view.root, (file, event) => (store.readOnly ? toast("You may not change this workflow.") : take(file, event)));
  const saved = () => store.readOnly || actions.flush();
  return {
    importFile: () => chooseFile(take),
    exportJson: safely(async () => {
      if (await saved()) download(fileName(store.name, "json"), "application/json", JSON.stringify(await callJson("GET", `${path}/export`), null, 2));
    }),
    exportYaml: safely(async () => {
      if (!(await saved())) return;
      const answer = await callJson("GET", `${path}?form=graph`);
      download(fileName(store.name, "yaml"), "text/yaml", (answer.data ?? answer).yamlContent);
    }),
  };
}
