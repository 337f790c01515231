"""Workflows that are told when another one has failed: once, by name or because they listen, and never in a circle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server of its own: what listens here would hear of every failure that other tests cause."""
    server = ServerProcess(tmp_path_factory.mktemp("failures") / "data").owned().start()
    yield Client(server.url).set_up()
    server.kill()


def failing(client: Client, code: str = "output = 1 / 0") -> str:
    return client.new(block("start", "starter"), block("bad", "code", {"code": code}), edges=["start>bad"])


def listening(client: Client, **config: Any) -> str:
    return client.deployed(block("failed", "trigger.error", config), block("end", "response"), edges=["failed>end"])


def name_of(client: Client, workflow: str) -> str:
    return str(client.get(f"/api/workflows/{workflow}").json()["name"])


def runs(client: Client, workflow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    return found


def told(client: Client, workflow: str, count: int = 1) -> list[dict[str, Any]]:
    """What the executions of a workflow were started with, once so many of them have ended."""
    deadline = time.monotonic() + 10
    while len(found := runs(client, workflow)) < count:
        assert time.monotonic() < deadline, "nobody was told"
        time.sleep(0.05)
    return [client.wait_for(execution["id"]) for execution in found]


def test_the_named_workflow_is_told_what_failed_and_why(client: Client) -> None:
    handler = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    workflow = failing(client)
    client.put(f"/api/workflows/{workflow}/settings", json={"error_workflow": handler})
    execution = client.execute(workflow, order=7)["execution_id"]
    (found,) = told(client, handler)
    assert (found["status"], found["trigger"]) == ("completed", "error")
    report = found["input"]
    assert (report["execution"]["id"], report["execution"]["status"]) == (execution, "failed")
    assert (report["error"]["code"], report["error"]["block_id"]) == ("CODE_ERROR", "bad")
    assert report["workflow"] == {"id": workflow, "name": name_of(client, workflow)}


def test_what_listens_is_told_when_its_filter_fits(client: Client) -> None:
    workflow = failing(client)
    mine = listening(client, workflows=[name_of(client, workflow).upper()], codes=["CODE_*"])
    others = listening(client, workflows=[f"Another {uuid4()}"])
    codes = listening(client, codes=["HTTP_*"])
    everything = listening(client)
    client.execute(workflow)
    told(client, mine)
    told(client, everything)
    assert runs(client, others) == runs(client, codes) == []


def test_a_workflow_that_is_named_and_listens_is_told_once(client: Client) -> None:
    workflow = failing(client)
    handler = listening(client)
    client.put(f"/api/workflows/{workflow}/settings", json={"error_workflow": handler})
    client.execute(workflow)
    told(client, handler)
    client.execute(workflow)
    assert len(told(client, handler, 2)) == 2


def test_a_timeout_is_told_and_a_cancellation_is_not(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 600}), edges=["start>nap"])
    handler = listening(client, workflows=[workflow])
    cancelled = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.post(f"/api/executions/{cancelled}/cancel")
    client.put(f"/api/workflows/{workflow}/settings", json={"deadline_ms": 100})
    late = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    (found,) = told(client, handler)
    assert (found["input"]["execution"]["id"], found["input"]["error"]["code"]) == (late, "TIMED_OUT")


def test_two_handlers_that_fail_do_not_tell_each_other_for_ever(client: Client) -> None:
    """Nor do the workflows that a handler runs."""
    child = failing(client)
    run = block("run", "flow.subworkflow", {"workflow": child, "input": {}})
    handlers = [client.deployed(block("failed", "trigger.error"), run, edges=["failed>run"]) for _ in "ab"]
    client.execute(failing(client))
    for handler in handlers:
        (found,) = told(client, handler)
        assert found["status"] == "failed"
    last = failing(client)
    client.execute(last)
    for handler in handlers:
        assert len(told(client, handler, 2)) == 2, "one for each failure that nobody was told of before"
    assert len(runs(client, child)) == 4


def test_a_workflow_never_hears_of_its_own_failure(client: Client) -> None:
    bad = block("bad", "code", {"code": "output = 1 / 0"})
    blocks = (block("start", "starter"), block("failed", "trigger.error"), bad)
    workflow = client.deployed(*blocks, edges=["start>bad", "failed>bad"])
    witness = listening(client, workflows=[workflow])
    client.execute(workflow)
    told(client, witness)
    assert [run["trigger"] for run in runs(client, workflow)] == ["api"]
    client.post(f"/api/workflows/{workflow}/undeploy")


def test_trying_out_tells_nobody(client: Client) -> None:
    workflow = failing(client)
    handler = listening(client, workflows=[workflow])
    client.post(f"/api/workflows/{workflow}/execute", json={"mode": "simulation"})
    client.post(f"/api/workflows/{workflow}/execute", json={"until": "bad"})
    live = client.execute(workflow)["execution_id"]
    assert [found["input"]["execution_id"] for found in told(client, handler)] == [live]


def test_a_handler_that_is_switched_off_or_gone_holds_up_nobody(client: Client) -> None:
    handler, workflow = client.new(block("start", "starter")), failing(client)
    client.put(f"/api/workflows/{workflow}/settings", json={"error_workflow": handler})
    client.delete(f"/api/workflows/{handler}")
    other = listening(client, workflows=[workflow])
    client.execute(workflow)
    told(client, other)
    assert runs(client, handler) == []
