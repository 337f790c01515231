"""Workflow policies through SIGKILL: deadlines, queues, replacements, keys, failures to tell of, retries."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import Any

import httpx

from tests.faults.disk import query, statuses, wait_until_all_ended
from tests.support.counting import CountingPeer
from tests.support.graphs import block, webhook
from tests.support.server import Client, ServerProcess


def calling(id: str, url: str) -> dict[str, Any]:
    return block(id, "general_api", {"method": "POST", "url": url})


def put(client: Client, workflow: str, **settings: Any) -> None:
    answer = client.put(f"/api/workflows/{workflow}/settings", json=settings)
    assert answer.status_code == 200, answer.text


def begin(client: Client, workflow: str, **variables: Any) -> str:
    answer = client.post(f"/api/workflows/{workflow}/execute", json={"variables": variables, "wait": False})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])


def restart(server: ServerProcess, pause: float = 0) -> Client:
    server.kill()
    time.sleep(pause)
    server.start()
    return Client(server.url).sign_in()


def test_a_deadline_that_passes_while_the_process_is_dead_still_ends_the_execution(
    own_server: ServerProcess, peer: CountingPeer
) -> None:
    client = Client(own_server.url).sign_in()
    runs = client.new(block("start", "starter"), calling("call", f"{peer.url}/hold"), edges=["start>call"])
    waits = client.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 600}), edges=["start>nap"])
    for workflow in (runs, waits):
        put(client, workflow, deadline_ms=1_000)
    running, waiting = begin(client, runs), begin(client, waits)
    peer.wait_for("/hold")
    client.wait_for(waiting, "waiting")

    client = restart(own_server, pause=0.5)
    for execution in (running, waiting):
        found = client.wait_for(execution)
        assert (found["status"], found["error"]["code"]) == ("timed_out", "TIMED_OUT")
    peer.release.set()
    assert peer.count["/hold"] <= 2
    assert set(statuses(own_server).values()) == {"timed_out"}


def test_what_is_overdue_at_the_start_is_not_taken_up_first(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.new(block("start", "starter"), calling("call", f"{peer.url}/hold"), edges=["start>call"])
    put(client, workflow, deadline_ms=400)
    execution = begin(client, workflow)
    peer.wait_for("/hold")
    client = restart(own_server, pause=0.5)
    assert client.wait_for(execution)["status"] == "timed_out"
    assert peer.count == {"/hold": 1}, "its step was run again although its time was over"


def test_a_queue_survives_and_keeps_its_limit_and_its_order(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    step = calling("call", f"{peer.url}/hold-{{{{ variables.n }}}}")
    workflow = client.new(block("start", "starter"), step, edges=["start>call"])
    put(client, workflow, concurrency={"limit": 1})
    first = begin(client, workflow, n=1)
    peer.wait_for("/hold-1")
    low = begin(client, workflow, n=2)
    put(client, workflow, concurrency={"limit": 1}, priority=9)
    high = begin(client, workflow, n=3)

    client = restart(own_server)
    peer.wait_for("/hold-1", 2)
    assert statuses(own_server) == {first: "running", low: "queued", high: "queued"}
    peer.release.set()
    assert set(wait_until_all_ended(own_server).values()) == {"completed"}
    assert [path for path, _ in peer.calls] == ["/hold-1", "/hold-1", "/hold-3", "/hold-2"]


def test_a_replacement_is_either_accepted_with_the_end_of_the_old_one_or_not_at_all(
    own_server: ServerProcess, peer: CountingPeer
) -> None:
    client = Client(own_server.url).sign_in()
    step = calling("call", f"{peer.url}/hold-{{{{ variables.n }}}}")
    workflow = client.new(block("start", "starter"), step, edges=["start>call"])
    put(client, workflow, concurrency={"limit": 1, "when_full": "replace"})
    moments = random.Random(5)
    for n in range(3):
        begin(client, workflow, n=f"{n}-old")
        peer.wait_for(f"/hold-{n}-old")
        late = threading.Timer(moments.random() * 0.02, own_server.kill)
        late.start()
        with suppress(httpx.TransportError):
            begin(client, workflow, n=f"{n}-new")
        late.join()
        client = restart(own_server)
    time.sleep(0.2)
    peer.release.set()
    ended = wait_until_all_ended(own_server)
    newest = query(own_server, "SELECT id, status FROM executions ORDER BY created_at DESC, id DESC LIMIT 1")
    assert newest == [(newest[0][0], "completed")]
    assert list(ended.values()).count("completed") == 1


def test_every_failure_is_told_exactly_once(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    handler = client.deployed(block("failed", "trigger.error"), block("end", "response"), edges=["failed>end"])
    hook = webhook()
    failing = client.deployed(hook, block("bad", "code", {"code": "output = 1 / 0"}), edges=["hook>bad"])
    put(client, failing, error_workflow=handler)
    url = f"{own_server.url}/api/webhooks/{hook['config']['webhook_id']}"
    headers = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    moments = random.Random(3)
    for _ in range(3):
        killer = threading.Timer(0.3 + moments.random() * 1.2, own_server.kill)
        killer.start()
        try:
            while True:
                httpx.post(url, json={}, headers=headers, timeout=5)
                time.sleep(0.02)
        except httpx.TransportError:
            killer.join()
        own_server.start()
    deadline = time.monotonic() + 15
    failures = [id for (id,) in query(own_server, "SELECT id FROM executions WHERE workflow_id = ?", failing)]
    while len(query(own_server, "SELECT id FROM executions WHERE workflow_id = ?", handler)) < len(failures):
        assert time.monotonic() < deadline, "not every failure was told"
        time.sleep(0.1)
    wait_until_all_ended(own_server)
    reports = query(own_server, "SELECT input FROM executions WHERE workflow_id = ?", handler)
    told = [httpx.Response(200, content=report).json()["execution"]["id"] for (report,) in reports]
    assert sorted(told) == sorted(failures)
    assert len(failures) > 5


def test_a_key_stands_for_one_execution_through_any_crash(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    hook = webhook()
    workflow = client.deployed(hook, calling("pay", f"{peer.url}/{{{{ variables.order }}}}"), edges=["hook>pay"])
    put(client, workflow, idempotency_key="variables.order")
    url = f"{own_server.url}/api/webhooks/{hook['config']['webhook_id']}"
    headers = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    moments = random.Random(9)
    answered: dict[int, str] = {}
    order = 0
    for _ in range(3):
        killer = threading.Timer(0.1 + moments.random() * 0.4, own_server.kill)
        killer.start()
        try:
            while True:
                order += 1
                answer = httpx.post(url, json={"order": order}, headers=headers, timeout=5)
                answered[order] = answer.headers["X-Execution-Id"]
        except httpx.TransportError:
            killer.join()
        own_server.start()
        repeated = httpx.post(url, json={"order": order}, headers=headers, timeout=10)
        assert repeated.status_code == 200, "the caller that got no answer asks again"
        answered[order] = repeated.headers["X-Execution-Id"]
    wait_until_all_ended(own_server)
    assert order > 3
    per_order = query(own_server, "SELECT count(*) FROM executions")
    assert per_order == [(order,)], "one execution for each order"
    assert len(set(answered.values())) == len(answered)
    assert set(answered.values()) == set(statuses(own_server))


def test_a_retry_that_is_killed_goes_on_with_what_it_took_over(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    blocks = (block("start", "starter"), calling("pay", f"{peer.url}/pay"), calling("wait", f"{peer.url}/hold"))
    workflow = client.new(*blocks, edges=["start>pay", "pay>wait"])
    execution = begin(client, workflow)
    peer.wait_for("/hold")
    client.post(f"/api/executions/{execution}/cancel")
    retried = client.post(f"/api/executions/{execution}/retry", json={}).json()["execution_id"]
    peer.wait_for("/hold", 2)
    client = restart(own_server)
    peer.release.set()
    assert client.wait_for(retried)["status"] == "completed"
    assert peer.count == {"/pay": 1, "/hold": 3}
    assert [step["block_id"] for step in client.get(f"/api/executions/{retried}").json()["steps"]] == ["start", "pay", "wait"]
