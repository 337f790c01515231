"""Cancelling from every state, with everything that belongs to an execution."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.counting import CountingPeer, counting_peer
from tests.support.graphs import block
from tests.support.server import Client

Blocks = tuple[list[dict[str, Any]], list[str]]

START = block("start", "starter")
LATER = {"retry": {"attempts": 9, "delay_ms": 3_600_000, "max_delay_ms": 3_600_000}}
GATE = block("rest", "flow.gate", {"title": "Well?"})
EVENT = block("rest", "flow.wait_event", {"event": "never"})
NAP = block("rest", "flow.wait", {"seconds": 3_600})
RETRYING = block("rest", "code", {"code": "output = 1 / 0"}, policy=LATER)
LOOPING = block("rest", "code", {"code": "while True:\n    pass"})
EACH = block("each", "flow.loop", {"items": "{{ [1, 2, 3] }}", "concurrency": 3})
OUTER = block("outer", "flow.loop", {"items": "{{ [1, 2] }}", "concurrency": 2})

STATES: dict[str, tuple[str, Blocks]] = {
    "asking people": ("waiting", ([GATE], ["start>rest"])),
    "waiting for an event": ("waiting", ([EVENT], ["start>rest"])),
    "waiting for a moment": ("waiting", ([NAP], ["start>rest"])),
    "waiting for the next attempt": ("waiting", ([RETRYING], ["start>rest"])),
    "running": ("running", ([LOOPING], ["start>rest"])),
    "asking people in a body": ("waiting", ([EACH, GATE], ["start>each", "each:item>rest"])),
    "waiting for the next attempt in a body": ("waiting", ([EACH, RETRYING], ["start>each", "each:item>rest"])),
    "waiting in a body in a body": (
        "waiting",
        ([OUTER, EACH, NAP], ["start>outer", "outer:item>each", "each:item>rest"]),
    ),
}


@pytest.fixture
def peer() -> Iterator[CountingPeer]:
    with counting_peer() as peer:
        yield peer


def after(peer: CountingPeer) -> dict[str, Any]:
    """What must not happen any more."""
    return block("after", "general_api", {"method": "POST", "url": f"{peer.url}/after"})


def begin(client: Client, workflow: str) -> str:
    return str(client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"])


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 10
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.03)
    return answer


def runs(client: Client, workflow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    return found


def unfinished(client: Client, execution: str) -> set[str]:
    steps = client.get(f"/api/executions/{execution}").json()["steps"]
    return {step["status"] for step in steps} & {"running", "waiting", "retrying"}


@pytest.mark.parametrize("state", STATES)
def test_cancelling_ends_it_and_nothing_of_it_goes_on(client: Client, peer: CountingPeer, state: str) -> None:
    status, (blocks, edges) = STATES[state]
    outermost = blocks[0]["id"]
    leaves = f"{outermost}:approved" if blocks[0] is GATE else outermost
    workflow = client.new(START, *blocks, after(peer), edges=[*edges, f"{leaves}>after"])
    execution = begin(client, workflow)
    client.wait_for(execution, status)
    until(lambda: any(step["block_id"] == "rest" for step in client.get(f"/api/executions/{execution}").json()["steps"]))
    answer = client.post(f"/api/executions/{execution}/cancel")
    assert (answer.status_code, answer.json()["status"], answer.json()["error"]["code"]) == (200, "cancelled", "CANCELLED")
    assert unfinished(client, execution) == set()
    pending = client.get("/api/v1/approvals", params={"status": "pending"}).json()["data"]
    assert execution not in str(pending)
    again = client.post(f"/api/executions/{execution}/cancel")
    assert (again.status_code, again.json()["error"]) == (409, "ALREADY_ENDED")
    assert peer.count == {}


@pytest.mark.parametrize("state", ["asking people", "waiting for the next attempt", "asking people in a body"])
def test_children_of_children_end_with_their_parent_in_every_state(client: Client, state: str) -> None:
    _, (blocks, edges) = STATES[state]
    child = client.new(START, *blocks, edges=edges)
    middle = client.new(START, EACH, block("run", "flow.subworkflow", {"workflow": child}), edges=["start>each", "each:item>run"])
    parent = client.new(START, block("run", "flow.subworkflow", {"workflow": middle}), edges=["start>run"])
    execution = begin(client, parent)
    until(lambda: len([run for run in runs(client, child) if run["status"] == "waiting"]) == 3)
    answer = client.post(f"/api/executions/{execution}/cancel")
    assert answer.json()["status"] == "cancelled"
    for run in (*runs(client, middle), *runs(client, child)):
        assert client.wait_for(run["id"])["status"] == "cancelled"
    assert len(runs(client, child)) == 3, "no further one was started meanwhile"


def test_of_many_who_cancel_at_once_nobody_is_told_that_it_goes_on(client: Client) -> None:
    execution = begin(client, client.new(START, GATE, edges=["start>rest"]))
    client.wait_for(execution, "waiting")
    answers: list[tuple[int, str]] = []

    def cancel() -> None:
        answer = client.post(f"/api/executions/{execution}/cancel")
        answers.append((answer.status_code, answer.json().get("status") or answer.json()["error"]))

    threads = [threading.Thread(target=cancel) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {(200, "cancelled"), (409, "ALREADY_ENDED")}
    assert (200, "cancelled") in answers
    assert client.wait_for(execution)["status"] == "cancelled"
