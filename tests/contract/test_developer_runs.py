"""Running flows and looking at executions on the developer surface: contract.md A001, A013-A028, A114, A128-A142."""

from __future__ import annotations

import json
import threading
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.events import collected
from tests.support.graphs import block
from tests.support.keys import bearer, new_key
from tests.support.peer import Peer
from tests.support.server import Client, ServerProcess
from tests.support.waiting import start
from tests.support.yaml_flows import THREE, finished, new_flow

ECHO = "name: echo\ntasks:\n  - name: answer\n    type: code\n    properties: {code: 'output = variables'}\n"
BROKEN = "name: broken\ntasks:\n  - name: sum\n    type: code\n    properties: {code: 'output = 1 / 0'}\n"
EFFECT = "name: call\ntasks:\n  - {name: fetch, type: http.request, properties: {url: '%s/order', method: POST, body: {a: 1}}}\n"


def test_a001_every_flow_that_runs_in_the_studio_runs_from_code(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    started = client.post(f"/api/v1/flows/{workflow}/runs", json={"x": 1}).json()["data"]
    assert finished(client, started["executionId"])["data"]["output"] == {"x": 1}


def test_a013_a016_a_run_is_accepted_with_its_execution_id(client: Client) -> None:
    flow = new_flow(client, ECHO)
    answer = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"payload": "hello"})
    assert answer.status_code == 202
    assert finished(client, answer.json()["data"]["executionId"])["data"]["input"] == {"payload": "hello"}


def test_a015_a_run_answers_202(client: Client) -> None:
    assert client.post(f"/api/v1/flows/{new_flow(client)['id']}/runs").status_code == 202


def test_a014_running_needs_the_right(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client)
    path = f"/api/v1/flows/{flow['id']}/runs"
    assert httpx.post(f"{server.url}{path}", json={}).status_code == 401
    assert bearer(server, new_key(client, "flows:read")).post(path).status_code == 403
    assert bearer(server, new_key(client, "flows:run")).post(path).status_code == 202


def test_a016_the_answer_bears_the_execution_id_in_data(client: Client) -> None:
    data = client.post(f"/api/v1/flows/{new_flow(client)['id']}/runs").json()["data"]
    assert client.get(f"/api/v1/executions/{data['executionId']}").status_code == 200


def test_a017_an_idempotency_key_makes_a_retried_trigger_safe(client: Client) -> None:
    flow, key = new_flow(client, ECHO), {"Idempotency-Key": uuid4().hex}
    first = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"a": 1}, headers=key)
    again = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"a": 1}, headers=key)
    assert (again.status_code, again.json()["data"]["executionId"]) == (202, first.json()["data"]["executionId"])
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    other = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"a": 2}, headers=key)
    assert (other.status_code, other.json()["error"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert client.get("/api/v1/executions", params={"flowId": flow["id"]}).json()["total"] == 1


def test_a018_a_simulation_calls_nobody(client: Client, peer: Peer) -> None:
    flow = new_flow(client, EFFECT % peer.url)
    data = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"mode": "simulation"}).json()["data"]
    found = finished(client, data["executionId"])["data"]
    assert (data["mode"], found["mode"], found["status"], peer.seen) == ("simulation", "simulation", "completed", [])
    assert client.post(f"/api/v1/flows/{flow['id']}/runs", json={"mode": "practice"}).status_code == 400


def test_a019_any_json_is_taken_as_payload(client: Client) -> None:
    flow = new_flow(client, ECHO)
    for sent, received in (
        ({"payload": "hello"}, {"payload": "hello"}),
        ({"input": {"who": "you"}, "mode": "live"}, {"who": "you"}),
        ([1, 2], {"body": [1, 2]}),
        ("text", {"body": "text"}),
    ):
        started = client.post(f"/api/v1/flows/{flow['id']}/runs", json=sent).json()["data"]
        assert finished(client, started["executionId"])["data"]["input"] == received
    assert client.post(f"/api/v1/flows/{flow['id']}/runs", content=b"{").status_code in (400, 415)


