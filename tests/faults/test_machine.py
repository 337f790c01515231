"""What a machine does to a server: a full disk, a database that somebody holds, a process that is stopped for a while."""

from __future__ import annotations

import base64
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.faults.disk import query, statuses, wait_until_all_ended
from tests.support.counting import CountingPeer
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.postgres import PostgresServer
from tests.support.server import Client, ServerProcess

KEY = base64.b64encode(bytes(range(32))).decode()


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answering(server: ServerProcess) -> dict[str, Any]:
    """A deployed webhook that answers what it was sent."""
    hook = webhook()
    answer = block("answer", "response", {"body": "{{ variables.n }}"})
    Client(server.url).sign_in().deployed(hook, answer, edges=["hook>answer"])
    return hook


def let_files_grow(server: ServerProcess, limit: int) -> None:
    """What the kernel refuses to write beyond `limit` bytes, the server cannot write: -1 lets it again."""
    assert server.process is not None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def test_a_full_disk_refuses_loudly_and_all_that_was_accepted_goes_on_when_there_is_room(
    own_server: ServerProcess, peer: CountingPeer
) -> None:
    hook = answering(own_server)
    client = Client(own_server.url).sign_in()
    held = block("hold", "general_api", {"method": "POST", "url": f"{peer.url}/hold"})
    workflow = client.new(block("start", "starter"), held, block("end", "flow.noop"), edges=["start>hold", "hold>end"])
    running = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    peer.wait_for("/hold")
    before = [call_hook(own_server, hook, {"n": n}) for n in range(3)]

    let_files_grow(own_server, 1)
    refused = [call_hook(own_server, hook, {"n": n}).status_code for n in range(3)]
    peer.release.set()  # the result of the running one cannot be written either
    assert statuses(own_server)[running] == "running"
    let_files_grow(own_server, -1)

    assert set(refused) <= {500, 503}, "nothing is accepted that is not on disk"
    after = call_hook(own_server, hook, {"n": 9})
    assert (after.status_code, after.json()) == (200, 9), "the same process goes on when there is room again"
    own_server.stop()
    own_server.start()
    ended = wait_until_all_ended(own_server)
    answered = {answer.headers["X-Execution-Id"] for answer in (*before, after)}
    assert answered | {running} == set(ended), "what was refused left nothing behind"
    assert set(ended.values()) == {"completed"}
    assert query(own_server, "PRAGMA integrity_check") == [("ok",)]


def test_a_database_that_somebody_holds_is_waited_for(own_server: ServerProcess) -> None:
    hook = answering(own_server)
    answers: list[httpx.Response] = []
    with closing(sqlite3.connect(own_server.data / "blockyard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        callers = [threading.Thread(target=lambda n=n: answers.append(call_hook(own_server, hook, {"n": n}))) for n in range(5)]
        for caller in callers:
            caller.start()
        time.sleep(0.3)
        assert answers == [], "an answer before its execution could be written"
        assert httpx.get(f"{own_server.url}/healthz", timeout=10).status_code == 200, "the server itself goes on"
        other.execute("ROLLBACK")
    for caller in callers:
        caller.join(20)
    assert sorted(answer.json() for answer in answers) == list(range(5))
    assert list(statuses(own_server).values()) == ["completed"] * 5


def test_a_process_that_slept_through_its_lease_changes_nothing_when_it_wakes(
    postgres: PostgresServer, tmp_path: Path, peer: CountingPeer
) -> None:
    environment = {"BLOCKYARD_DATABASE_URL": postgres.new_database(), "BLOCKYARD_SECRET_KEY": KEY}
    servers = [ServerProcess(tmp_path / name, environment=environment) for name in ("sleeper", "other")]
    sleeper, other = servers
    try:
        sleeper.start()
        client = Client(sleeper.url).set_up()
        held = block("hold", "general_api", {"method": "POST", "url": f"{peer.url}/hold", "send_idempotency_key": True})
        after = block("after", "general_api", {"method": "POST", "url": f"{peer.url}/after", "send_idempotency_key": True})
        workflow = client.new(block("start", "starter"), held, after, edges=["start>hold", "hold>after"])
        execution = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
        peer.wait_for("/hold")
        assert sleeper.process is not None
        sleeper.process.send_signal(signal.SIGSTOP)

        other.start()
        peer.wait_for("/hold", 2)
        peer.release.set()
        found = Client(other.url).sign_in().wait_for(execution)
        sleeper.process.send_signal(signal.SIGCONT)

        wait_until(lambda: httpx.get(f"{sleeper.url}/readyz", timeout=10).status_code == 200)
        code, _ = sleeper.stop()
        assert code == 0, "it has drained, so its late result has met the fence"
        again = Client(other.url).sign_in().get(f"/api/executions/{execution}").json()
        assert found["status"] == "completed"
        assert again == found
        assert peer.count == {"/hold": 2, "/after": 1}, "it went no further on its late result"
        assert set(peer.keys("/hold")) == {f"{execution}:hold:0"}
    finally:
        for server in servers:
            with suppress(AssertionError):
                server.kill()
