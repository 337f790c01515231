"""SIGKILL while steps wait for people and events: what was asked is still asked, what was answered stays answered."""

from __future__ import annotations

import httpx

from tests.faults.disk import query
from tests.support.graphs import block
from tests.support.people import join, sign_in
from tests.support.server import Client, ServerProcess
from tests.support.waiting import approval_of, gate, resume_urls, start


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