def test_a020_a028_one_execution_with_its_steps(client: Client) -> None:
    flow = new_flow(client, THREE)
    execution = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"who": "Ada"}).json()["data"]["executionId"]
    data = finished(client, execution)["data"]
    assert (data["id"], data["flowId"], data["status"], data["mode"], data["trigger"]) == (
        execution,
        flow["id"],
        "completed",
        "live",
        "api",
    )
    assert [(step["name"], step["status"], step["error"]) for step in data["steps"]] == [
        ("Start", "completed", None),
        ("first", "completed", None),
        ("second", "completed", None),
        ("third", "completed", None),
    ]
    assert all(isinstance(step["duration"], int) for step in data["steps"])


def test_a021_reading_needs_the_right(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client)["id"]
    path = f"/api/v1/executions/{client.post(f'/api/v1/flows/{flow}/runs').json()['executionId']}"
    assert httpx.get(f"{server.url}{path}").status_code == 401
    assert bearer(server, new_key(client, "flows:read")).get(path).status_code == 403
    assert bearer(server, new_key(client, "executions:read")).get(path).status_code == 200


def test_a022_a_status_is_one_of_the_known_words(client: Client) -> None:
    execution = start(client, block("nap", "flow.wait", {"seconds": 600}))
    assert client.get(f"/api/v1/executions/{execution}").json()["data"]["status"] == "waiting"
    client.post(f"/api/v1/executions/{execution}/cancel")


def test_a023_a_mode_is_live_or_simulation(client: Client) -> None:
    flow = new_flow(client, ECHO)
    for mode in ("live", "simulation"):
        execution = client.post(f"/api/v1/flows/{flow['id']}/runs", json={"mode": mode}).json()["executionId"]
        assert client.get(f"/api/v1/executions/{execution}").json()["data"]["mode"] == mode


def test_a024_the_trigger_is_told(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client, ECHO)['id']}/runs").json()["executionId"]
    assert finished(client, execution)["data"]["trigger"] == "api"


def test_a025_a026_steps_have_a_status(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client, BROKEN)['id']}/runs").json()["executionId"]
    assert [step["status"] for step in finished(client, execution)["data"]["steps"]] == ["failed"]


def test_a026_a_step_that_was_left_out_is_skipped(client: Client) -> None:
    text = THREE.replace("  - name: third\n", "  - name: third\n    run_if: 'false'\n")
    execution = client.post(f"/api/v1/flows/{new_flow(client, text)['id']}/runs").json()["executionId"]
    assert [step["status"] for step in finished(client, execution)["data"]["steps"]][:2] == ["completed", "completed"]


def test_a027_a_duration_is_in_whole_milliseconds(client: Client) -> None:
    text = "name: nap\ntasks:\n  - name: nap\n    type: flow.wait\n    properties: {seconds: 0.2}\n"
    execution = client.post(f"/api/v1/flows/{new_flow(client, text)['id']}/runs").json()["executionId"]
    (step,) = finished(client, execution)["data"]["steps"]
    assert isinstance(step["duration"], int)


def test_a028_a_step_tells_its_error(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client, BROKEN)['id']}/runs").json()["executionId"]
    (step,) = finished(client, execution)["data"]["steps"]
    assert (step["error"]["code"], step["error"]["block_id"]) == ("CODE_ERROR", "sum")


def test_a114_a128_a138_execute_as_printed(client: Client) -> None:
    flow = new_flow(client)
    answer = client.post(f"/api/v1/flows/{flow['id']}/execute")
    assert answer.status_code == 202
    body = answer.json()
    assert {name: body[name] for name in ("status", "tasksTotal")} == {"status": "QUEUED", "tasksTotal": 3}
    assert finished(client, body["executionId"])["execution"]["status"] == "SUCCESS"


