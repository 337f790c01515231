// An execution that is over, shown again step by step: a slider goes through the moments at which something happened.
import { callJson } from "./api.js";
import { announce, duration, icon } from "./dom.js";
import { t } from "../js/words.js";

const TICK_MS = 400;
const LONGEST_PLAY_MS = 12_000;

/** What happened, in its order: `[{at, block, status, ports, duration_ms, error}]`, from the steps of a trace. Pure. */
export function eventsOf(steps) {
  const events = steps.flatMap((step, place) => {
    const { node_id: block, status, ports = [], started_at: began, finished_at: ended, duration_ms, error } = step;
    const begin = began && { at: Date.parse(began), place, phase: 0, block, status: "running", ports: [] };
    const end = ended && { at: Date.parse(ended), place, phase: 1, block, status, ports, duration_ms, error };
    return [begin, end].filter(Boolean);
  });
  return events.sort((one, other) => one.at - other.at || one.place - other.place || one.phase - other.phase);
}

/** What each block is doing after the first `count` events, `Map(block -> event)`, and which ways were taken. Pure. */
export function stateAfter(events, count) {
  const blocks = new Map();
  const taken = new Map();
  for (const event of events.slice(0, count)) {
    blocks.set(event.block, event);
    if (event.ports.length) taken.set(event.block, [...new Set([...(taken.get(event.block) ?? []), ...event.ports])]);
  }
  return { blocks, taken };
}

const sentenceOf = (error) => (error ? (typeof error === "string" ? error : error.message || error.code || "failed") : "");

export class Replay {
  constructor({ root, view, store }) {
    Object.assign(this, { root, view, store, events: [], count: 0, timer: null });
    const find = (name) => root.querySelector(`[data-replay-${name}]`);
    Object.assign(this, { playButton: find("play"), slider: find("slider"), time: find("time") });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.go(Number(this.slider.value));
    });
    this.playButton.addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    find("close").addEventListener("click", () => this.close());
  }

  /** Show the end of an execution, with the way back through it. */
  async open(executionId) {
    const { nodes } = await callJson("GET", `/api/executions/${encodeURIComponent(executionId)}/trace`);
    this.skipped = nodes.filter(({ status }) => status === "skipped").map(({ node_id: id }) => id);
    this.events = eventsOf(nodes.filter(({ status }) => status !== "skipped"));
    this.slider.max = String(this.events.length);
    this.root.hidden = !this.events.length;
    this.go(this.events.length);
  }

  close() {
    this.pause();
    this.go(this.events.length);
    this.root.hidden = true;
    this.view.root.focus({ preventScroll: true });
  }

  /** Show the state after so many events. */
  go(count) {
    this.count = Math.max(0, Math.min(count, this.events.length));
    const { blocks, taken } = stateAfter(this.events, this.count);
    const isEnd = this.count === this.events.length;
    for (const id of this.store.blocks.keys()) {
      const event = blocks.get(id);
      const skipped = isEnd && this.skipped.includes(id) ? { status: "skipped" } : null;
      this.view.setStatus(id, event ? { status: event.status, duration_ms: event.duration_ms ?? undefined, error: sentenceOf(event.error) } : skipped);
      this.view.edges.setTaken(id, taken.get(id) ?? []);
    }
    this.slider.value = String(this.count);
    this.tell();
  }

  tell() {
    const [first, last] = [this.events[0], this.events.at(-1)];
    const event = this.events[this.count - 1];
    const now = event ? event.at - first.at : 0;
    this.time.textContent = first ? `${duration(now)} of ${duration(last.at - first.at)}` : "";
    const words = event ? `${this.store.nameOf(event.block)}: ${t(event.status)}` : t("Before the beginning");
    this.slider.setAttribute("aria-valuetext", `${words}, ${this.time.textContent}`);
  }

  play() {
    if (this.count === this.events.length) this.go(0);
    const tick = Math.min(TICK_MS, LONGEST_PLAY_MS / Math.max(1, this.events.length));
    this.timer = setInterval(() => {
      this.go(this.count + 1);
      if (this.count === this.events.length) this.pause();
    }, tick);
    this.showPlaying();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.showPlaying();
  }

  showPlaying() {
    this.playButton.replaceChildren(icon(this.timer ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", this.timer ? t("Pause") : t("Play"));
  }
}

const WORDS = { completed: t("Completed"), failed: t("Failed"), cancelled: t("Stopped"), timed_out: t("Ran out of time"), running: t("Running"), waiting: t("Waiting") };

/** The newest executions of a workflow as items of a picker; the chosen one is shown with the revision that ran. */
export async function pastExecutions(workflowId) {
  const { executions } = await callJson("GET", `/api/executions?workflow_id=${encodeURIComponent(workflowId)}&size=50`);
  if (!executions.length) announce(t("This workflow has not run yet."));
  return executions.map(({ id, status, created_at: at, revision, trigger, duration_ms: milliseconds }) => ({
    title: new Date(at).toLocaleString(), icon: status === "completed" ? "circle-check" : status === "failed" ? "circle-x" : "clock",
    hint: [WORDS[status] ?? status, milliseconds === null ? "" : duration(milliseconds), `revision ${revision}`].filter(Boolean).join(" · "),
    search: `${status} ${trigger} ${id}`, run: () => location.assign(`/workflows/${encodeURIComponent(workflowId)}?execution=${encodeURIComponent(id)}`),
  }));
}
