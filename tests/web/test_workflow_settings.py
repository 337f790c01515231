"""The settings of a workflow: deadline, concurrency limit, priority; and what is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.counting import CountingPeer, counting_peer
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess

DEFAULTS = {
    "deadline_ms": None,
    "concurrency": {"limit": None, "when_full": "queue"},
    "priority": 0,
    "error_workflow": "",
    "retention": {"days": None, "count": None, "failed_days": None},
    "idempotency_key": "",
}


@pytest.fixture
def peer() -> Iterator[CountingPeer]:
    with counting_peer() as peer:
        yield peer


def put(client: Client, workflow: str, **settings: Any) -> dict[str, Any]:
    answer = client.put(f"/api/workflows/{workflow}/settings", json=settings)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def limited(client: Client, limit: int, when_full: str, *blocks: dict[str, Any], edges: list[str]) -> str:
    workflow = client.new(*blocks, edges=edges)
    put(client, workflow, concurrency={"limit": limit, "when_full": when_full})
    return workflow


def holding(peer: CountingPeer) -> dict[str, Any]:
    """A block that stands still until the peer is released, named in the call by the variable `n`."""
    return block("hold", "general_api", {"method": "POST", "url": f"{peer.url}/hold-{{{{ variables.n }}}}"})


def begin(client: Client, workflow: str, n: int) -> str:
    answer = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"n": n}, "wait": False})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])


def status(client: Client, execution_id: str) -> str:
    return str(client.get(f"/api/executions/{execution_id}").json()["status"])


# -- reading and writing ---------------------------------------------------------------------------------------------


def test_a_workflow_has_defaults_until_somebody_sets_them(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    assert client.get(f"/api/workflows/{workflow}/settings").json() == DEFAULTS
    changed = put(client, workflow, priority=5, concurrency={"limit": 3})
    assert changed == DEFAULTS | {"priority": 5, "concurrency": {"limit": 3, "when_full": "queue"}}
    assert client.get(f"/api/workflows/{workflow}").json()["settings"] == changed
    copy = client.post(f"/api/workflows/{workflow}/duplicate").json()
    assert client.get(f"/api/workflows/{copy['id']}/settings").json() == changed
    assert put(client, workflow) == DEFAULTS, "what is left out goes back to its default"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"deadline_ms": "soon"}, "deadline_ms"),
        ({"concurrency": {"limit": 0}}, "concurrency.limit"),
        ({"concurrency": {"limit": 1, "when_full": "explode"}}, "concurrency.when_full"),
        ({"priority": 1.5}, "priority"),
        ({"error_workflow": "There is none of this name"}, "error_workflow"),
        ({"retention": {"days": 10, "failed_days": 5}}, "retention"),
        ({"idempotency_key": "variables["}, "idempotency_key"),
        ({"colour": "red"}, "colour"),
        ([], ""),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_changes_nothing(client: Client, settings: Any, field: str) -> None:
    workflow = client.new(block("start", "starter"))
    answer = client.put(f"/api/workflows/{workflow}/settings", json=settings)
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert [problem["field"] for problem in answer.json()["details"]] == [field]
    assert client.get(f"/api/workflows/{workflow}/settings").json() == DEFAULTS


def test_the_error_workflow_is_another_one_and_found_again_after_a_rename(client: Client) -> None:
    told, workflow = client.new(block("start", "starter")), client.new(block("start", "starter"))
    name = client.get(f"/api/workflows/{told}").json()["name"]
    assert put(client, workflow, error_workflow=name)["error_workflow"] == told
    refused = client.put(f"/api/workflows/{workflow}/settings", json={"error_workflow": workflow})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "error_workflow")


# -- deadline --------------------------------------------------------------------------------------------------------


def test_what_is_not_finished_by_its_deadline_times_out_wherever_it_stands(client: Client, peer: CountingPeer) -> None:
    waits = client.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 600}), edges=["start>nap"])
    runs = client.new(block("start", "starter"), holding(peer), edges=["start>hold"])
    asks = client.new(block("start", "starter"), block("ask", "flow.gate", {"title": "Well?"}), edges=["start>ask"])
    for workflow in (waits, runs, asks):
        put(client, workflow, deadline_ms=300)
    for execution in [begin(client, workflow, 1) for workflow in (waits, runs, asks)]:
        found = client.wait_for(execution)
        assert (found["status"], found["error"]["code"]) == ("timed_out", "TIMED_OUT")
        assert "waiting" not in {step["status"] for step in found["steps"]}


def test_a_deadline_ends_what_stands_in_the_queue(client: Client, peer: CountingPeer) -> None:
    workflow = limited(client, 1, "queue", block("start", "starter"), holding(peer), edges=["start>hold"])
    first = begin(client, workflow, 1)
    peer.wait_for("/hold-1")
    put(client, workflow, deadline_ms=200, concurrency={"limit": 1})
    second = begin(client, workflow, 2)
    assert client.wait_for(second)["status"] == "timed_out"
    assert status(client, first) == "running"
    assert peer.count == {"/hold-1": 1}, "what timed out in the queue has not begun"
    peer.release.set()


# -- concurrency -----------------------------------------------------------------------------------------------------


def test_a_queue_is_taken_up_by_priority_when_a_place_gets_free(client: Client, peer: CountingPeer) -> None:
    workflow = limited(client, 1, "queue", block("start", "starter"), holding(peer), edges=["start>hold"])
    first = begin(client, workflow, 1)
    peer.wait_for("/hold-1")
    low = begin(client, workflow, 2)
    put(client, workflow, priority=10, concurrency={"limit": 1})
    high = begin(client, workflow, 3)
    assert [status(client, execution) for execution in (first, low, high)] == ["running", "queued", "queued"]
    peer.release.set()
    for execution in (first, low, high):
        assert client.wait_for(execution)["status"] == "completed"
    assert [path for path, _ in peer.calls] == ["/hold-1", "/hold-3", "/hold-2"]


def test_a_long_queue_drains_as_fast_as_places_get_free(client: Client, peer: CountingPeer) -> None:
    """A sweep once a second alone would need half a minute."""
    workflow = limited(client, 1, "queue", block("start", "starter"), holding(peer), edges=["start>hold"])
    executions = [begin(client, workflow, n) for n in range(30)]
    peer.wait_for("/hold-0")
    assert [status(client, execution) for execution in executions] == ["running"] + ["queued"] * 29
    peer.release.set()
    assert client.wait_for(executions[-1], seconds=12)["status"] == "completed"
    assert {status(client, execution) for execution in executions} == {"completed"}


def test_one_that_waits_in_the_queue_can_be_cancelled(client: Client, peer: CountingPeer) -> None:
    workflow = limited(client, 1, "queue", block("start", "starter"), holding(peer), edges=["start>hold"])
    begin(client, workflow, 1)
    peer.wait_for("/hold-1")
    queued = begin(client, workflow, 2)
    cancelled = client.post(f"/api/executions/{queued}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    peer.release.set()
    assert peer.count == {"/hold-1": 1}


def test_a_parked_execution_keeps_its_place(client: Client) -> None:
    nap = block("nap", "flow.wait", {"seconds": 600})
    workflow = limited(client, 1, "queue", block("start", "starter"), nap, edges=["start>nap"])
    parked = begin(client, workflow, 1)
    client.wait_for(parked, "waiting")
    queued = begin(client, workflow, 2)
    client.post(f"/api/executions/{parked}/cancel")
    assert client.wait_for(queued, "waiting")["status"] == "waiting", "the place of the one that was cancelled is free"
    client.post(f"/api/executions/{queued}/cancel")


def test_one_too_many_is_skipped_and_nothing_is_recorded_of_it(
    client: Client, server: ServerProcess, peer: CountingPeer
) -> None:
    hook = webhook()
    workflow = limited(client, 1, "skip", block("start", "starter"), hook, holding(peer), edges=["start>hold", "hook>hold"])
    client.post(f"/api/workflows/{workflow}/deploy")
    first = begin(client, workflow, 1)
    peer.wait_for("/hold-1")
    refused = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"n": 2}})
    assert (refused.status_code, refused.json()["error"]) == (409, "CONCURRENCY_LIMIT")
    called = call_hook(server, hook, {"n": 3})
    assert (called.status_code, called.json()["error"]) == (429, "CONCURRENCY_LIMIT")
    assert int(called.headers["Retry-After"]) > 0
    assert client.get("/api/executions", params={"workflow_id": workflow}).json()["total"] == 1
    peer.release.set()
    client.wait_for(first)
    assert client.execute(workflow, n=4)["status"] == "completed"


def test_at_once_exactly_as_many_as_the_limit_get_in(client: Client, server: ServerProcess, peer: CountingPeer) -> None:
    hook = webhook()
    workflow = limited(client, 3, "skip", hook, holding(peer), edges=["hook>hold"])
    client.post(f"/api/workflows/{workflow}/deploy")
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(call_hook(server, hook, {"n": n}))) for n in range(12)]
    for thread in threads:
        thread.start()
    while len(answers) < 9:
        threads[0].join(0.05)
    peer.release.set()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 9


def test_a_skipped_call_does_not_use_up_the_arm(client: Client, server: ServerProcess, peer: CountingPeer) -> None:
    hook = webhook()
    workflow = limited(client, 1, "skip", block("start", "starter"), hook, holding(peer), edges=["start>hold", "hook>hold"])
    first = begin(client, workflow, 1)
    peer.wait_for("/hold-1")
    client.post(f"/api/workflows/{workflow}/arm")
    assert call_hook(server, hook, {"n": 2}).status_code == 429
    peer.release.set()
    client.wait_for(first)
    assert call_hook(server, hook, {"n": 3}).status_code == 200
    assert call_hook(server, hook, {"n": 4}).status_code == 403


def test_the_newest_replaces_the_one_that_runs(client: Client, peer: CountingPeer) -> None:
    workflow = limited(client, 1, "replace", block("start", "starter"), holding(peer), edges=["start>hold"])
    executions = []
    for n in range(3):
        executions.append(begin(client, workflow, n))
        peer.wait_for(f"/hold-{n}")
    assert [client.wait_for(old)["status"] for old in executions[:2]] == ["cancelled", "cancelled"]
    peer.release.set()
    assert client.wait_for(executions[2])["status"] == "completed"


def test_a_child_waits_in_the_queue_and_its_parent_for_it(client: Client, peer: CountingPeer) -> None:
    child = limited(client, 1, "queue", block("start", "starter"), holding(peer), edges=["start>hold"])
    config = {"workflow": child, "input": {"n": 2}}
    parent = client.new(block("start", "starter"), block("run", "flow.subworkflow", config), edges=["start>run"])
    begin(client, child, 1)
    peer.wait_for("/hold-1")
    waiting = begin(client, parent, 0)
    deadline = time.monotonic() + 5
    while client.get("/api/executions", params={"workflow_id": child, "status": "queued"}).json()["total"] < 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert status(client, waiting) == "running"
    peer.release.set()
    assert client.wait_for(waiting)["status"] == "completed"


def test_a_workflow_that_runs_itself_does_not_wait_for_its_own_place(client: Client) -> None:
    name = client.get(f"/api/workflows/{client.new(block('start', 'starter'))}").json()["name"]
    which = block("which", "condition", {"branches": [{"expression": "variables.n > 0"}]})
    again = block("again", "flow.subworkflow", {"workflow": name, "input": {"n": "{{ variables.n - 1 }}"}})
    graph = client.get(f"/api/workflows/{name}/graph").json()
    drawn = [{"source": "start", "target": "which"}, {"source": "which", "target": "again", "sourceHandle": "if"}]
    saved = client.put(f"/api/workflows/{name}/graph", json={"blocks": [*graph["blocks"], which, again], "edges": drawn})
    assert saved.status_code == 200, saved.text
    put(client, name, concurrency={"limit": 1})
    assert client.execute(name, n=3)["status"] == "completed"
