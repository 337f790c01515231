// Follows one execution by its events and shows it on the canvas.

const AGAIN_MS = 1500;
const MOST_TRIES = 8;
const NAMES = ["execution_started", "step_started", "step_streamed", "step_finished", "steps_skipped", "execution_finished"];

export class Follower {
  /** `hooks`: `started(id)`, `step(blockId)`, `streamed(blockId, text)` with null where it begins, `finished(result)`, `lost()`. */
  constructor(view, hooks) {
    Object.assign(this, { view, hooks });
    this.executionId = null;
    this.running = false;
    this.ended = null;
  }

  /** Show this execution from its beginning. Its start is told twice, by who started it and by the news: the second time is too late. */
  follow(executionId) {
    if (executionId === this.ended || (this.running && executionId === this.executionId)) return;
    this.leave();
    this.view.clearRun();
    this.executionId = executionId;
    this.running = true;
    this.failedBlock = null;
    this.startedAt = null;
    this.tries = 0;
    this.hooks.started(executionId);
    this.listen();
  }

  leave() {
    this.source?.close();
    clearTimeout(this.timer);
    this.source = null;
    this.running = false;
  }

  listen() {
    const source = new EventSource(`/api/executions/${encodeURIComponent(this.executionId)}/events`);
    this.source = source;
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        this.tries = 0;
        this[name](JSON.parse(event.data));
      });
    }
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && this.again());
  }

  again() {
    if (!this.running) return;
    this.tries += 1;
    if (this.tries > MOST_TRIES) {
      this.leave();
      this.hooks.lost();
      return;
    }
    this.timer = setTimeout(() => this.listen(), AGAIN_MS);
  }

  execution_started({ at }) {
    this.startedAt ??= at;
  }

  step_started({ block_id: blockId }) {
    this.hooks.streamed(blockId, null);
    this.view.setStatus(blockId, { status: "running" });
    this.hooks.step(blockId);
  }

  step_streamed({ block_id: blockId, text }) {
    this.hooks.streamed(blockId, text);
  }

  step_finished({ block_id: blockId, status, ports, duration_ms: milliseconds, error }) {
    if (status === "failed") this.failedBlock = blockId;
    this.view.setStatus(blockId, { status, duration_ms: milliseconds ?? undefined, error: errorText(error) });
    if (status === "completed" || ports?.length) this.view.edges.setTaken(blockId, ports);
    this.hooks.step(blockId);
  }

  steps_skipped({ block_ids: blockIds }) {
    for (const blockId of blockIds) {
      this.view.setStatus(blockId, { status: "skipped" });
      this.hooks.step(blockId);
    }
  }

  execution_finished({ at, status, error }) {
    const milliseconds = this.startedAt && at ? Date.parse(at) - Date.parse(this.startedAt) : undefined;
    const { executionId, failedBlock } = this;
    this.ended = executionId;
    this.leave();
    for (const [blockId, step] of [...this.view.statuses]) {
      if (step.status === "running" || step.status === "waiting") this.view.setStatus(blockId, null);
    }
    this.hooks.finished({ executionId, status, duration_ms: milliseconds, error: errorText(error), failedBlock });
  }
}

/** The sentence of an error, which is a text or an object with a message. */
function errorText(error) {
  if (!error) return "";
  return typeof error === "string" ? error : error.message || error.code || "failed";
}
