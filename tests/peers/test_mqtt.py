"""mqtt.publish against a real Mosquitto."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt import subscribe

from tests.peers.brokers import PASSWORD, Broker, mosquitto
from tests.peers.certificates import Authority

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[Broker]:
    with mosquitto(authority) as running:
        yield running


@pytest.fixture
def publish(run: Any, broker: Broker) -> Any:
    async def publish(value: Any = None, url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"HOME": ("broker", {"url": url or broker.address(), "authority": authority})}
        return await run("mqtt.publish", {"credential": "HOME", "topic": "t", **config}, value, credentials=credentials)

    return publish


@pytest.fixture
def fails(refused: Any, broker: Broker) -> Any:
    async def fails(url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"HOME": ("broker", {"url": url or broker.address(), "authority": authority})}
        return await refused("mqtt.publish", {"credential": "HOME", "topic": "t", **config}, 1, credentials=credentials)

    return fails


def received(broker: Broker, topic: str, count: int) -> dict[str, tuple[bytes, bool]]:
    """What a new subscriber gets: content by topic, and whether the broker has kept it."""
    login = {"username": "ada", "password": PASSWORD}
    told: Any = subscribe.simple(topic, qos=2, msg_count=count, hostname="127.0.0.1", port=broker.port, auth=login)  # type: ignore[no-untyped-call]
    messages = told if isinstance(told, list) else [told]
    return {message.topic: (message.payload, message.retain) for message in messages}


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_a_message_arrives(publish: Any, broker: Broker, qos: int) -> None:
    told = await publish({"ü": 1}, topic=f"a/{qos}", qos=qos, retain=True)
    assert told == {"topic": f"a/{qos}", "bytes": 9}
    ((content, kept),) = (await asyncio.to_thread(received, broker, f"a/{qos}", 1)).values()
    assert (json.loads(content), kept) == ({"ü": 1}, True)


async def test_texts_and_files(publish: Any, broker: Broker) -> None:
    await publish("ON", topic="b/text", retain=True)
    await publish({"filename": "x", "content_type": "x/y", "size": 2, "base64": "AP8="}, topic="b/file", retain=True)
    assert await asyncio.to_thread(received, broker, "b/#", 2) == {"b/text": (b"ON", True), "b/file": (b"\0\xff", True)}


async def test_encryption(publish: Any, fails: Any, broker: Broker, authority: Authority) -> None:
    assert await publish(1, url=broker.address(host="localhost", tls=True), authority=authority.pem)
    assert (await fails(url=broker.address(host="127.0.0.1", tls=True), authority=authority.pem)).code == "TLS"
    assert (await fails(url=broker.address(host="localhost", tls=True))).code == "TLS"


@pytest.mark.parametrize("topic", ["a/#", "+/b"])
async def test_bad_input_is_named(fails: Any, topic: str) -> None:
    assert "field `topic`" in (await fails(topic=topic)).message


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, broker: Broker, silent: int) -> None:
    wrong = await fails(url=broker.address("wrong-password"))
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False), wrong.message
    assert (await fails(url="mqtt://127.0.0.1:1")).code == "CONNECTION"
    assert (await fails(url="mqtt://10.0.0.1")).code == "EGRESS_REFUSED"
    assert (await fails(url="amqp://127.0.0.1")).code == "CREDENTIAL_INVALID"
    assert (await fails(url=f"mqtt://127.0.0.1:{silent}", timeout_ms=400)).code == "TIMEOUT"


async def test_the_broker_goes_away_half_way(fails: Any, broker: Broker) -> None:
    """Everything passes through a door that is shut when the connection stands."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", broker.port)
        out.write(await reader.read(1000))
        writer.write(await inside.read(4))
        await reader.read(1)
        writer.close()
        out.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = door.sockets[0].getsockname()[1]
    error = await fails(url=broker.address().replace(str(broker.port), str(port)))
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
