"""db.redis against a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.peers.certificates import Authority
from tests.peers.processes import Running, program
from tests.peers.redis import redis_server
from tests.support.graphs import block
from tests.support.server import Client

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def redis(authority: Authority) -> Iterator[Running]:
    with redis_server(authority) as running:
        yield running


@pytest.fixture
def ask(redis: Running, run: Any) -> Any:
    async def ask(operation: str, key: str = "", value: Any = None, *, url: str = "", authority: str = "", **config: Any) -> Any:
        data = {"url": url or f"redis://:pass%2Fword@127.0.0.1:{redis.port}/1", "authority": authority}
        config = {"credential": "CACHE", "operation": operation, "key": key, **config}
        return (await run("db.redis", config, value, credentials={"CACHE": ("database", data)}))["value"]

    return ask


@pytest.fixture
def fails(redis: Running, refused: Any) -> Any:
    async def fails(url: str = "", authority: str = "", value: Any = 1, **config: Any) -> Any:
        data = {"url": url or f"redis://:pass%2Fword@127.0.0.1:{redis.port}/1", "authority": authority}
        return await refused(
            "db.redis", {"credential": "CACHE", "key": "a", **config}, value, credentials={"CACHE": ("database", data)}
        )

    return fails


async def test_values(ask: Any) -> None:
    assert await ask("get", "nothing") is None
    assert await ask("set", "text", "ü") is True
    assert await ask("set", "data", {"a": [1, None]}) is True
    assert [await ask("get", key) for key in ("text", "data")] == ["ü", '{"a":[1,null]}']
    assert await ask("get", "data", as_json=True) == {"a": [1, None]}
    assert await ask("set", "text", "no", only_if="absent") is False
    assert await ask("set", "new", "no", only_if="present") is False
    assert await ask("set", "short", "x", ttl_seconds=0.05) is True
    while await ask("exists", "short"):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert await ask("keys", "*t*") == ["data", "text"]
    assert await ask("keys", limit=1)
    assert (await ask("increment", "n"), await ask("increment", "n", amount=-5)) == (1, -4)
    assert (await ask("expire", "n", ttl_seconds=9), await ask("delete", "n"), await ask("exists", "n")) == (True, 1, False)


async def test_structures(ask: Any) -> None:
    assert await ask("hash_set", "h", {"a": 1, "b": [2]}) == 2
    assert (await ask("hash_get", "h"), await ask("hash_get", "h", field="b")) == ({"a": "1", "b": "[2]"}, "[2]")
    assert await ask("hash_get", "h", as_json=True) == {"a": 1, "b": [2]}
    assert (await ask("hash_delete", "h", field="a"), await ask("hash_get", "none")) == (1, None)
    assert await ask("list_push", "l", ["a", {"b": 1}]) == 2
    assert await ask("list_read", "l", as_json=True, limit=5) == ["a", {"b": 1}]
    assert (await ask("list_pop", "l"), await ask("list_read", "l", limit=1)) == ("a", ['{"b":1}'])
    assert (await ask("set_add", "s", ["x", "y", "x"]), await ask("set_members", "s")) == (2, ["x", "y"])
    number = await ask("stream_add", "st", {"id": 7})
    assert await ask("stream_read", "st", as_json=True) == [{"id": number, "fields": {"id": 7}}]
    assert await ask("publish", "nobody", "x") == 0


async def test_locks(ask: Any) -> None:
    assert (await ask("lock", "job", "me"), await ask("lock", "job", "you")) == (True, False)
    assert (await ask("unlock", "job", "you"), await ask("unlock", "job", "me"), await ask("lock", "job", "you")) == (
        False,
        True,
        True,
    )


async def test_bad_input_is_named(ask: Any, fails: Any) -> None:
    await ask("set", "a", "text")
    await ask("set", "big", "x" * 1_900_000)
    for config, code in (
        ({"operation": "increment"}, "DATABASE"),
        ({"operation": "list_pop"}, "WRONG_TYPE"),
        ({"operation": "hash_set", "key": "b"}, "VALUE_INVALID"),
        ({"operation": "expire"}, "CONFIG_INVALID"),
        ({"key": ""}, "CONFIG_INVALID"),
        ({"key": "big"}, "RESULT_TOO_LARGE"),
    ):
        error = await fails(**config)
        assert (error.code, error.retryable) == (code, False), error.message


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, redis: Running, silent: int) -> None:
    wrong = await fails(f"redis://:wrong-password@127.0.0.1:{redis.port}")
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False)
    assert (await fails(f"redis://127.0.0.1:{redis.port}")).code == "LOGIN_REFUSED"
    assert (await fails("redis://127.0.0.1:1")).code == "CONNECTION"
    assert (await fails("redis://192.168.0.1")).code == "EGRESS_REFUSED"
    assert (await fails("redis://127.0.0.1/x")).code == "CREDENTIAL_INVALID"
    assert (await fails(f"redis://127.0.0.1:{silent}", timeout_ms=300)).code == "TIMEOUT"


async def test_encryption(ask: Any, fails: Any, redis: Running, authority: Authority) -> None:
    secure = f"rediss://:pass%2Fword@{{}}:{redis.secure}"  # type: ignore[attr-defined]
    assert await ask("set", "a", "b", url=secure.format("localhost"), authority=authority.pem) is True
    assert (await fails(secure.format("127.0.0.1"), authority.pem)).code == "TLS"
    assert (await fails(secure.format("localhost"))).code == "TLS"


def test_through_a_real_server_with_a_stored_credential(client: Client, redis: Running) -> None:
    url = f"redis://:pass%2Fword@127.0.0.1:{redis.port}/3"
    name = f"R_{uuid4().hex[:10].upper()}"
    made = client.post("/api/v1/credentials", json={"name": name, "type": "database", "data": {"url": url}})
    assert made.status_code == 201, made.text
    write: dict[str, Any] = {"operation": "set", "key": "{{ variables.key }}", "value": {"secret": "pass/word", "n": 1}}
    workflow = client.new(
        block("start", "starter"),
        block("write", "db.redis", {"credential": name, **write}),
        block("read", "db.redis", {"credential": name, "operation": "get", "key": "{{ variables.key }}", "as_json": True}),
        edges=["start>write", "write>read"],
    )
    done = client.execute(workflow, key="through")
    assert (done["status"], done["output"]["value"]) == ("completed", {"secret": "***", "n": 1}), done
    told = client.get(f"/api/executions/{done['execution_id']}/trace").text
    assert "pass%2Fword" not in told
    refused = client.execute(client.new(block("a", "db.redis", {"credential": name, "operation": "increment", "key": "through"})))
    assert (refused["status"], refused["error"]["code"]) == ("failed", "DATABASE"), refused


async def test_the_server_goes_away_half_way(ask: Any, fails: Any, redis: Running) -> None:
    await ask("list_push", "many", ["x"])
    paused = await asyncio.create_subprocess_exec(
        program("redis-cli", "redis-tools"), "-p", str(redis.port), "-a", "pass/word", "CLIENT", "PAUSE", "20000",
        stdout=-3, stderr=-3,
    )  # fmt: skip
    await paused.wait()
    asking = asyncio.create_task(fails())
    await asyncio.sleep(0.2)
    assert not asking.done()
    await asyncio.to_thread(redis.end)
    error = await asking
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
