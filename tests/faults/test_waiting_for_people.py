"""SIGKILL while steps wait for people and events: what was asked is still asked, what was answered stays answered."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from tests.faults.disk import query
from tests.support.counting import CountingPeer
from tests.support.graphs import block
from tests.support.people import join, sign_in
from tests.support.server import Client, ServerProcess
from tests.support.waiting import approval_of, gate, next_approval, resume_urls, start


def restart(server: ServerProcess) -> Client:
    server.kill()
    server.start()
    return Client(server.url).sign_in()


def test_an_approval_outlives_the_server(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    join(own_server, "second")
    execution = start(client, gate(n_of_m=2))
    approval = approval_of(client, execution)
    assert client.post(f"/api/v1/approvals/{approval}/approve").json()["status"] == "pending"

    client = restart(own_server)
    assert approval_of(client, execution) == approval
    assert client.get(f"/api/v1/approvals/{approval}").json()["approvals"] == 1

    second = sign_in(own_server, "second")
    assert second.post(f"/api/v1/approvals/{approval}/approve").json()["status"] == "approved"
    own_server.kill()
    own_server.start()
    client = Client(own_server.url).sign_in()
    assert client.wait_for(execution)["output"]["decision"] == "approved"
    assert query(own_server, "SELECT count(*) FROM steps WHERE block_id = 'gate'") == [(1,)]


def test_a_resume_address_outlives_the_server_and_still_works_once(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    execution = start(client, block("wait", "flow.wait_event", {"event": "paid"}))
    url = resume_urls(client, execution)["wait", ""]

    client = restart(own_server)
    assert resume_urls(client, execution)["wait", ""] == url
    assert httpx.post(url, json={"n": 1}).status_code == 200

    client = restart(own_server)
    assert httpx.post(url, json={"n": 2}).status_code == 410
    assert client.wait_for(execution)["output"] == {"n": 1}


def test_an_event_that_was_accepted_reaches_everybody_after_a_crash(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    waiting = [start(client, block("wait", "flow.wait_event", {"event": "paid"})) for _ in range(5)]
    client.deployed(block("on", "trigger.event", {"event": "paid"}))
    sent = client.post("/api/events", json={"name": "paid", "payload": "yes"}).json()
    assert (sorted(sent["resumed"]), len(sent["started"])) == (sorted(waiting), 1)

    client = restart(own_server)
    assert [client.wait_for(execution)["output"] for execution in waiting] == 5 * ["yes"]
    assert client.wait_for(sent["started"][0])["status"] == "completed"


def test_an_answer_reaches_an_execution_that_is_busy_elsewhere(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.new(
        block("start", "starter"),
        gate(),
        block("after", "flow.noop"),
        block("busy", "general_api", {"method": "POST", "url": f"{peer.url}/hold"}),
        edges=["start>gate", "gate:approved>after", "start>busy"],
    )
    execution = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    peer.wait_for("/hold")
    approval = next_approval(client, execution, after="")
    assert client.post(f"/api/v1/approvals/{approval}/approve").status_code == 200
    wait_until(lambda: step_status(client, execution, "after") == "completed")
    assert client.get(f"/api/executions/{execution}").json()["status"] == "running", "the other branch still runs"
    peer.release.set()
    assert client.wait_for(execution)["status"] == "completed"


def step_status(client: Client, execution: str, block_id: str) -> str | None:
    steps = client.get(f"/api/executions/{execution}").json()["steps"]
    return next((str(step["status"]) for step in steps if step["block_id"] == block_id), None)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
