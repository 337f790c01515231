"""A client that a generator makes of the OpenAPI description works against the server (contract.md A240)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.fuzzing import all_rights
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import HELLO, unique

USE = """
import sys, time
from made.client import AuthenticatedClient
from made.api.v1_executions import get_api_v1_executions_execution as read
from made.api.v1_flows import get_api_v1_flows as listed, post_api_v1_flows as create, post_api_v1_flows_flow_runs as run
from made.api.workflows import get_api_workflows_workflow as one, put_api_workflows_workflow_graph as put_graph
from made.models import PostApiV1FlowsBody, PutApiWorkflowsWorkflowGraphBody

url, key, name, text = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
flow = create.sync(client=client, body=PostApiV1FlowsBody.from_dict({"name": name, "yamlContent": text}))
assert (flow.name, flow.data.id) == (name, flow.id), flow
started = run.sync(flow.id, client=client, body={"payload": "hello"}, idempotency_key=name)
deadline = time.monotonic() + 20
while (found := read.sync(started.data.execution_id, client=client)).execution.status not in ("SUCCESS", "FAILED"):
    assert time.monotonic() < deadline, found
    time.sleep(0.05)
assert (found.execution.status, [task.task_name for task in found.tasks]) == ("SUCCESS", ["hello"]), found
page = listed.sync(client=client, q=name, size=5)
assert (page.total, page.data[0].id, page.data[0].created_at) == (1, flow.id, flow.created_at), page
graph = {"blocks": [{"id": "start", "type": "starter"}], "edges": []}
saved = put_graph.sync(flow.id, client=client, body=PutApiWorkflowsWorkflowGraphBody.from_dict(graph), if_match="1")
assert (saved.ok, saved.blocks, saved.revision) == (True, 1, 2), saved
assert one.sync(name, client=client).blocks[0].type_ == "starter"
refused = put_graph.sync_detailed(flow.id, client=client, body=PutApiWorkflowsWorkflowGraphBody.from_dict(graph), if_match="1")
assert (int(refused.status_code), refused.parsed.error) == (412, "STALE_REVISION"), refused
assert read.sync("nothing", client=client).status_code == 404
"""


def test_a240_a_generated_client_works(server: ServerProcess, client: Client, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(httpx.get(f"{server.url}/api/openapi.json").content)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--output-path", "made"]
    run(tmp_path, path, *generate, "--meta", "none", "--fail-on-warning")
    (tmp_path / "use.py").write_text(USE)
    run(tmp_path, path, sys.executable, "use.py", server.url, all_rights(client), unique("generated"), HELLO)


def run(folder: Path, path: str, *command: str) -> None:
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
