"""Webhook calls under load are shared between processes, and nobody can tell by what comes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from app.sdk import Json
from tests.support.connections import Answered, Connection, served_by, until, worker_of
from tests.support.events import parsed
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess

SECRET = "a secret that callers know"
AT_ONCE = 12
SPIN = """
if variables.get("spin"):
    for n in range(10_000_000):
        pass
output = input
"""


@dataclass
class Load:
    """A server with a deployed workflow that only computes, and connections that call it."""

    server: ServerProcess
    client: Client
    workflow: str
    webhook_id: str
    connections: list[Connection] = field(default_factory=list)

    def call_all(self, body: Json = None) -> list[Answered]:
        return [connection.call(self.webhook_id, SECRET, body) for connection in self.connections]

    def shared(self) -> Load:
        """Once a worker serves some of the connections."""

        def some_are() -> bool:
            self.call_all({"n": 1})
            return len(self.with_worker()) >= AT_ONCE // 3

        until(some_are)
        return self

    def with_worker(self) -> list[Connection]:
        return served_by(worker_of(self.server), self.connections)


def loaded(server: ServerProcess, client: Client) -> Load:
    webhook_id = str(uuid4())
    hook = block("hook", "webhook", {"webhook_id": webhook_id, "webhook_secret": SECRET})
    steps = [block(f"spin{n}", "code", {"code": SPIN}) for n in range(8)]
    names = ["hook", *(step["id"] for step in steps), "answer"]
    edges = [f"{before}>{after}" for before, after in pairwise(names)]
    workflow = client.deployed(hook, *steps, block("answer", "response"), edges=edges)
    return Load(server, client, workflow, webhook_id, [Connection(server) for _ in range(AT_ONCE)])


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data: Path = tmp_path_factory.mktemp("workers") / "data"
    process = ServerProcess(data, environment={"BLOCKYARD_WORKERS": "1"}).owned().start()
    Client(process.url).set_up()
    yield process
    process.kill()


@pytest.fixture
def load(busy_server: ServerProcess) -> Iterator[Load]:
    made = loaded(busy_server, Client(busy_server.url).sign_in()).shared()
    yield made
    for connection in made.connections:
        connection.close()


def test_every_call_is_answered_and_recorded_whoever_serves_it(load: Load) -> None:
    answers = [answer for n in range(5) for answer in load.call_all({"n": n})]
    assert [(status, body["n"]) for status, body, _ in answers] == [(200, n) for n in range(5) for _ in range(AT_ONCE)]
    ids = {execution for _, _, execution in answers}
    assert len(ids) == 5 * AT_ONCE
    for execution in ids:
        found = load.client.get(f"/api/executions/{execution}").json()
        assert (found["status"], len(found["steps"])) == ("completed", 10)
    assert load.with_worker(), "or this has tried nothing"


def test_what_is_changed_counts_at_once_on_every_connection(load: Load) -> None:
    path = f"/api/workflows/{load.workflow}"
    assert load.client.post(f"{path}/undeploy").status_code < 300
    assert {status for status, _, _ in load.call_all()} == {403}
    assert load.client.post(f"{path}/deploy").status_code < 300
    assert {status for status, _, _ in load.call_all()} == {200}


def test_a_wrong_secret_is_refused_everywhere(load: Load) -> None:
    assert {connection.call(load.webhook_id, "wrong")[0] for connection in load.connections} == {401}
    assert {status for status, _, _ in load.call_all()} == {200}


def test_a_connection_can_ask_for_anything_next(load: Load) -> None:
    for connection in load.with_worker():
        assert connection.get("/api/health") == 200
        assert connection.get("/nothing/here") in (401, 404)
        assert connection.call(load.webhook_id, SECRET, {"n": 1})[:2] == (200, {"n": 1})


def test_a_large_body_comes_through_and_one_that_is_too_large_does_not(load: Load) -> None:
    for connection in load.connections:
        text = "x" * 500_000
        assert connection.call(load.webhook_id, SECRET, {"text": text})[:2] == (200, {"text": text})
    (refused,) = {connection.call(load.webhook_id, SECRET, "x" * 1_000_001)[0] for connection in load.connections}
    assert refused == 413


def test_whoever_watches_the_workflow_sees_every_call(load: Load) -> None:
    with load.client.stream("GET", f"/api/workflows/{load.workflow}/events", timeout=15) as answer:
        lines = answer.iter_lines()
        next(lines)  # the stream begins once somebody is listed as watching
        events = parsed(lines)
        called = [execution for _, _, execution in load.call_all()]
        begun = [event.data["execution_id"] for event in (next(events) for _ in range(2 * AT_ONCE)) if "started" in event.type]
    assert sorted(begun) == sorted(called)


def test_a_call_that_a_worker_serves_can_be_cancelled(load: Load) -> None:
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(load.with_worker()[0].call, load.webhook_id, SECRET, {"spin": True})
        listed = f"/api/executions?workflow_id={load.workflow}&status=running"
        until(lambda: bool(load.client.get(listed).json()["executions"]) or called.done())
        (running,) = load.client.get(listed).json()["executions"]
        assert load.client.post(f"/api/executions/{running['id']}/cancel").status_code == 200
        assert load.client.get(f"/api/executions/{running['id']}").json()["status"] == "cancelled"
        status, body, _ = called.result()
    assert (status, body["error"]) == (500, "EXECUTION_FAILED")


def test_a_killed_worker_loses_no_answered_call_and_another_takes_its_place(load: Load) -> None:
    before = worker_of(load.server)
    assert before is not None
    answered: list[str] = []
    lost = 0

    def call(connection: Connection) -> None:
        nonlocal lost
        for n in range(40):
            try:
                status, _, execution = connection.call(load.webhook_id, SECRET, {"n": n})
            except OSError:
                lost += 1
                return
            assert status == 200
            answered.append(execution)
            if len(answered) == 3 * AT_ONCE:
                before.kill()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(call, load.connections))
    assert 0 < lost < AT_ONCE
    assert all(load.client.get(f"/api/executions/{execution}").json()["status"] == "completed" for execution in answered)
    until(lambda: not load.client.get(f"/api/executions?workflow_id={load.workflow}&status=running").json()["executions"])
    load.connections = [Connection(load.server) for _ in range(AT_ONCE)]
    after = worker_of(load.shared().server)
    assert after is not None
    assert after.pid != before.pid


def test_the_server_ends_with_its_worker(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_WORKERS": "1"}).owned().start()
    load = loaded(server, Client(server.url).set_up()).shared()
    worker = worker_of(server)
    assert worker is not None
    code, seconds = server.stop()
    assert (code, seconds < 10) == (0, True)
    until(lambda: not worker.is_running() or worker.status() == "zombie", 5)
    load.server = server.start()
    load.client = Client(server.url).sign_in()
    load.connections = [Connection(server) for _ in range(AT_ONCE)]
    load.shared()
    orphan = worker_of(server)
    assert orphan is not None
    server.kill()
    until(lambda: not orphan.is_running() or orphan.status() == "zombie", 10)


def test_without_workers_all_is_done_by_one_process(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_WORKERS": "0"}).owned().start()
    load = loaded(server, Client(server.url).set_up())
    for _ in range(3):
        assert {status for status, _, _ in load.call_all()} == {200}
    time.sleep(0.2)
    assert worker_of(server) is None
    server.kill()
