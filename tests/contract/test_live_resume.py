"""Sockets that were cut off go on where they were: contract.md C21."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.sockets import cookies, opened, until


@pytest.fixture(params=["/api/ws", "/api/monitor"])
def dialect(request: pytest.FixtureRequest) -> str:
    path: str = request.param
    return path


WORDS = {"/api/ws": ("play:completed", "playId"), "/api/monitor": ("execution_completed", "execution_id")}
CHAIN = (block("start", "starter"), block("end", "code", {"code": "output = 1"}))


def listening(server: ServerProcess, client: Client, dialect: str, after: str = "") -> ClientConnection:
    monitor = dialect == "/api/monitor"
    query = f"?token=let-me-see&after={after}" if monitor else f"?after={after}"
    return opened(server.url, dialect + query, None if monitor else cookies(client))


def end_of(execution_id: str, dialect: str) -> dict[str, Any]:
    kind, name = WORDS[dialect]
    return {"type": kind, name: execution_id}


def test_who_comes_back_misses_nothing(open_server: ServerProcess, dialect: str) -> None:
    client = Client(open_server.url)
    workflow = client.new(*CHAIN, edges=["start>end"])
    with listening(open_server, client, dialect) as socket:
        first = client.execute(workflow)["execution_id"]
        cursor = until(socket, **end_of(first, dialect))[-1]["cursor"]
    second = client.execute(workflow)["execution_id"]
    with listening(open_server, client, dialect, cursor) as socket:
        frames = [frame for frame in until(socket, **end_of(second, dialect)) if frame["type"] != "connected"]
    assert {frame[WORDS[dialect][1]] for frame in frames} == {second}
    assert frames[0]["type"] in ("play:started", "execution_started")
    places = [int(frame["cursor"].partition("-")[2]) for frame in frames]
    assert places == sorted(set(places))


def test_who_comes_back_with_an_unknown_place_is_told_of_the_gap(open_server: ServerProcess, dialect: str) -> None:
    with listening(open_server, Client(open_server.url), dialect, "00000000-12") as socket:
        assert until(socket, type="gap")[-1]["cursor"]


def test_a_log_goes_on_after_the_line_that_was_seen(server: ServerProcess, client: Client) -> None:
    execution = client.execute(client.new(*CHAIN, edges=["start>end"]))["execution_id"]
    lines = client.get(f"/api/v1/executions/{execution}/logs").json()["data"]
    with opened(server.url, f"/api/v1/executions/{execution}/logs?after={lines[1]['seq']}", cookies(client)) as socket:
        assert until(socket, seq=lines[-1]["seq"]) == lines[2:]
