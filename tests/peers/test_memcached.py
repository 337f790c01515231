"""db.memcached against a real Memcached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.processes import AS_ROOT, Running, directory, free_port, program

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def cache() -> Iterator[Running]:
    with directory("memcached") as place:
        port = free_port()
        command = [program("memcached", "memcached"), "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "16", "-t", "1"]
        running = Running(place, [*command, *(["-u", "nobody"] if AS_ROOT else [])], port)
        running.start()
        yield running
        running.end()


@pytest.fixture
def ask(cache: Running, run: Any) -> Any:
    async def ask(operation: str, key: str, value: Any = None, **config: Any) -> Any:
        usual = {"host": "127.0.0.1", "port": cache.port, "operation": operation, "key": key}
        return await run("db.memcached", {**usual, **config}, value)

    return ask


@pytest.fixture
def fails(cache: Running, refused: Any) -> Any:
    async def fails(value: Any = 1, **config: Any) -> Any:
        return await refused("db.memcached", {"host": "127.0.0.1", "port": cache.port, "key": "a", **config}, value)

    return fails


async def test_values(ask: Any) -> None:
    assert await ask("get", "nothing") == {"key": "nothing", "value": None, "found": False}
    assert (await ask("set", "data", {"ü": [1, None]}))["value"] is True
    assert (await ask("get", "data"))["value"] == '{"ü": [1, null]}'
    assert (await ask("get", "data", as_json=True))["value"] == {"ü": [1, None]}
    assert (await ask("add", "data", 1))["value"] is False
    assert (await ask("set", "raw", {"filename": "x", "base64": "AP8="}))["found"] is True
    assert (await ask("get", "raw"))["value"]["base64"] == "AP8="
    await ask("set", "n", "5")
    assert [(await ask("increment", "n", amount=by))["value"] for by in (3, -2, -100)] == [8, 6, 0]
    assert (await ask("increment", "none"))["found"] is False
    assert [(await ask(do, "n", ttl_seconds=60))["found"] for do in ("touch", "delete", "delete")] == [True, True, False]


async def test_bad_input_is_named(ask: Any, fails: Any) -> None:
    await ask("set", "a", "text")
    assert (await fails(operation="increment")).code == "WRONG_TYPE"
    for key in ("a b", "a\r\nflush_all", "x" * 251):
        assert "field `key`" in (await fails(key=key)).message
    assert (await fails("x" * 1_500_000, operation="set")).code == "DATABASE"


async def test_what_is_not_there_or_says_nothing(fails: Any, silent: int) -> None:
    assert (await fails(port=1)).code == "CONNECTION"
    assert (await fails(host="10.0.0.1")).code == "EGRESS_REFUSED"
    assert (await fails(port=silent, timeout_ms=300)).code == "TIMEOUT"


async def test_the_server_goes_away_half_way(fails: Any) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"VALUE a 0 10\r\nhalf")
        writer.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    error = await fails(port=door.sockets[0].getsockname()[1])
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
