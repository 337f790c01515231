"""The sample commands of the five documents, run by a shell as they are printed; only host, ids and keys are replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.graphs import webhook
from tests.support.keys import new_key
from tests.support.server import OWNER, Client, ServerProcess
from tests.support.warm import ROOT
from tests.support.yaml_flows import HELLO, new_flow, unique

SHELL = """set -euo pipefail
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
"""


def shell(script: str, folder: Path, **environment: str) -> str:
    """What a script prints; it must end well."""
    given = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run(["bash", "-c", SHELL + script], cwd=folder, env=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_seed_000(server: ServerProcess, client: Client, tmp_path: Path) -> None:
    flow = new_flow(client)["id"]
    key = new_key(client, "flows:read", "flows:run", "executions:read", "mcp")
    script = """
curl -sf "$HOST/api/v1/flows" \\
  -H "Authorization: Bearer $KEY" | jq -e '.data | length > 0'
EXECUTION_ID=$(curl -sf -X POST "$HOST/api/v1/flows/$FLOW_ID/runs" \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"payload":"hello"}' | jq -er .data.executionId)
curl -sf "$HOST/api/v1/executions/$EXECUTION_ID" \\
  -H "Authorization: Bearer $KEY" | jq -e '.data.steps | type == "array"'
curl -sf -X POST "$HOST/api/mcp" \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"method":"tools/list"}' | jq -e '.data.tools | length >= 4'
curl -sf -X POST "$HOST/api/mcp" \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"method":"tools/call","name":"trigger_run","arguments":{"flowId":"'$FLOW_ID'"}}' | jq -e .data.executionId
[ "$(status "$HOST/api/v1/flows")" = 401 ]
"""
    shell(script, tmp_path, HOST=server.url, KEY=key, FLOW_ID=flow)


def test_seed_001(server: ServerProcess, client: Client, tmp_path: Path) -> None:
    script = """
curl -sf -c cookies.txt -X POST "$HOST/api/auth/login" \\
-d '{"email":"'"$EMAIL"'","password":"'"$PASSWORD"'"}' > /dev/null
curl -sf -b cookies.txt "$HOST/api/flows?page=0&size=25" | jq -e '.page == 0 and .size == 25'
curl -sf -H "Authorization: Bearer $KEY" "$HOST/api/flows" | jq -e '.data | type == "array"'
curl -s -b cookies.txt "$HOST/api/flows/65abc123" | jq -e '.error == "FLOW_NOT_FOUND" and .statusCode == 404'
"""
    key = new_key(client, "flows:read")
    shell(script, tmp_path, HOST=server.url, KEY=key, EMAIL=OWNER["email"], PASSWORD=OWNER["password"])


def test_seed_002(open_server: ServerProcess, tmp_path: Path) -> None:
    body = json.dumps({"name": "my-workflow", "namespace": "production", "yamlContent": HELLO})
    script = """
ID=$(curl -sf -X POST "$HOST/api/v1/flows" \\
  -H "Content-Type: application/json" \\
  -d "$BODY" | jq -er .id)
EXECUTION=$(curl -sf -X POST "$HOST/api/v1/flows/$ID/execute" \\
  | jq -er 'select(.status == "QUEUED" and .tasksTotal == 1) | .executionId')
for i in $(seq 100); do
  STATUS=$(curl -sf "$HOST/api/v1/executions/$EXECUTION" | jq -er .execution.status)
  [ "$STATUS" = SUCCESS ] && break
  sleep 0.1
done
[ "$STATUS" = SUCCESS ]
KEY=$(curl -sf -X POST "$HOST/api/v1/triggers" -H "Content-Type: application/json" \\
  -d '{"flowId":"'$ID'","type":"webhook"}' | jq -er .key)
curl -sf -X POST "$HOST/api/v1/webhook/$KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"customerId": 42}' | jq -e .execution_id
curl -sf "$HOST/api/v1/plugins" | jq '.[].id' | grep '"http.request"' >/dev/null
curl -sf "$HOST/healthz"
curl -sf "$HOST/readyz"
curl -sf "$HOST/metrics" | grep blockyard_ >/dev/null
"""
    shell(script, tmp_path, HOST=open_server.url, BODY=body)


def test_seed_002_with_a_token(server: ServerProcess, tmp_path: Path) -> None:
    script = """
