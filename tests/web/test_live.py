"""What happens is seen while it happens: streams of an execution and of a workflow, and cancelling."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.events import Event, collected, watching
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.peer import Peer, Reply
from tests.support.server import Client, ServerProcess


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


def start(client: Client, workflow: str, **variables: Any) -> str:
    answer = client.post(f"/api/workflows/{workflow}/execute", json={"variables": variables, "wait": False})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])


def waiting(client: Client, seconds: float) -> str:
    return client.new(
        block("start", "starter"),
        block("nap", "flow.wait", {"seconds": seconds}),
        block("end", "response"),
        edges=["start>nap", "nap>end"],
    )


def told(events: list[Event]) -> list[tuple[str, str]]:
    """Type and block (or status of the execution) of every event."""
    return [(event.type, str(event.data.get("block_id") or event.data.get("status") or "")) for event in events]


QUICK = [
    ("execution_started", ""),
    ("step_started", "start"),
    ("step_finished", "start"),
    ("step_started", "end"),
    ("step_finished", "end"),
    ("execution_finished", "completed"),
]


def test_a_live_execution_is_told_step_by_step_until_its_end(client: Client, peer: Peer) -> None:
    peer.replies["/slow"] = Reply({}, delay=0.3)
    workflow = client.new(
        block("start", "starter"), block("call", "general_api", {"url": f"{peer.url}/slow"}), edges=["start>call"]
    )
    execution = start(client, workflow)
    began = time.monotonic()
    with watching(client, f"/api/executions/{execution}/events") as events:
        seen = []
        for event in events:
            seen.append(event)
            if told([event]) == [("step_started", "call")]:
                assert time.monotonic() - began < 0.25, "the start of the slow step was told only at its end"
    assert told(seen) == [
        ("execution_started", ""), ("step_started", "start"), ("step_finished", "start"), ("step_started", "call"),
        ("step_finished", "call"), ("execution_finished", "completed"),
    ]  # fmt: skip
    assert [event.id for event in seen] == sorted({event.id for event in seen}), "numbers rise and never repeat"
    assert all(event.data["execution_id"] == execution and event.data["type"] == event.type for event in seen)
    assert seen[4].data["duration_ms"] >= 250


def test_an_execution_that_has_ended_is_told_from_the_record(client: Client) -> None:
    workflow = client.new(
        block("start", "starter"),
        block("check", "condition", {"branches": [{"expression": "input.x == 1"}]}),
        block("yes", "response"),
        block("no", "code", {"code": "output = 1 / 0"}),
        edges=["start>check", "check:if>yes", "check:else>no"],
    )
    execution = client.execute(workflow, x=2)["execution_id"]
    events = collected(client, f"/api/executions/{execution}/events")
    finished = {event.data["block_id"]: event.data for event in events if event.type == "step_finished"}
    assert (finished["check"]["ports"], finished["no"]["status"]) == (["else"], "failed")
    assert finished["no"]["error"]["code"] == "CODE_ERROR"
    assert [event.data["block_ids"] for event in events if event.type == "steps_skipped"] == [["yes"]]
    assert told(events)[-1] == ("execution_finished", "failed")


def test_after_a_lost_connection_nothing_is_told_twice_and_nothing_is_missed(client: Client) -> None:
    execution = start(client, waiting(client, 0.4))
    path = f"/api/executions/{execution}/events"
    first = []
    with watching(client, path) as events:
        for event in events:
            first.append(event)
            if told([event]) == [("step_finished", "start")]:
                break
    rest = collected(client, path, after=first[-1].id)
    assert min(event.id for event in rest) > first[-1].id
    assert ("step_finished", "nap") in told(rest)
    assert told(rest)[-1] == ("execution_finished", "completed")
    assert not {("step_finished", "start"), ("execution_started", "")} & set(told(rest))


def test_whoever_comes_while_a_parked_execution_goes_on_is_told_all_of_it(client: Client, peer: Peer) -> None:
    peer.replies["/slow"] = Reply({}, delay=0.4)
    workflow = client.new(
        block("start", "starter"),
        block("nap", "flow.wait", {"seconds": 0.2}),
        block("call", "general_api", {"url": f"{peer.url}/slow"}),
        edges=["start>nap", "nap>call"],
    )
    execution = start(client, workflow)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        steps = {step["block_id"]: step["status"] for step in client.get(f"/api/executions/{execution}").json()["steps"]}
        if steps.get("call") == "running":
            break
        time.sleep(0.02)
    finished = {
        block_id for type, block_id in told(collected(client, f"/api/executions/{execution}/events")) if type == "step_finished"
    }
    assert finished == {"start", "nap", "call"}


@pytest.mark.parametrize("garbage", ["x", "-1", "1.5", "9" * 40, "é"])
def test_a_last_event_id_that_is_none_means_everything(client: Client, garbage: str) -> None:
    execution = client.execute(client.new(block("start", "starter"), block("end", "response"), edges=["start>end"]))[
        "execution_id"
    ]
    answer = client.get(f"/api/executions/{execution}/events", headers={b"Last-Event-ID": garbage.encode()})
    assert answer.text.count("event: ") >= 4


def test_the_stream_is_for_people_with_a_session_only(server: ServerProcess, client: Client) -> None:
    execution = client.execute(client.new(block("start", "starter")))["execution_id"]
    assert httpx.get(f"{server.url}/api/executions/{execution}/events").status_code == 401


def test_execute_and_stream_in_one_call(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    with watching(client, f"/api/workflows/{workflow}/execute/stream", method="POST", body={"variables": {"x": 1}}) as events:
        seen = list(events)
    assert told(seen) == QUICK
    assert client.get(f"/api/executions/{seen[0].data['execution_id']}").json()["output"] == {"x": 1}


def test_a_stream_tells_no_data_of_the_steps(client: Client) -> None:
    execution = client.execute(
        client.new(block("start", "starter"), block("end", "response"), edges=["start>end"]), card="4111-1111"
    )["execution_id"]
    assert "4111" not in json.dumps([event.data for event in collected(client, f"/api/executions/{execution}/events")])


def until(events: Iterator[Event], type: str) -> Event:
    return next(event for event in events if event.type == type)


def test_a_workflow_s_stream_announces_executions(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = client.deployed(hook, block("end", "response"), edges=["hook>end"])
    with watching(client, f"/api/workflows/{workflow}/events") as events:
        execution = call_hook(server, hook).headers["x-execution-id"]
        started = until(events, "execution_started")
        assert (started.data["execution_id"], started.data["trigger"]) == (execution, "webhook")
        assert until(events, "execution_finished").data["execution_id"] == execution


def test_a_workflow_s_stream_announces_changes_of_its_state(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = client.new(hook, block("end", "response"), edges=["hook>end"])
    drawn = {key: value for key, value in client.drawn(workflow).items() if key != "revision"}
    with watching(client, f"/api/workflows/{workflow}/events") as events:
        client.post(f"/api/workflows/{workflow}/arm")
        assert until(events, "workflow_changed").data["armed_until"] is not None
        call_hook(server, hook)
        assert until(events, "workflow_changed").data["armed_until"] is None
        client.post(f"/api/workflows/{workflow}/deploy")
        assert until(events, "workflow_changed").data["state"] == "deployed"
        client.put(f"/api/workflows/{workflow}/graph", json=drawn)
        assert until(events, "workflow_changed").data["revision"] == 2
        client.put(f"/api/workflows/{workflow}", json={"enabled": False})
        assert until(events, "workflow_changed").data["enabled"] is False


def test_a_waiting_execution_is_cancelled(client: Client) -> None:
    execution = start(client, waiting(client, 3600))
    client.wait_for(execution, "waiting")
    answer = client.post(f"/api/executions/{execution}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert told(collected(client, f"/api/executions/{execution}/events"))[-1] == ("execution_finished", "cancelled")


def test_a_running_execution_is_cancelled_and_its_watcher_is_told(client: Client, peer: Peer) -> None:
    peer.replies["/slow"] = Reply({}, delay=0.5)
    workflow = client.new(
        block("start", "starter"),
        block("call", "general_api", {"url": f"{peer.url}/slow"}),
        block("end", "response"),
        edges=["start>call", "call>end"],
    )
    execution = start(client, workflow)
    with watching(client, f"/api/executions/{execution}/events") as events:
        next(event for event in events if told([event]) == [("step_started", "call")])
        answer = client.post(f"/api/executions/{execution}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert told(list(events))[-1] == ("execution_finished", "cancelled")
    steps = {step["block_id"]: step["status"] for step in answer.json()["steps"]}
    assert steps["call"] == "cancelled"
    assert steps.get("end") != "completed"


def test_what_has_ended_cannot_be_cancelled(client: Client) -> None:
    execution = client.execute(client.new(block("start", "starter")))["execution_id"]
    answer = client.post(f"/api/executions/{execution}/cancel")
    assert (answer.status_code, answer.json()["error"]) == (409, "ALREADY_ENDED")
    assert client.get(f"/api/executions/{execution}").json()["status"] == "completed"


def test_cancelling_a_workflow_that_runs_others_cancels_those_too(client: Client) -> None:
    child = waiting(client, 3600)
    config = {"strategy": "sequential", "members": [{"kind": "workflow", "workflow": child}]}
    parent = client.new(block("start", "starter"), block("team", "orchestration", config), edges=["start>team"])
    execution = start(client, parent)
    deadline = time.monotonic() + 5
    runs: list[dict[str, Any]] = []
    while not runs and time.monotonic() < deadline:
        runs = client.get("/api/executions", params={"workflow_id": child, "status": "waiting"}).json()["executions"]
        time.sleep(0.02)
    assert client.post(f"/api/executions/{execution}/cancel").json()["status"] == "cancelled"
    assert client.wait_for(runs[0]["id"])["status"] == "cancelled"


def test_an_execution_that_is_announced_can_be_followed_at_once(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    slow = block("count", "code", {"code": "n = 0\nwhile n < 1500000:\n    n += 1\noutput = n"})
    workflow = client.deployed(hook, slow, edges=["hook>count"])
    with ThreadPoolExecutor(1) as thread, watching(client, f"/api/workflows/{workflow}/events") as events:
        call = thread.submit(call_hook, server, hook)
        execution = until(events, "execution_started").data["execution_id"]
        assert not call.done(), "too quick to show anything"
        assert client.get(f"/api/executions/{execution}").json()["status"] == "running"
        assert told(collected(client, f"/api/executions/{execution}/events"))[-1] == ("execution_finished", "completed")
        assert call.result().status_code == 200
