// What happens to this workflow outside of this tab: executions that start, saves and deployments.

const AGAIN_MS = 5000;

/** `hooks`: `started(executionId)` and `changed({revision, state, armed_until, enabled})`. */
export function listen(workflowId, hooks) {
  const source = new EventSource(`/api/workflows/${encodeURIComponent(workflowId)}/events`);
  source.addEventListener("execution_started", (event) => hooks.started(JSON.parse(event.data).execution_id));
  source.addEventListener("workflow_changed", (event) => hooks.changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(workflowId, hooks), AGAIN_MS);
  });
}
