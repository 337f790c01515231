// Files in and out: what lies in a file becomes blocks on this canvas or a new workflow; a workflow becomes a file.
import { callJson } from "./api.js";
import { categoryColour } from "./card.js";
import { choosePasted, readCopied } from "./clipboard.js";
import { element, toast } from "./dom.js";
import { paste } from "./edits.js";
import { pictureOf } from "./picture.js";
import { t } from "../js/words.js";

export const ACCEPTED = ".json,.yaml,.yml,application/json,text/yaml";
const MOST_BYTES = 8_000_000;
const FLOWS = "/api/v1/flows";
const MOST_PIXELS = 6000;
const PICTURE_SCALE = 2;

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
  if (file.size > MOST_BYTES) throw new Error(t("“{1}” is too large for a workflow.", file.name));
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

function download(name, content) {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const fileName = (name, ending) => `${name.replace(/[^\p{L}\p{N} _-]+/gu, "-").trim() || "workflow"}.${ending}`;

/** Save a workflow as a file, as the server has it: `form` is json or yaml. */
export async function saveAs(workflowId, name, form) {
  const path = `${FLOWS}/${encodeURIComponent(workflowId)}`;
  if (form === "json") {
    const content = JSON.stringify(await callJson("GET", `${path}/export`), null, 2);
    return download(fileName(name, "json"), new Blob([content], { type: "application/json" }));
  }
  const answer = await callJson("GET", `${path}?form=graph`);
  return download(fileName(name, "yaml"), new Blob([(answer.data ?? answer).yamlContent], { type: "text/yaml" }));
}

/** Everything on the canvas as a picture, whatever is in sight. */
function picture(store, view) {
  const cards = [...store.blocks.values()].map((block) => {
    const { entry, outputs } = view.shape(block);
    const look = { name: block.name, title: entry.title, category: categoryColour(entry.category), off: block.enabled === false };
    return { id: block.id, ...view.box(block), ...look, block, outputs };
  });
  return pictureOf({ name: store.name, cards, edges: [...store.edges.values()], annotations: [...store.annotations.values()] });
}

async function pixels({ svg, width, height }) {
  const scale = Math.min(PICTURE_SCALE, MOST_PIXELS / Math.max(width, height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = element("canvas", { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** The editor's import and export as actions by name; a file may also be dropped on its canvas. */
export function transferActions({ workflowId, view, store, selection, actions }) {
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
      toast(t("“{1}” is on the canvas. Undo takes that back.", file.name), { tone: "success" });
      return;
    }
    const { id, name, report } = await takeIn(text);
    const mapped = report.filter(({ outcome }) => outcome === "mapped").length;
    const words = report.length ? ` ${t("{1} of its {2} parts became blocks that work; a note on its canvas tells more.", mapped, report.length)}` : "";
    toast(t("“{1}” is a new workflow.", name) + words, { tone: "success", stay: true, actions: [element("a", { href: `/workflows/${encodeURIComponent(id)}`, class: "toast-link" }, t("Open"))] });
  });
  onFileDrop(view.root, (file, event) => (store.readOnly ? toast(t("You may not change this workflow.")) : take(file, event)));
  const saved = () => store.readOnly || actions.flush();
  return {
    importFile: () => chooseFile(take),
    exportJson: safely(async () => (await saved()) && saveAs(workflowId, store.name, "json")),
    exportYaml: safely(async () => (await saved()) && saveAs(workflowId, store.name, "yaml")),
    exportSvg: safely(() => download(fileName(store.name, "svg"), new Blob([picture(store, view).svg], { type: "image/svg+xml" }))),
    exportPng: safely(async () => download(fileName(store.name, "png"), await pixels(picture(store, view)))),
  };
}
