"""Workflows that run other workflows, on a server with a single place to run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A server that runs one execution at a time."""
    server = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_MAX_RUNNING": "1"}).owned().start()
    yield Client(server.url).set_up()
    server.kill()


def runs(name: str) -> dict[str, object]:
    """A block that runs another workflow."""
    return block("run", "orchestration", {"strategy": "sequential", "members": [{"kind": "workflow", "workflow": name}]})


def test_a_parent_does_not_take_the_place_that_its_child_needs(client: Client) -> None:
    client.create("Child", block("start", "starter"), block("a", "code", {"code": "output = 5"}), edges=["start>a"])
    client.create("Middle", block("start", "starter"), runs("Child"), edges=["start>run"])
    parent = client.create("Parent", block("start", "starter"), runs("Middle"), edges=["start>run"])
    assert client.execute(parent)["status"] == "completed"


def test_a_child_that_waits_goes_on_although_its_parent_holds_the_only_place(client: Client) -> None:
    client.create("Child", block("start", "starter"), block("wait", "flow.wait", {"seconds": 0.2}), edges=["start>wait"])
    parent = client.create("Parent", block("start", "starter"), runs("Child"), edges=["start>run"])
    assert client.execute(parent)["status"] == "completed"


def test_cancelling_a_parent_soon_ends_its_waiting_child(client: Client) -> None:
    child = client.create("Child", block("start", "starter"), block("wait", "flow.wait", {"seconds": 600}), edges=["start>wait"])
    parent = client.create("Parent", block("start", "starter"), runs("Child"), edges=["start>run"])
    accepted = client.post(f"/api/workflows/{parent}/execute", json={"variables": {}, "wait": False}).json()["execution_id"]
    deadline = time.monotonic() + 5
    while not (children := client.get("/api/executions", params={"workflow_id": child}).json()["executions"]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    client.wait_for(children[0]["id"], "waiting")
    began = time.monotonic()
    assert client.post(f"/api/executions/{accepted}/cancel").json()["status"] == "cancelled"
    assert client.wait_for(children[0]["id"])["status"] == "cancelled"
    assert time.monotonic() - began < 2
