"""Running by API: contract.md A187, A205 and its rulings C4, C5, G26."""

from __future__ import annotations

import time

import httpx

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import unique

GREET = (
    block("start", "starter", {"variables": [{"name": "name", "type": "string", "required": True}]}),
    block("greet", "code", {"code": "output = {'greeting': 'Hello ' + variables['name']}"}),
    block("end", "response"),
)
EDGES = ["start>greet", "greet>end"]


def test_a187_the_api_needs_a_session(server: ServerProcess, client: Client) -> None:
    workflow = client.new(*GREET, edges=EDGES)
    refused = httpx.post(f"{server.url}/api/workflows/{workflow}/execute", json={"variables": {"name": "Ada"}})
    assert (refused.status_code, refused.json()["error"]) == (401, "UNAUTHORIZED")


def test_a205_execute_waits_and_gives_the_results(client: Client) -> None:
    workflow = client.new(*GREET, edges=EDGES)
    answer = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"name": "Ada"}})
    assert answer.status_code == 200
    result = answer.json()
    assert (result["status"], result["output"]) == ("completed", {"greeting": "Hello Ada"})
    assert isinstance(result["duration_ms"], int)
    assert [(step["block_id"], step["status"]) for step in result["steps"]] == [
        ("start", "completed"),
        ("greet", "completed"),
        ("end", "completed"),
    ]
    stored = client.get(f"/api/executions/{result['execution_id']}").json()
    assert (stored["status"], stored["input"], stored["output"]) == ("completed", {"name": "Ada"}, {"greeting": "Hello Ada"})


def test_a205_a_workflow_is_found_by_its_name_and_input_is_another_word_for_variables(client: Client) -> None:
    name = client.get(f"/api/workflows/{client.new(*GREET, edges=EDGES)}").json()["name"]
    answer = client.post(f"/api/workflows/{name}/execute", json={"input": {"name": "Bo"}})
    assert answer.json()["output"] == {"greeting": "Hello Bo"}


def test_a205_a_failed_workflow_is_200_with_the_error(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("sum", "code", {"code": "x = 1\noutput = 1 / 0"}), edges=["start>sum"])
    answer = client.post(f"/api/workflows/{workflow}/execute", json={})
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    error = answer.json()["error"]
    assert (error["code"], error["block_id"]) == ("CODE_ERROR", "sum")
    assert "Line 2" in error["message"]


def test_a205_a_missing_variable_is_named(client: Client) -> None:
    result = client.execute(client.new(*GREET, edges=EDGES))
    assert (result["status"], result["error"]["block_id"]) == ("failed", "start")
    assert "`name` is needed" in result["error"]["message"]


def test_a205_without_waiting_it_is_202(client: Client) -> None:
    workflow = client.new(*GREET, edges=EDGES)
    for request in (
        {"json": {"variables": {"name": "Ada"}, "wait": False}},
        {"json": {"variables": {"name": "Ada"}}, "headers": {"Prefer": "respond-async"}},
    ):
        answer = client.post(f"/api/workflows/{workflow}/execute", **request)
        assert answer.status_code == 202
        assert client.wait_for(answer.json()["execution_id"])["output"] == {"greeting": "Hello Ada"}


def test_a205_after_the_longest_wait_it_is_504_and_the_execution_goes_on(client: Client) -> None:
    event = unique("awaited")
    workflow = client.new(block("start", "starter"), block("nap", "flow.wait_event", {"event": event}), edges=["start>nap"])
    began = time.monotonic()
    answer = client.post(f"/api/workflows/{workflow}/execute", json={})
    assert (answer.status_code, answer.json()["error"]) == (504, "STILL_RUNNING")
    assert time.monotonic() - began > 2.5
    assert client.get(f"/api/executions/{answer.json()['execution_id']}").json()["status"] == "waiting"
    client.post("/api/events", json={"name": event, "payload": {"n": 1}})
    assert client.wait_for(answer.json()["execution_id"])["status"] == "completed"


def test_a205_an_unfinished_workflow_is_refused_with_what_is_missing(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("call", "general_api"), edges=["start>call"])
    answer = client.post(f"/api/workflows/{workflow}/execute", json={})
    assert (answer.status_code, answer.json()["error"]) == (400, "NOT_READY")
    assert [(problem["block_id"], problem["field"]) for problem in answer.json()["details"]] == [("call", "url")]
