"""net.websocket against a real WebSocket server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

pytestmark = pytest.mark.anyio


async def talk(connection: ServerConnection) -> None:
    """Echoes; some messages mean something."""
    request = connection.request
    assert request is not None
    await connection.send(json.dumps({"path": request.path, "auth": request.headers.get("Authorization")}))
    async for message in connection:
        match message:
            case "bye":
                return
            case "drop":
                connection.transport.abort()
            case "large":
                await connection.send("x" * 1_100_000)
            case "bytes":
                await connection.send(b"\0\xff")
            case _:
                await connection.send(message)


def door(connection: ServerConnection, request: Request) -> Response | None:
    answers = {"/secret": HTTPStatus.UNAUTHORIZED, "/busy": HTTPStatus.SERVICE_UNAVAILABLE, "/moved": HTTPStatus.FOUND}
    if request.path not in answers or request.headers.get("Authorization") == "Bearer right-token":
        return None
    answer = connection.respond(answers[request.path], "no")
    answer.headers["Location"] = "ws://10.0.0.1/"
    return answer


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serve(talk, "127.0.0.1", 0, process_request=door) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@pytest.fixture
def converse(run: Any, url: str) -> Any:
    async def converse(*messages: Any, path: str = "/", **config: Any) -> Any:
        return await run("net.websocket", {"url": f"{url}{path}", "messages": list(messages), **config})

    return converse


@pytest.fixture
def fails(refused: Any, url: str) -> Any:
    async def fails(*messages: Any, path: str = "/", **config: Any) -> Any:
        return await refused("net.websocket", {"url": f"{url}{path}", "messages": list(messages), **config})

    return fails


async def test_messages_go_there_and_back(converse: Any) -> None:
    told = await converse({"ü": 1}, "text", "bytes", path="/feed?x=1", wanted=4)
    assert told["messages"][:3] == [{"path": "/feed?x=1", "auth": None}, {"ü": 1}, "text"]
    assert (told["messages"][3]["base64"], told["ended"]) == ("AP8=", "enough")


async def test_when_it_ends(converse: Any) -> None:
    assert (await converse("a", "b", "c", wanted=10, until="b"))["messages"][1:] == ["a", "b"]
    assert (await converse("a", wanted=10, patience_ms=200))["ended"] == "silence"
    assert (await converse("bye", wanted=10))["ended"] == "closed"
    assert await converse("a", wanted=0) == {"messages": [], "ended": "enough"}


async def test_a_login(run: Any, fails: Any, url: str) -> None:
    config = {"url": f"{url}/secret", "credential": "KEY"}
    right, wrong = ({"KEY": ("bearer", {"token": token})} for token in ("right-token", "wrong-token"))
    told = await run("net.websocket", config, credentials=right)
    assert told["messages"] == [{"path": "/secret", "auth": "Bearer ***"}]
    error = await fails(path="/secret")
    assert (error.code, error.retryable) == ("LOGIN_REFUSED", False)
    with pytest.raises(Exception, match="answers 401"):
        await run("net.websocket", config, credentials=wrong)


async def test_failures(fails: Any, refused: Any, silent: int) -> None:
    assert (await fails(path="/busy")).retryable is True
    assert (await fails(path="/moved")).code in ("WEBSOCKET", "EGRESS_REFUSED")
    assert (await fails("large", wanted=2)).code == "CONNECTION"
    for url in ("http://127.0.0.1", "ws://", "ws://host:port", "ws://user@host"):
        assert (await refused("net.websocket", {"url": url})).code == "CONFIG_INVALID"
    assert (await fails(headers={"a": "b\r\nc"})).code == "CONFIG_INVALID"
    assert (await refused("net.websocket", {"url": "ws://127.0.0.1:1"})).code == "CONNECTION"
    assert (await refused("net.websocket", {"url": "ws://10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await refused("net.websocket", {"url": f"ws://127.0.0.1:{silent}", "timeout_ms": 300})).code == "TIMEOUT"


async def test_the_server_goes_away_half_way(fails: Any) -> None:
    async with asyncio.timeout(20):
        error = await fails("drop", wanted=5)
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
