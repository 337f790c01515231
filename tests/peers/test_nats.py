"""nats.publish against a real NATS server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import nats as library
import pytest
from nats.aio.client import Client

from tests.peers.brokers import PASSWORD, Broker, nats
from tests.peers.certificates import Authority

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[Broker]:
    with nats(authority) as running:
        yield running


@pytest.fixture
async def other(broker: Broker) -> AsyncIterator[Client]:
    """Another client, which listens and answers."""
    client = await library.connect(f"nats://127.0.0.1:{broker.port}", user="ada", password=PASSWORD, allow_reconnect=False)
    yield client
    await client.close()


@pytest.fixture
def publish(run: Any, broker: Broker) -> Any:
    async def publish(value: Any = None, url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"NATS": ("broker", {"url": url or broker.address(), "authority": authority})}
        return (await run("nats.publish", {"credential": "NATS", **config}, value, credentials=credentials))["answer"]

    return publish


@pytest.fixture
def fails(refused: Any, broker: Broker) -> Any:
    async def fails(url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"NATS": ("broker", {"url": url or broker.address(), "authority": authority})}
        return await refused("nats.publish", {"credential": "NATS", "subject": "s", **config}, 1, credentials=credentials)

    return fails


async def test_a_message_and_its_headers(publish: Any, other: Client) -> None:
    listening = await other.subscribe("orders.*")
    await other.flush()
    assert await publish({"ü": 1}, subject="orders.new", headers={"X-A": "{{ input['ü'] }}"}) is None
    message = await listening.next_msg(10)
    assert (message.subject, json.loads(message.data), message.headers) == ("orders.new", {"ü": 1}, {"X-A": "1"})


async def test_a_question(publish: Any, other: Client, fails: Any) -> None:
    async def answer(message: Any) -> None:
        await message.respond(b'{"price": ' + message.data + b"}")

    await other.subscribe("prices", cb=answer)
    await other.flush()
    assert await publish("12.5", operation="ask", subject="prices") == {"price": 12.5}
    assert (await fails(operation="ask", subject="nobody")).code == "NO_ANSWER"


async def test_a_stream_keeps_it_once(publish: Any, other: Client, fails: Any) -> None:
    await other.jetstream().add_stream(name="KEPT", subjects=["kept.>"])
    assert await publish(1, operation="keep", subject="kept.a") == {"stream": "KEPT", "seq": 1, "duplicate": False}
    assert await publish(1, operation="keep", subject="kept.a") == {"stream": "KEPT", "seq": 1, "duplicate": True}
    assert (await fails(operation="keep", subject="unkept")).code == "NO_STREAM"


async def test_encryption(publish: Any, fails: Any, broker: Broker, authority: Authority) -> None:
    await publish(1, subject="a", url=broker.address(host="localhost", tls=True), authority=authority.pem)
    assert (await fails(url=broker.address(host="127.0.0.1", tls=True), authority=authority.pem)).code == "TLS"


async def test_bad_input_is_named(fails: Any) -> None:
    for subject in ("a b", "a.*", "a\r\nPUB b"):
        assert "field `subject`" in (await fails(subject=subject)).message
    assert "field `headers`" in (await fails(headers={"a": "b\r\nc"})).message


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, broker: Broker, silent: int) -> None:
    wrong = await fails(url=broker.address("wrong-password"))
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False), wrong.message
    assert (await fails(subject="secret.a")).code == "LOGIN_REFUSED"
    assert (await fails(url="nats://127.0.0.1:1")).code == "CONNECTION"
    assert (await fails(url="nats://10.0.0.1")).code == "EGRESS_REFUSED"
    assert (await fails(url=f"nats://127.0.0.1:{silent}", timeout_ms=400)).code == "TIMEOUT"


async def test_the_broker_goes_away_half_way(fails: Any, other: Client, broker: Broker) -> None:
    asked = asyncio.Event()

    async def never(message: Any) -> None:
        asked.set()

    await other.subscribe("never", cb=never)
    await other.flush()
    asking = asyncio.create_task(fails(operation="ask", subject="never"))
    await asked.wait()
    await asyncio.to_thread(broker.end)
    error = await asking
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