def test_a128_hidden_blocks_are_no_tasks(client: Client) -> None:
    text = THREE.replace("  - name: third\n", "  - name: third\n    needs_approval: true\n")
    flow = new_flow(client, text)
    assert len(client.drawn(flow["id"])["blocks"]) == 5
    started = client.post(f"/api/v1/flows/{flow['id']}/execute").json()
    assert started["tasksTotal"] == flow["tasksTotal"] == 3
    client.wait_for(started["executionId"], "waiting")
    found = client.get(f"/api/v1/executions/{started['executionId']}").json()
    assert (found["execution"]["status"], found["execution"]["tasksExecuted"]) == ("WAITING", 2)
    (approval,) = found["data"]["approvals"]
    client.post(f"/api/v1/approvals/{approval['id']}/approve")
    assert finished(client, started["executionId"])["execution"]["tasksExecuted"] == 3


def test_a129_list_executions(client: Client) -> None:
    flow = new_flow(client, ECHO)
    ids = [client.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"] for _ in range(3)]
    for execution in ids:
        client.wait_for(execution)
    page = client.get("/api/v1/executions", params={"flowId": flow["id"], "size": 2}).json()
    assert ([found["id"] for found in page["data"]], page["total"]) == ([ids[2], ids[1]], 3)
    assert client.get("/api/v1/executions", params={"flowId": flow["id"], "status": "SUCCESS"}).json()["total"] == 3
    assert client.get("/api/v1/executions", params={"status": "BEST"}).status_code == 400


def test_a130_a134_an_execution_as_printed(client: Client, peer: Peer) -> None:
    flow = new_flow(client, EFFECT % peer.url)
    execution = client.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    found = finished(client, execution)
    head = found["execution"]
    assert head.keys() == {"id", "flowId", "status", "tasksTotal", "tasksExecuted", "startedAt", "finishedAt", "durationMs"}
    assert (head["status"], head["tasksTotal"], head["tasksExecuted"]) == ("SUCCESS", 1, 1)
    (task,) = found["tasks"]
    assert {"taskName", "taskType", "status", "outputs", "startedAt", "finishedAt"} <= task.keys()


def test_a135_tasks_have_name_type_and_status(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client)['id']}/execute").json()["executionId"]
    tasks = finished(client, execution)["tasks"]
    assert [(task["taskName"], task["taskType"], task["status"]) for task in tasks] == [
        ("first", "util.log", "SUCCESS"),
        ("second", "code", "SUCCESS"),
        ("third", "util.log", "SUCCESS"),
    ]


def test_a136_outputs_are_a_json_string(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client)['id']}/execute").json()["executionId"]
    outputs = finished(client, execution)["tasks"][1]["outputs"]
    assert isinstance(outputs, str)
    assert json.loads(outputs) == {"greeting": "Hello nobody"}


def test_a137_http_request_gives_status_code_and_body(client: Client, peer: Peer) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client, EFFECT % peer.url)['id']}/execute").json()["executionId"]
    outputs = json.loads(finished(client, execution)["tasks"][0]["outputs"])
    assert (outputs["status_code"], outputs["body"]) == (200, {"a": 1})


def test_a138_an_execution_is_queued_at_first(client: Client) -> None:
    assert client.post(f"/api/v1/flows/{new_flow(client)['id']}/execute").json()["status"] == "QUEUED"


def test_a139_success(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client)['id']}/execute").json()["executionId"]
    assert finished(client, execution)["execution"]["status"] == "SUCCESS"


def test_a140_failed(client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client, BROKEN)['id']}/execute").json()["executionId"]
    found = finished(client, execution)
    assert (found["execution"]["status"], found["tasks"][0]["status"]) == ("FAILED", "FAILED")


