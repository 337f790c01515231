"""The r8r surface: contract.md A170-A172, A238-A258."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.sockets import cookies, opened, until
from tests.support.yaml_flows import unique

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ECHO = (block("start", "starter"), block("fetch", "code", {"code": "output = {'result': variables}"}))
ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}
"""Comes through a proxy on this machine, so it is not the operator who asks."""


def new(client: httpx.Client) -> str:
    name = unique("r8r")
    edges = [{"source": "start", "target": "fetch"}]
    assert client.post("/api/workflows", json={"name": name, "blocks": ECHO, "edges": edges}).status_code == 201
    return name


def test_a170_healthz(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}


def test_a171_readyz(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a172_a250_metrics_for_prometheus(server: ServerProcess, client: Client) -> None:
    client.execute(client.new(*ECHO, edges=["start>fetch"]))
    for path in ("/metrics", "/api/metrics"):
        answer = httpx.get(f"{server.url}{path}")
        assert answer.headers["content-type"].startswith("text/plain")
        ended = r'^blockyard_executions_total\{group="",status="completed",trigger="api"\} [1-9]'
        assert re.search(ended, answer.text, re.MULTILINE)
        assert 'route="/api/workflows/{workflow}/execute"' in answer.text
        for name in ("step_seconds_bucket", "queue_age_seconds", "journal_lag_seconds", "executions_open", "executions_running"):
            assert f"blockyard_{name}" in answer.text


def test_a250_metrics_are_for_the_operator(server: ServerProcess) -> None:
    refused = httpx.get(f"{server.url}/api/metrics", headers=ELSEWHERE)
    assert (refused.status_code, refused.json()["error"]) == (401, "UNAUTHORIZED")


def test_a240_openapi(server: ServerProcess) -> None:
    found = httpx.get(f"{server.url}/api/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    ids = [operation["operationId"] for path in found["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    for path in ("/api/workflows/{workflow}/execute", "/api/v1/flows", "/api/webhooks/{webhook_id}", "/api/health", "/api/mcp"):
        assert path in found["paths"]
    run = found["paths"]["/api/v1/flows/{flow}/runs"]["post"]
    assert (run["x-scope"], run["responses"].keys() >= {"202", "400", "401", "403", "404"}) == ("flows:run", True)


def test_a241_health_with_the_databases_integrity(server: ServerProcess) -> None:
    found = httpx.get(f"{server.url}/api/health").json()
    assert (found["status"], found["database"]["integrity"]) == ("ok", "ok")
    assert httpx.get(f"{server.url}/api/health", headers=ELSEWHERE).json() == {"status": "ok"}


def test_a242_a243_list_workflows(client: Client) -> None:
    name = new(client)
    page = client.get("/api/workflows", params={"q": name}).json()
    (found,) = page["workflows"]
    assert {"id", "name", "enabled", "created_at", "updated_at", "node_count", "trigger_count"} <= found.keys()
    assert (found["name"], found["enabled"], found["node_count"], found["trigger_count"]) == (name, True, 2, 1)
    assert str(UUID(found["id"])) == found["id"]
    assert ISO.fullmatch(found["created_at"])
    assert ISO.fullmatch(found["updated_at"])


def test_a243_only_enabled_blocks_count(client: Client) -> None:
    name = unique("r8r")
    client.create(name, *ECHO, block("off", "code", enabled=False), edges=["start>fetch"])
    (found,) = client.get("/api/workflows", params={"q": name}).json()["workflows"]
    assert found["node_count"] == 2


def test_a244_a_workflow_by_name_with_its_definition(client: Client) -> None:
    name = new(client)
    found = client.get(f"/api/workflows/{name}").json()
    assert found["definition"] == (
        f"name: {name}\ntriggers:\n- id: start\n  name: Start\n  type: starter\n  config: {{}}\n"
        "nodes:\n- id: fetch\n  name: Fetch\n  type: code\n  config:\n    code: \"output = {'result': variables}\"\n"
    )


def test_a245_a246_execute_by_name(client: Client) -> None:
    answer = client.post(f"/api/workflows/{new(client)}/execute", json={"input": {"key": "value"}})
    body = answer.json()
    assert (answer.status_code, body["status"], body["output"]) == (200, "completed", {"result": {"key": "value"}})
    assert isinstance(body["duration_ms"], int)


def test_a246_the_answer_has_these_fields(client: Client) -> None:
    body = client.post(f"/api/workflows/{new(client)}/execute", json={"input": {}}).json()
    assert {"execution_id", "status", "output", "duration_ms"} <= body.keys()


def test_a247_an_execution_with_input_output_and_timing(client: Client) -> None:
    execution = client.post(f"/api/workflows/{new(client)}/execute", json={"input": {"a": 1}}).json()["execution_id"]
    found = client.get(f"/api/executions/{execution}").json()
    assert (found["status"], found["input"], found["output"]) == ("completed", {"a": 1}, {"result": {"a": 1}})
    assert ISO.fullmatch(found["started_at"])
    assert ISO.fullmatch(found["finished_at"])
    assert isinstance(found["duration_ms"], int)


def test_a248_a249_the_trace_of_an_execution(client: Client) -> None:
    name = new(client)
    execution = client.post(f"/api/workflows/{name}/execute", json={"input": {}}).json()["execution_id"]
    trace = client.get(f"/api/executions/{execution}/trace").json()
    assert (trace["execution_id"], trace["workflow_name"], trace["status"]) == (execution, name, "completed")
    assert [node["node_id"] for node in trace["nodes"]] == ["start", "fetch"]


def test_a249_nodes_of_a_trace_have_these_fields(client: Client) -> None:
    execution = client.post(f"/api/workflows/{new(client)}/execute", json={"input": {}}).json()["execution_id"]
    for node in client.get(f"/api/executions/{execution}/trace").json()["nodes"]:
        assert (node["node_id"] in ("start", "fetch"), node["status"]) == (True, "completed")
        assert ISO.fullmatch(node["started_at"]) and ISO.fullmatch(node["finished_at"])
        assert node["started_at"] <= node["finished_at"] and node["duration_ms"] >= 0


def test_a251_the_monitor_tells_of_live_executions(open_server: ServerProcess) -> None:
    client = httpx.Client(base_url=open_server.url, timeout=30)
    name = new(client)
    with opened(open_server.url, "/api/monitor?token=let-me-see") as socket:
        assert until(socket, type="connected")[0]["type"] == "connected"
        execution = client.post(f"/api/workflows/{name}/execute", json={"input": {}}).json()["execution_id"]
        frames = until(socket, type="execution_completed", execution_id=execution)
        client.put(f"/api/workflows/{name}/graph", json={"blocks": [block("x", "code", {"code": "output = 1 / 0"})], "edges": []})
        client.post(f"/api/workflows/{name}/execute", json={"input": {}})
        failed = until(socket, type="execution_failed")
    assert [(frame["type"], frame.get("node_id")) for frame in frames] == [
        ("execution_started", None),
        ("node_started", "start"),
        ("node_completed", "start"),
        ("node_started", "fetch"),
        ("node_completed", "fetch"),
        ("execution_completed", None),
    ]
    assert {frame["workflow_name"] for frame in frames} == {name}
    assert [frame["type"] for frame in failed][-2:] == ["node_failed", "execution_failed"]


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong"])
def test_a252_without_the_token_the_monitor_is_closed(open_server: ServerProcess, server: ServerProcess, query: str) -> None:
    for process in (open_server, server):
        with pytest.raises(InvalidStatus, match="403"), opened(process.url, f"/api/monitor{query}"):
            pass


def test_a253_the_operator_may_open_the_monitor(tmp_path: Path) -> None:
    process = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_MONITOR_PUBLIC": "true"}).start()
    with opened(process.url, "/api/monitor") as socket:
        assert until(socket, type="connected")
    assert httpx.get(f"{process.url}/metrics", headers=ELSEWHERE).status_code == 200
    process.stop()


def test_a258_without_authentication_the_samples_work_as_printed(open_server: ServerProcess) -> None:
    name = new(httpx.Client(base_url=open_server.url))
    for path in ("/api/health", "/api/workflows", f"/api/workflows/{name}", "/api/metrics", "/api/v1/flows"):
        assert httpx.get(f"{open_server.url}{path}").status_code == 200, path
    ran = httpx.post(f"{open_server.url}/api/workflows/{name}/execute", json={"input": {"key": "value"}}).json()
    assert httpx.get(f"{open_server.url}/api/executions/{ran['execution_id']}").json()["status"] == "completed"


def test_a238_a239_the_port_is_chosen_by_an_option(server: ServerProcess) -> None:
    assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 200


def test_a108_a239_the_default_port_is_8080() -> None:
    from app.settings import Settings

    assert Settings().port == 8080


def test_the_studio_session_watches_its_own_workspace(server: ServerProcess, client: Client) -> None:
    with pytest.raises(InvalidStatus, match="403"), opened(server.url, "/api/ws"):
        pass
    with opened(server.url, "/api/ws", cookies(client)) as socket:
        ran = client.execute(client.new(*ECHO, edges=["start>fetch"]), a=1)
        frames = until(socket, type="play:completed", playId=ran["execution_id"])
    done = [frame for frame in frames if frame["playId"] == ran["execution_id"] and frame["layerId"] == "fetch"]
    assert [(frame["type"], frame["state"], frame["out"]) for frame in done] == [
        ("play:layer:started", "RUN", None),
        ("play:layer:completed", "DONE", {"result": {"a": 1}}),
    ]
    assert frames[-1]["out"] == {"result": {"a": 1}}
