"""Ending a server: soon, with code 0, whoever is connected and whatever runs; and one server for one directory."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import Any

import httpx
import pytest

from tests.faults.disk import statuses, wait_until_all_ended
from tests.support.counting import CountingPeer
from tests.support.graphs import block, webhook
from tests.support.server import Client, ServerProcess, free_port
from tests.support.warm import ROOT

SECONDS = 8
"""Far less than what is held, far more than ending takes on a machine with little time."""


class Watcher(threading.Thread):
    """Reads an event stream until it ends; `ended` says whether it ended cleanly."""

    def __init__(self, client: Client, path: str) -> None:
        super().__init__()
        self._client = client
        self._path = path
        self.opened = threading.Event()
        self.ended = False

    def run(self) -> None:
        with self._client.stream("GET", self._path) as answer:
            for _ in answer.iter_raw():
                self.opened.set()
        self.ended = True


class Caller(threading.Thread):
    """Makes one call and keeps what came of it."""

    def __init__(self, client: Client, url: str, **more: Any) -> None:
        super().__init__()
        self._client, self._url, self._more = client, url, more
        self.answer: httpx.Response | None = None

    def run(self) -> None:
        self.answer = self._client.post(self._url, **self._more)


def holding(peer: CountingPeer) -> dict[str, Any]:
    return block("hold", "general_api", {"method": "POST", "url": f"{peer.url}/hold"})


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_and_waiting_callers_do_not_hold_up_the_end(own_server: ServerProcess, peer: CountingPeer, sig: int) -> None:
    client = Client(own_server.url).sign_in()
    hook = webhook()
    workflow = client.create("Held", block("start", "starter"), hook, holding(peer), edges=["start>hold", "hook>hold"])
    client.post(f"/api/workflows/{workflow}/deploy")
    secret = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    callers = [
        Caller(client, f"/api/workflows/{workflow}/execute", json={"variables": {}, "start_block": "start"}),
        Caller(client, f"/api/webhooks/{hook['config']['webhook_id']}", json={}, headers=secret),
    ]
    for caller in callers:
        caller.start()
    peer.wait_for("/hold", 2)
    running = list(statuses(own_server))
    watchers = [Watcher(client, f"/api/workflows/{workflow}/events"), Watcher(client, f"/api/executions/{running[0]}/events")]
    for watcher in watchers:
        watcher.start()
        assert watcher.opened.wait(5)

    code, seconds = own_server.stop(sig)

    assert (code, seconds < SECONDS) == (0, True), f"code {code} after {seconds:.1f} s"
    for thread in (*watchers, *callers):
        thread.join(5)
    assert [watcher.ended for watcher in watchers] == [True, True]
    answers = [caller.answer for caller in callers if caller.answer is not None]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(503, "SHUTTING_DOWN")] * 2
    assert {answer.json()["execution_id"] for answer in answers} == set(running), "callers know what to ask for later"
    assert set(statuses(own_server).values()) == {"running"}
    peer.release.set()
    own_server.start()
    assert wait_until_all_ended(own_server) == dict.fromkeys(running, "completed")


def test_code_that_loops_for_ever_does_not_hold_up_the_end(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.create(
        "Loops", block("start", "starter"), block("loop", "code", {"code": "while True:\n    pass"}), edges=["start>loop"]
    )
    for _ in range(2):
        client.post(f"/api/workflows/{workflow}/execute", json={"variables": {}, "wait": False})
    time.sleep(0.3)

    code, seconds = own_server.stop()

    assert (code, seconds < SECONDS) == (0, True), f"code {code} after {seconds:.1f} s"
    assert set(statuses(own_server).values()) == {"running"}
    own_server.start()
    assert set(wait_until_all_ended(own_server).values()) == {"failed"}


def test_an_idle_server_ends_at_once(own_server: ServerProcess) -> None:
    code, seconds = own_server.stop()
    assert (code, seconds < SECONDS) == (0, True), f"code {code} after {seconds:.1f} s"


def test_what_is_running_may_finish_while_the_server_ends(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.create("Nearly done", block("start", "starter"), holding(peer), edges=["start>hold"])
    caller = Caller(client, f"/api/workflows/{workflow}/execute", json={"variables": {}})
    caller.start()
    peer.wait_for("/hold")
    threading.Timer(0.2, peer.release.set).start()

    code, _ = own_server.stop()
    caller.join(5)

    assert code == 0
    assert caller.answer is not None
    assert (caller.answer.status_code, caller.answer.json()["status"]) == (200, "completed")
    assert set(statuses(own_server).values()) == {"completed"}


def test_a_second_server_on_the_same_directory_refuses(own_server: ServerProcess) -> None:
    command = [sys.executable, "-m", "app.cli", "server", "--port", str(free_port()), "--data", str(own_server.data)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert second.returncode == 2
    assert "Another Blockyard server is using the data directory" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{own_server.url}/readyz").status_code == 200


def test_the_directory_is_free_again_after_a_kill(own_server: ServerProcess) -> None:
    own_server.kill()
    own_server.start()
    assert httpx.get(f"{own_server.url}/readyz").status_code == 200