def test_a132_a141_cancel_a_running_execution(client: Client) -> None:
    text = "name: nap\ntasks:\n  - name: nap\n    type: flow.wait\n    properties: {seconds: 600}\n"
    execution = client.post(f"/api/v1/flows/{new_flow(client, text)['id']}/execute").json()["executionId"]
    client.wait_for(execution, "waiting")
    answer = client.post(f"/api/v1/executions/{execution}/cancel")
    assert (answer.status_code, answer.json()["execution"]["status"]) == (200, "CANCELLED")
    assert client.post(f"/api/v1/executions/{execution}/cancel").status_code == 409


def test_a141_cancelled(client: Client) -> None:
    execution = start(client, block("nap", "flow.wait", {"seconds": 600}))
    client.post(f"/api/v1/executions/{execution}/cancel")
    assert finished(client, execution)["execution"]["status"] == "CANCELLED"


def test_a142_timed_out(client: Client) -> None:
    text = "name: late\ntimeout_ms: 300\ntasks:\n  - name: nap\n    type: flow.wait\n    properties: {seconds: 600}\n"
    execution = client.post(f"/api/v1/flows/{new_flow(client, text)['id']}/execute").json()["executionId"]
    assert finished(client, execution)["execution"]["status"] == "TIMED_OUT"


def test_a133_retry_a_failed_execution(client: Client, peer: Peer) -> None:
    text = BROKEN.replace("tasks:\n", "tasks:\n  - name: before\n    type: util.log\n    properties: {message: x}\n")
    flow = new_flow(client, text)
    execution = client.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    finished(client, execution)
    retried = client.post(f"/api/v1/executions/{execution}/retry")
    assert (retried.status_code, retried.json()["status"], retried.json()["retryOf"]) == (202, "QUEUED", execution)
    again = finished(client, retried.json()["executionId"])["data"]
    assert (again["retryOf"], again["status"]) == (execution, "failed")
    whole = client.post(f"/api/v1/executions/{execution}/retry?from=start")
    assert whole.status_code == 202


def test_a131_logs_come_over_a_websocket_first_what_was_then_live(server: ServerProcess, client: Client) -> None:
    text = THREE.replace("  - name: third\n", "  - name: third\n    needs_approval: true\n")
    execution = client.post(f"/api/v1/flows/{new_flow(client, text)['id']}/execute", json={"who": "Ada"}).json()["executionId"]
    client.wait_for(execution, "waiting")
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"ws://127.0.0.1:{server.port}/api/v1/executions/{execution}/logs"
    with connect(url, additional_headers={"Cookie": cookies}, open_timeout=10) as socket:
        frames = [json.loads(socket.recv(timeout=10))]
        while frames[-1]["message"] != "Waits":
            frames.append(json.loads(socket.recv(timeout=10)))
        approval = client.get(f"/api/v1/executions/{execution}").json()["data"]["approvals"][0]["id"]
        threading.Thread(target=client.post, args=(f"/api/v1/approvals/{approval}/approve",)).start()
        frames += [json.loads(text) for text in socket]
    assert frames[0].keys() == {"seq", "ts", "level", "executionId", "taskName", "message"}
    assert [frame["seq"] for frame in frames] == sorted({frame["seq"] for frame in frames})
    said = [(frame["taskName"], frame["message"]) for frame in frames]
    assert ("first", "One Ada") in said
    assert ("third", "Three") in said
    assert said[-1] == ("", "Execution completed")
    stored = client.get(f"/api/v1/executions/{execution}/logs").json()["data"]
    assert {("first", "One Ada"), ("third", "Three")} <= {(frame["taskName"], frame["message"]) for frame in stored}
    events = collected(client, f"/api/v1/executions/{execution}/logs")
    assert [event.data["message"] for event in events] == [frame["message"] for frame in stored]


def test_a131_a_stranger_gets_no_log(server: ServerProcess, client: Client) -> None:
    execution = client.post(f"/api/v1/flows/{new_flow(client)['id']}/execute").json()["executionId"]
    url = f"ws://127.0.0.1:{server.port}/api/v1/executions/{execution}/logs"
    with pytest.raises(InvalidStatus, match="403"), connect(url, open_timeout=10):
        pass