TOKEN=$(curl -s -X POST "$HOST/auth/login" \\
  -H "Content-Type: application/json" \\
  -d '{"username": "'"$USERNAME"'", "password": "'"$PASSWORD"'"}' | jq -r .token)
curl -sf -H "Authorization: Bearer $TOKEN" "$HOST/api/v1/flows" | jq -e .data
"""
    shell(script, tmp_path, HOST=server.url, USERNAME=OWNER["username"], PASSWORD=OWNER["password"])


def test_seed_003(server: ServerProcess, client: Client, tmp_path: Path) -> None:
    hook = webhook("hook")
    graph = {
        "blocks": [hook, {"id": "end", "type": "response"}],
        "edges": [{"source": "hook", "target": "end"}],
    }
    flow = client.post("/api/workflows", json={"name": unique()}).json()["id"]
    key = new_key(client, "flows:read", "flows:write", "flows:run")
    script = """
AUTH="Authorization: Bearer $KEY"
curl -sf -X PUT "$HOST/api/workflows/$ID/graph" -H "$AUTH" -H "Content-Type: application/json" -d "$GRAPH" | jq -e .ok
curl -s -X PUT "$HOST/api/workflows/$ID/graph" -H "$AUTH" -H "Content-Type: application/json" \\
  -d '{"blocks":[{"id":"a","type":"nonsense"}],"edges":[]}' \\
  | jq -e '.statusCode == 400 and (.message | startswith("Unknown block type"))'
curl -sf -X POST "$HOST/api/workflows/$ID/execute" -H "$AUTH" -H "Content-Type: application/json" -d '{}' \\
  | jq -e '.status == "completed"'
[ "$(curl -sf -X POST "$HOST/api/workflows/$ID/deploy" -H "$AUTH" | jq -c .)" = '{"ok":true,"state":"deployed"}' ]
curl -sf -X POST "$HOST/api/webhooks/$HOOK" -H "Authorization: Bearer $SECRET" -H "Content-Type: application/json" -d '{"a":1}' \\
  | jq -e '.a == 1'
curl -sf -X POST "$HOST/api/webhooks/$HOOK?token=$SECRET" -H "Content-Type: application/json" -d '{"a":1}' | jq -e '.a == 1'
curl -sf -X POST "$HOST/api/workflows/$ID/undeploy" -H "$AUTH" | jq -e .ok
curl -sf -X POST "$HOST/api/workflows/$ID/arm" -H "$AUTH" | jq -e .armed_until
"""
    hook_id, secret = hook["config"]["webhook_id"], hook["config"]["webhook_secret"]
    shell(script, tmp_path, HOST=server.url, KEY=key, ID=flow, GRAPH=json.dumps(graph), HOOK=hook_id, SECRET=secret)


def test_seed_004(open_server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "my-workflow.yaml").write_text(
        "name: integration\nnodes:\n  - id: fetch\n    type: code\n    config: {code: \"output = {'url': variables['url']}\"}\n"
    )
    made = subprocess.run(
        [sys.executable, "-m", "app.cli", "workflows", "create", str(tmp_path / "my-workflow.yaml")],
        cwd=ROOT,
        env=os.environ | {"BLOCKYARD_URL": open_server.url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    script = """
EXEC_ID=$(curl -s -X POST "$HOST/api/workflows/integration/execute" \\
  -H "Content-Type: application/json" \\
  -d '{"input": {"url": "https://example.com"}}' | jq -r '.execution_id')
curl -sf "$HOST/api/executions/$EXEC_ID" | jq -e '.status == "completed"'
curl -sf "$HOST/api/executions/$EXEC_ID/trace" | jq -e '.nodes[0].node_id == "fetch"'
curl -sf "$HOST/api/health" | jq -e '.database.integrity == "ok"'
curl -sf "$HOST/api/metrics" | grep blockyard_ >/dev/null
curl -sf "$HOST/api/workflows/integration" | jq -er .definition | grep 'id: fetch' >/dev/null
"""
    shell(script, tmp_path, HOST=open_server.url)
