// What happens to this workflow outside of this tab: executions that start, changes of the graph, deployments, visitors.

import { callJson } from "./api.js";

const AGAIN_MS = 2000;
const ALIVE_MS = 30_000;

/**
 * `hooks`: `started(executionId)`, `changed({revision, state, armed_until, enabled})`, `graph({revision, batch_id})`,
 * `people([{user_id, username, client_id}])` `watches()` when a trigger
 * begins or ceases to work, and `connected()`, after which everything may have changed.
 */
export function listen(workflowId, clientId, hooks) {
  const address = `/api/workflows/${encodeURIComponent(workflowId)}/events?client=${encodeURIComponent(clientId)}`;
  const source = new EventSource(address);
  const hear = (name, tell) => source.addEventListener(name, (event) => tell(JSON.parse(event.data)));
  hear("execution_started", (data) => hooks.started(data.execution_id));
  hear("workflow_changed", (data) => hooks.changed(data));
  hear("graph.changed", (data) => hooks.graph(data));
  hear("watch.changed", () => hooks.watches());
  hear("presence", (data) => hooks.people(data.people));
  source.addEventListener("open", () => hooks.connected());
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(workflowId, clientId, hooks), AGAIN_MS);
  });
}

/** Say now and then that this editor is still here. */
export function staysHere(workflowId, clientId) {
  const path = `/api/workflows/${encodeURIComponent(workflowId)}/presence`;
  setInterval(() => callJson("POST", path, { client_id: clientId }).catch(() => undefined), ALIVE_MS);
}
