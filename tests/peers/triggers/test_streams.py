"""trigger.nats and trigger.redis against real servers: streams are read once, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import nats as library
import pytest
from nats.aio.client import Client
from redis.asyncio import Redis

from app.sdk import Json
from tests.peers.brokers import PASSWORD, USER, Broker, nats
from tests.peers.certificates import Authority
from tests.peers.processes import Running
from tests.peers.redis import redis_server
from tests.peers.triggers.triggering import Trigger, Triggered, dies_once
from tests.support.hosts import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[Broker]:
    with nats(authority) as running:
        yield running


@pytest.fixture
async def other(broker: Broker) -> AsyncIterator[Client]:
    client = await library.connect(f"nats://127.0.0.1:{broker.port}", user=USER, password=PASSWORD, allow_reconnect=False)
    yield client
    await client.close()


@pytest.fixture(scope="module")
def redis(authority: Authority) -> Iterator[Running]:
    with redis_server(authority) as running:
        yield running


@pytest.fixture
async def keys(redis: Running) -> AsyncIterator[Redis]:
    client = Redis(port=redis.port, password="pass/word", db=1)
    yield client
    await client.aclose()


def url(redis: Running, password: str = "pass%2Fword") -> dict[str, str]:
    return {"url": f"redis://:{password}@127.0.0.1:{redis.port}/1"}


async def hears(one: Triggered, probe: object, name: str = "payload") -> None:
    """Wait until it listens: it hears what `probe` sends."""

    async def ask() -> bool | None:
        await probe()  # type: ignore[operator]
        return True if await one.heard(name) else None

    await until(ask, 30)


async def test_messages_of_a_stream_start_it_once(
    trigger: Trigger, broker: Broker, other: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.triggers._nats_listen.ACKNOWLEDGE_SECONDS", 2.0)
    stream = other.jetstream()
    await stream.add_stream(name="ORDERS", subjects=["orders.>"])
    await stream.publish("orders.old", b"1")
    one = await trigger("trigger.nats", "broker", {"url": broker.address()}, subject="orders.*", start="all")
    dies_once(monkeypatch)
    one.start()
    await one.comes("payload", 1)
    for body in (b'{"n": 2}', b'{"n": 2}', b"text"):
        await stream.publish("orders.new", body, headers={"X-A": "b"})
    await one.comes("payload", 1, {"n": 2}, {"n": 2}, "text")
    await one.watchers.stop()
    await stream.publish("orders.late", b"5")
    await one.restart()
    await one.comes("payload", 1, {"n": 2}, {"n": 2}, "text", 5)
    assert (await one.heard("seq"), (await one.heard("headers"))[-2]) == ([1, 2, 3, 4, 5], {"X-A": "b"})

    async def settled() -> bool | None:
        (consumer,) = await stream.consumers_info("ORDERS")
        return True if (consumer.num_ack_pending, consumer.num_pending) == (0, 0) else None

    await until(settled, 30)


async def test_what_no_stream_keeps(trigger: Trigger, broker: Broker, other: Client) -> None:
    one = await trigger("trigger.nats", "broker", {"url": broker.address()}, subject="alarm.>", mode="plain")
    one.start()
    await hears(one, lambda: other.publish("alarm.probe", b'"probe"'))
    await other.publish("alarm.fire", b'{"room": 7}')

    async def heard() -> bool | None:
        return True if {"room": 7} in await one.heard("payload") else None

    await until(heard, 30)


@pytest.mark.parametrize(
    ("password", "config", "told"),
    [
        ("wrong", {"subject": "orders.x"}, "LOGIN_REFUSED"),
        ("", {"subject": "nowhere.x"}, "NO_STREAM"),
    ],
    ids=["password", "no stream"],
)
async def test_nats_that_refuses_is_told_at_the_block(
    trigger: Trigger, broker: Broker, password: str, config: dict[str, Json], told: str
) -> None:
    address = broker.address(password) if password else broker.address()
    one = await trigger("trigger.nats", "broker", {"url": address}, **config)
    one.start()
    assert told in await one.troubled()


async def test_a_problem_is_over_once_the_server_is_there(trigger: Trigger, broker: Broker, other: Client) -> None:
    one = await trigger("trigger.nats", "broker", {"url": broker.address()}, subject="later.>")
    one.start()
    assert "NO_STREAM" in await one.troubled()
    await other.jetstream().add_stream(name="LATER", subjects=["later.>"])

    async def well() -> bool | None:
        row = await one.row()
        return True if (row.problem, row.failures) == ("", 0) else None

    await until(well, 30)  # nothing has come yet: that it listens is enough


async def test_entries_of_a_stream_start_it_once(
    trigger: Trigger, redis: Running, keys: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.xadd("orders", {"n": "1", "who": "Ada"})
    one = await trigger("trigger.redis", "database", url(redis), stream="orders", start="all")
    dies_once(monkeypatch)
    one.start()
    await one.comes("fields", {"n": 1, "who": "Ada"})
    for number in (2, 2):
        await keys.xadd("orders", {"data": json.dumps({"n": number})})
    await one.comes("fields", {"n": 1, "who": "Ada"}, {"data": {"n": 2}}, {"data": {"n": 2}})
    await one.watchers.stop()
    await keys.xadd("orders", {"late": "ü"})
    await one.restart()
    await one.comes("fields", {"n": 1, "who": "Ada"}, {"data": {"n": 2}}, {"data": {"n": 2}}, {"late": "ü"})

    async def settled() -> bool | None:
        (group,) = await keys.xinfo_groups("orders")
        return True if (group["pending"], group["lag"]) == (0, 0) else None

    await until(settled, 30)


async def test_only_new_entries_and_members_that_share(trigger: Trigger, redis: Running, keys: Redis) -> None:
    await keys.xadd("shared", {"n": "0"})
    both = [await trigger("trigger.redis", "database", url(redis), stream="shared", group="team") for _ in range(2)]
    both[0].start()  # one studio, so one set of watchers drives both

    async def joined() -> bool | None:
        groups = await keys.xinfo_groups("shared")
        return True if groups and groups[0]["consumers"] == 2 else None

    await until(joined, 30)
    for number in range(1, 9):
        await keys.xadd("shared", {"n": str(number)})

    async def all_heard() -> bool | None:
        found = [fields["n"] for one in both for fields in await one.heard("fields")]
        return True if sorted(found) == list(range(1, 9)) else None

    await until(all_heard, 30)


async def test_redis_that_refuses_or_goes_away(trigger: Trigger, redis: Running, keys: Redis) -> None:
    refused = await trigger("trigger.redis", "database", url(redis, "wrong"), stream="s")
    refused.start()
    assert "LOGIN_REFUSED" in await refused.troubled()
    await refused.watchers.stop()
    await keys.set("text", "no stream")
    other = await trigger("trigger.redis", "database", url(redis), stream="text")
    await other.restart()
    assert "WRONG_TYPE" in await other.troubled()
    await other.watchers.stop()
    gone = await trigger("trigger.redis", "database", url(redis), stream="alive")
    await gone.restart()
    await hears(gone, lambda: keys.xadd("alive", {"n": "1"}), "fields")
    await asyncio.to_thread(redis.end)
    try:
        assert "CONNECTION" in await gone.troubled()
    finally:
        await asyncio.to_thread(redis.start)
    before = len(await gone.heard("fields"))
    await hears_more(gone, keys, before)
    assert (await gone.row()).problem == ""


async def hears_more(one: Triggered, keys: Redis, before: int) -> None:
    async def ask() -> bool | None:
        await keys.xadd("alive", {"n": "2"})
        return True if len(await one.heard("fields")) > before else None

    await until(ask, 30)
