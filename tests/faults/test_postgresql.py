"""The same promises on PostgreSQL: through SIGKILL of the server, and through a restart of the database itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.counting import CountingPeer
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.server import Client, ServerProcess

SENDS = ("hook>send", "send>answer", "send>wait", "wait>last")


def server_on(url: str, directory: Path) -> ServerProcess:
    process = ServerProcess(directory / "data", environment={"BLOCKYARD_DATABASE_URL": url}, fresh=True).start()
    Client(process.url).set_up()
    return process


@pytest.fixture
def on_postgres(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[ServerProcess, str]]:
    """A server with an empty PostgreSQL database, and how a plain client reaches that."""
    url = postgres.new_database()
    process = server_on(url, tmp_path)
    yield process, plain(url)
    process.kill()


def plain(url: str) -> str:
    """The address as psycopg itself reads it."""
    return url.replace("+psycopg", "")


def rows(address: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(query.encode()).fetchall()


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sending(peer: CountingPeer, path: str, pause: float) -> dict[str, Any]:
    """One call of the peer before the answer, one after it and a wait; the webhook's order number is in both."""
    hook = webhook()
    url = f"{peer.url}/{{{{ variables.n }}}}"
    blocks = (
        hook,
        block("send", "general_api", {"method": "POST", "url": url, "send_idempotency_key": True}),
        block("answer", "response", {"body": "{{ variables.n }}"}),
        block("wait", "flow.wait", {"seconds": pause}),
        block("last", "general_api", {"method": "POST", "url": f"{peer.url}/{path}", "send_idempotency_key": True}),
    )
    return {"hook": hook, "blocks": blocks}


def test_what_was_answered_is_finished_after_a_kill_and_no_recorded_effect_is_repeated(
    on_postgres: tuple[ServerProcess, str], peer: CountingPeer
) -> None:
    server, address = on_postgres
    drawn = sending(peer, "hold", 0.2)
    Client(server.url).sign_in().deployed(*drawn["blocks"], edges=SENDS)
    answers = [call_hook(server, drawn["hook"], {"n": n}) for n in range(8)]
    assert [answer.json() for answer in answers] == list(range(8))
    accepted = {answer.headers["X-Execution-Id"] for answer in answers}
    peer.wait_for("/hold")

    server.kill()
    on_disk = {id for (id,) in rows(address, "SELECT id FROM executions")}
    assert accepted == on_disk
    server.start()
    peer.release.set()

    wait_until(lambda: rows(address, "SELECT DISTINCT status FROM executions") == [("completed",)])
    assert all(peer.count[f"/{n}"] == 1 for n in range(8)), "what was on record is not sent again"
    assert set(peer.keys("/hold")) == {f"{execution}:last:0" for execution in accepted}
    recorded = rows(address, "SELECT execution_id, block_id FROM steps")
    assert sorted(recorded) == sorted((id, one["id"]) for id in accepted for one in drawn["blocks"])


def test_a_restart_of_the_database_loses_nothing(tmp_path: Path, peer: CountingPeer) -> None:
    with postgres_server() as database:
        url = database.new_database()
        server, address = server_on(url, tmp_path), plain(url)
        try:
            drawn = sending(peer, "last", 2)
            client = Client(server.url).sign_in()
            client.deployed(*drawn["blocks"], edges=SENDS)
            holds = client.new(
                block("start", "starter"),
                block("hold", "general_api", {"method": "POST", "url": f"{peer.url}/hold"}),
                edges=["start>hold"],
            )
            running = client.post(f"/api/workflows/{holds}/execute", json={"wait": False}).json()["execution_id"]
            peer.wait_for("/hold")
            accepted = {call_hook(server, drawn["hook"], {"n": n}).headers["X-Execution-Id"] for n in range(5)}
            parked = "SELECT count(*) FROM executions WHERE status = 'waiting'"
            wait_until(lambda: rows(address, parked) == [(5,)])

            database.stop()
            refused = httpx.get(f"{server.url}/readyz", timeout=20).status_code
            database.start()
            peer.release.set()

            assert refused == 503
            wait_until(lambda: httpx.get(f"{server.url}/readyz", timeout=20).status_code == 200)
            for execution in (running, *accepted):
                assert client.wait_for(execution, seconds=40)["status"] == "completed"
            assert len(rows(address, "SELECT id FROM executions")) == 6
            assert peer.count["/hold"] == 1
        finally:
            server.kill()
