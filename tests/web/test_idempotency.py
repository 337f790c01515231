"""Calling twice and being run once (contract.md G3)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.counting import CountingPeer, counting_peer
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess


@pytest.fixture
def peer() -> Iterator[CountingPeer]:
    with counting_peer() as peer:
        yield peer


def call(id: str, peer: CountingPeer) -> dict[str, Any]:
    return block(id, "general_api", {"method": "POST", "url": f"{peer.url}/{id}"})


def by_order(client: Client, workflow: str, expression: str = "variables.order") -> str:
    """Let the workflow run once for each order."""
    answer = client.put(f"/api/workflows/{workflow}/settings", json={"idempotency_key": expression})
    assert answer.status_code == 200, answer.text
    return workflow


def execute(client: Client, workflow: str, key: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/workflows/{workflow}/execute", json=body, headers={"Idempotency-Key": key})


def executions(client: Client, workflow: str) -> int:
    return int(client.get("/api/executions", params={"workflow_id": workflow}).json()["total"])


# -- the header ------------------------------------------------------------------------------------------------------


def test_the_same_request_with_the_same_key_gets_the_same_answer(client: Client, peer: CountingPeer) -> None:
    workflow = client.new(block("start", "starter"), call("pay", peer), edges=["start>pay"])
    first = execute(client, workflow, "order-7", variables={"order": 7})
    again = execute(client, workflow, "order-7", variables={"order": 7})
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert peer.count == {"/pay": 1}
    assert execute(client, workflow, "order-8", variables={"order": 7}).json()["execution_id"] != first.json()["execution_id"]


def test_the_same_key_with_another_request_is_refused(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    first = execute(client, workflow, "k", variables={"order": 7}).json()
    for other in ({"variables": {"order": 8}}, {"variables": {"order": 7}, "mode": "simulation"}):
        refused = execute(client, workflow, "k", **other)
        assert (refused.status_code, refused.json()["error"]) == (422, "IDEMPOTENCY_KEY_REUSED")
        assert refused.json()["execution_id"] == first["execution_id"]
    assert executions(client, workflow) == 1


def test_the_same_key_on_another_workflow_is_another_key(client: Client) -> None:
    one, two = client.new(block("start", "starter")), client.new(block("start", "starter"))
    answers = [execute(client, workflow, "k") for workflow in (one, two)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.json()["execution_id"] for answer in answers}) == 2


def test_while_the_first_still_runs_the_second_is_refused(client: Client, peer: CountingPeer) -> None:
    workflow = client.new(block("start", "starter"), call("hold", peer), edges=["start>hold"])
    first = threading.Thread(target=execute, args=(client, workflow, "k"))
    first.start()
    peer.wait_for("/hold")
    refused = execute(client, workflow, "k")
    assert (refused.status_code, refused.json()["error"]) == (409, "STILL_RUNNING")
    peer.release.set()
    first.join()
    client.wait_for(refused.json()["execution_id"])
    assert execute(client, workflow, "k").json()["status"] == "completed"
    assert peer.count == {"/hold": 1}


def test_without_waiting_the_same_key_gives_the_same_execution(client: Client, peer: CountingPeer) -> None:
    workflow = client.new(block("start", "starter"), call("hold", peer), edges=["start>hold"])
    answers = [execute(client, workflow, "k", wait=False) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["execution_id"] for answer in answers}) == 1
    peer.release.set()


def test_a_failure_is_an_answer_too(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("bad", "code", {"code": "output = 1 / 0"}), edges=["start>bad"])
    answers = [execute(client, workflow, "k").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["status"] == "failed"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_what_is_no_key_is_refused(client: Client, key: str) -> None:
    refused = execute(client, client.new(block("start", "starter")), key)
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "Idempotency-Key")


def test_a_refused_start_leaves_the_key_free(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    client.put(f"/api/workflows/{workflow}/settings", json={"concurrency": {"limit": 1, "when_full": "skip"}})
    nap = client.put(
        f"/api/workflows/{workflow}/graph",
        json={
            "blocks": [block("start", "starter"), block("nap", "flow.wait", {"seconds": 600})],
            "edges": [{"source": "start", "target": "nap"}],
        },
    )
    assert nap.status_code == 200
    parked = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.wait_for(parked, "waiting")
    assert execute(client, workflow, "k", wait=False).status_code == 409
    client.post(f"/api/executions/{parked}/cancel")
    assert execute(client, workflow, "k", wait=False).status_code == 202


# -- the expression --------------------------------------------------------------------------------------------------


def test_a_webhook_is_run_once_for_each_order(client: Client, server: ServerProcess, peer: CountingPeer) -> None:
    hook = webhook()
    answer = block("answer", "response", {"status": 201, "headers": {"X-Order": "{{ variables.order }}"}, "body": "paid"})
    workflow = client.deployed(hook, call("pay", peer), answer, edges=["hook>pay", "pay>answer"])
    by_order(client, workflow)
    first, again = (call_hook(server, hook, {"order": 7, "sent": n}) for n in range(2))
    assert (first.status_code, first.text, first.headers["X-Order"]) == (201, "paid", "7")
    assert (again.status_code, again.text, again.headers["X-Order"]) == (201, "paid", "7")
    assert again.headers["X-Execution-Id"] == first.headers["X-Execution-Id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert call_hook(server, hook, {"order": 8}).headers["X-Execution-Id"] != first.headers["X-Execution-Id"]
    assert peer.count == {"/pay": 2}


def test_calls_of_one_order_at_the_same_time_all_get_the_answer_of_one_run(
    client: Client, server: ServerProcess, peer: CountingPeer
) -> None:
    hook = webhook()
    workflow = client.deployed(hook, call("hold", peer), edges=["hook>hold"])
    by_order(client, workflow)
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(call_hook(server, hook, {"order": 7}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    peer.wait_for("/hold")
    peer.release.set()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    assert peer.count == {"/hold": 1}


def test_the_expression_sees_the_request_and_null_is_no_key(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = client.deployed(hook, edges=[])
    by_order(client, workflow, "execution.request.headers.get('x-delivery')")
    delivery = str(uuid4())
    with_key = [call_hook(server, hook, headers={"X-Delivery": delivery}).json()["execution_id"] for _ in range(2)]
    without = [call_hook(server, hook).json()["execution_id"] for _ in range(2)]
    assert len(set(with_key)) == 1
    assert len(set(without)) == 2


def test_a_key_that_cannot_be_computed_is_loud(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = by_order(client, client.deployed(hook, edges=[]))
    refused = call_hook(server, hook, {"other": 1})
    assert (refused.status_code, refused.json()["error"]) == (400, "IDEMPOTENCY_KEY_FAILED")
    assert executions(client, workflow) == 0


def test_whoever_executes_by_api_waits_for_the_same_execution(client: Client, peer: CountingPeer) -> None:
    workflow = by_order(client, client.new(block("start", "starter"), call("pay", peer), edges=["start>pay"]))
    first, again = (client.execute(workflow, order=7) for _ in range(2))
    assert first == again
    assert peer.count == {"/pay": 1}


def test_a_simulation_and_a_retry_are_no_repetition(client: Client, peer: CountingPeer) -> None:
    workflow = by_order(client, client.new(block("start", "starter"), call("pay", peer), edges=["start>pay"]))
    body = {"variables": {"order": 7}}
    client.post(f"/api/workflows/{workflow}/execute", json={**body, "mode": "simulation"})
    assert peer.count == {}
    live = client.execute(workflow, order=7)["execution_id"]
    retried = client.post(f"/api/executions/{live}/retry", json={"from": "start"}).json()["execution_id"]
    assert retried != live
    assert client.wait_for(retried)["status"] == "completed"
    assert peer.count == {"/pay": 2}


def test_a_child_is_found_again_by_its_key_and_not_cancelled_with_a_second_parent(client: Client, peer: CountingPeer) -> None:
    child = by_order(client, client.new(block("start", "starter"), call("hold", peer), edges=["start>hold"]))
    config = {"workflow": child, "input": {"order": 7}}
    parents = [client.new(block("start", "starter"), block("run", "flow.subworkflow", config), edges=["start>run"]) for _ in "ab"]
    one, two = (begun(client, parent) for parent in parents)
    client.post(f"/api/executions/{two}/cancel")
    assert client.wait_for(two)["status"] == "cancelled"
    peer.release.set()
    assert client.wait_for(one)["status"] == "completed"
    assert executions(client, child) == 1
    assert peer.count == {"/hold": 1}


def begun(client: Client, parent: str) -> str:
    """Start a parent and return once its step waits for the child."""
    execution: str = client.post(f"/api/workflows/{parent}/execute", json={"wait": False}).json()["execution_id"]
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        steps = client.get(f"/api/executions/{execution}").json()["steps"]
        if {"run": "running"}.items() <= {step["block_id"]: step["status"] for step in steps}.items():
            time.sleep(0.1)
            return execution
        time.sleep(0.02)
    raise AssertionError("the parent does not run its child")
