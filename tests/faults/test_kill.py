"""SIGKILL in the middle of things, then a restart: nothing accepted is lost, nothing recorded runs again."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx

from tests.faults.disk import query, wait_until_all_ended
from tests.support.counting import CountingPeer
from tests.support.depth import DEEP
from tests.support.graphs import block, webhook
from tests.support.server import Client, ServerProcess

ROUNDS = 12 if DEEP else 3
CALLERS = 8


def call(id: str, url: str) -> dict[str, Any]:
    """A block that calls an address, with a key that lets a careful peer act once."""
    return block(id, "general_api", {"method": "POST", "url": url, "body": "{{ input }}", "send_idempotency_key": True})


def steps(server: ServerProcess, execution_id: str) -> dict[str, str]:
    return dict(query(server, "SELECT block_id, status FROM steps WHERE execution_id = ?", execution_id))


def restart(server: ServerProcess) -> Client:
    server.kill()
    server.start()
    return Client(server.url).sign_in()


def test_an_execution_that_was_killed_in_a_step_finishes_after_the_restart(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.create(
        "Killed in a step",
        block("start", "starter"),
        call("first", f"{peer.url}/first"),
        block("compute", "code", {"code": "output = {'n': variables['n'] * 2, 'path': input['body']['path']}"}),
        call("second", f"{peer.url}/hold"),
        block("end", "code", {"code": "output = {'n': blocks['compute']['output']['n'], 'last': input['body']['path']}"}),
        edges=["start>first", "first>compute", "compute>second", "second>end"],
    )
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"n": 21, "é": "ü"}, "wait": False})
    execution_id = accepted.json()["execution_id"]
    assert accepted.status_code == 202
    peer.wait_for("/hold")
    assert steps(own_server, execution_id) == {"start": "completed", "first": "completed", "compute": "completed"}

    client = restart(own_server)
    peer.release.set()
    found = client.wait_for(execution_id)

    assert found["status"] == "completed"
    assert found["output"] == {"n": 42, "last": "/hold"}
    assert found["input"] == {"n": 21, "é": "ü"}
    assert peer.count == {"/first": 1, "/hold": 2}, "the recorded step ran once, the interrupted one again"
    assert set(peer.keys("/hold")) == {f"{execution_id}:second:0"}, "with the same key"
    assert set(steps(own_server, execution_id)) == {"start", "first", "compute", "second", "end"}
    nodes = client.get(f"/api/executions/{execution_id}/trace").json()["nodes"]
    trace = {node["node_id"]: node for node in nodes}
    assert trace["compute"]["output"] == {"n": 42, "path": "/first"}
    assert trace["compute"]["input"]["body"] == {"path": "/first"}


def test_an_execution_that_was_killed_while_it_waited_goes_on_in_time(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.create(
        "Killed while waiting",
        block("start", "starter"),
        call("before", f"{peer.url}/before"),
        block("wait", "flow.wait", {"seconds": 2}),
        call("after", f"{peer.url}/after"),
        edges=["start>before", "before>wait", "wait>after"],
    )
    began = time.monotonic()
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {}, "wait": False})
    execution_id = accepted.json()["execution_id"]
    client.wait_for(execution_id, "waiting")

    client = restart(own_server)
    found = client.wait_for(execution_id)

    assert found["status"] == "completed"
    assert time.monotonic() - began >= 2
    assert peer.count == {"/before": 1, "/after": 1}
    assert set(steps(own_server, execution_id).values()) == {"completed"}


class Callers:
    """Threads that call a webhook one call after another until the server is gone; keep the answers that they got."""

    def __init__(self, url: str, secret: str) -> None:
        self.answered: list[tuple[str, Any]] = []
        self.refused: list[int] = []
        self.first_answer = threading.Event()
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _call(self, number: int) -> None:
        with httpx.Client(headers=self._headers, timeout=10) as client:
            for n in range(number, 1_000_000, CALLERS):
                try:
                    answer = client.post(self._url, json={"n": n})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.answered.append((answer.headers["X-Execution-Id"], answer.json()))
                    self.first_answer.set()
                else:
                    self.refused.append(answer.status_code)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def test_whatever_was_answered_is_on_disk_at_any_moment_of_a_crash(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    hook = webhook()
    workflow = client.create(
        "Killed under load",
        hook,
        call("effect", f"{peer.url}/{{{{ execution.id }}}}"),
        block("compute", "code", {"code": "output = {'double': variables['n'] * 2}"}),
        block("answer", "response"),
        edges=["hook>effect", "effect>compute", "compute>answer"],
    )
    assert client.post(f"/api/workflows/{workflow}/deploy").status_code == 200
    url = f"{own_server.url}/api/webhooks/{hook['config']['webhook_id']}"
    moments = random.Random(7)
    answered: dict[str, Any] = {}
    for number in range(ROUNDS):
        callers = Callers(url, hook["config"]["webhook_secret"])
        if number % 2:
            callers.first_answer.wait(10)
        time.sleep(moments.random() * 0.3)
        own_server.kill()
        callers.join()
        assert callers.refused == []
        answered |= dict(callers.answered)
        own_server.start()
    ended = wait_until_all_ended(own_server)

    assert len(answered) >= ROUNDS // 2, "the kills left no time for any call"
    assert set(ended.values()) == {"completed"}
    assert answered.keys() <= ended.keys(), "an execution whose caller was answered is gone"
    assert all(peer.count[f"/{execution_id}"] == 1 for execution_id in answered), "an answered execution ran again"
    assert all(peer.count[f"/{execution_id}"] >= 1 for execution_id in ended)
    kept = dict(query(own_server, "SELECT id, output FROM executions"))
    assert all(httpx.Response(200, content=kept[execution_id]).json() == body for execution_id, body in answered.items())
    per_execution = query(own_server, "SELECT execution_id, count(*), min(status), max(status) FROM steps GROUP BY execution_id")
    assert {found[1:] for found in per_execution} == {(4, "completed", "completed")}
    assert len(per_execution) == len(ended)
    left = query(own_server, "SELECT count(*) FROM executions WHERE driver IS NOT NULL OR lease_until IS NOT NULL")
    assert left == [(0,)]


def test_an_armed_call_is_used_up_together_with_accepting_its_execution(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    hook = webhook()
    workflow = client.create("Killed while armed", hook, block("answer", "response"), edges=["hook>answer"])
    url = f"{own_server.url}/api/webhooks/{hook['config']['webhook_id']}"
    moments = random.Random(11)
    used = 0
    for _ in range(4):
        assert client.post(f"/api/workflows/{workflow}/arm").status_code == 200
        callers = Callers(url, hook["config"]["webhook_secret"])
        time.sleep(moments.random() * 0.03)
        own_server.kill()
        callers.join()
        ((armed_until,),) = query(own_server, "SELECT armed_until FROM workflows WHERE id = ?", workflow)
        used += armed_until is None
        assert query(own_server, "SELECT count(*) FROM executions") == [(used,)], "an arm without an execution, or the reverse"
        assert len(callers.answered) <= 1
        assert set(callers.refused) <= {403}
        own_server.start()
    assert set(wait_until_all_ended(own_server).values()) <= {"completed"}
