"""amqp.publish against a real RabbitMQ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiormq
import pytest
from aiormq.abc import AbstractChannel, DeliveredMessage

from tests.peers.brokers import Broker, rabbitmq
from tests.peers.certificates import Authority

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[Broker]:
    with rabbitmq(authority) as running:
        yield running


@pytest.fixture
async def channel(broker: Broker) -> AsyncIterator[AbstractChannel]:
    """Another client, which makes queues and reads them."""
    connection = await aiormq.connect(f"{broker.address()}/")
    yield await connection.channel()
    await connection.close()


@pytest.fixture
def publish(run: Any, broker: Broker) -> Any:
    async def publish(value: Any = None, url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"MQ": ("broker", {"url": url or broker.address(), "authority": authority})}
        return await run("amqp.publish", {"credential": "MQ", **config}, value, credentials=credentials)

    return publish


@pytest.fixture
def fails(refused: Any, broker: Broker) -> Any:
    async def fails(url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"MQ": ("broker", {"url": url or broker.address(), "authority": authority})}
        return await refused("amqp.publish", {"credential": "MQ", "routing_key": "q", **config}, 1, credentials=credentials)

    return fails


async def first(channel: AbstractChannel, queue: str) -> DeliveredMessage:
    """What lies in a queue at this moment: a confirmed message does."""
    found = await channel.basic_get(queue, no_ack=True)
    assert found.delivery_tag, "the queue is empty"
    return found


async def test_a_confirmed_message_is_in_the_queue(publish: Any, channel: AbstractChannel) -> None:
    await channel.queue_declare("orders")
    told = await publish({"ü": 1}, routing_key="orders", headers={"n": 1, "t": "x"}, correlation_id="c", reply_to="r", priority=3)
    message = await first(channel, "orders")
    properties = message.header.properties
    assert (json.loads(message.body), told) == ({"ü": 1}, {"message_id": "run-1:block_1:0", "bytes": 9})
    assert (properties.content_type, properties.delivery_mode, properties.message_id) == (
        "application/json",
        2,
        told["message_id"],
    )
    assert (properties.headers, properties.correlation_id, properties.reply_to) == ({"n": 1, "t": "x"}, "c", "r")


async def test_an_exchange(publish: Any, fails: Any, channel: AbstractChannel) -> None:
    await channel.exchange_declare("events", exchange_type="topic")
    await channel.queue_declare("paid")
    await channel.queue_bind("paid", "events", "order.*")
    await publish("7", exchange="events", routing_key="order.paid", persistent=False)
    assert (await first(channel, "paid")).body == b"7"
    await publish("7", exchange="events", routing_key="nobody", mandatory=False)
    error = await fails(exchange="events", routing_key="nobody")
    assert (error.code, error.retryable) == ("NOT_ROUTED", False)


async def test_bad_input_is_named(fails: Any) -> None:
    assert (await fails(routing_key="no-such-queue")).code == "NOT_ROUTED"
    assert (await fails(exchange="no-such-exchange")).code == "NOT_ROUTED"
    assert "field `routing_key`" in (await fails(routing_key="")).message


async def test_encryption(publish: Any, fails: Any, broker: Broker, authority: Authority, channel: AbstractChannel) -> None:
    await channel.queue_declare("secure")
    await publish(1, url=broker.address(host="localhost", tls=True), authority=authority.pem, routing_key="secure")
    assert (await fails(url=broker.address(host="127.0.0.1", tls=True), authority=authority.pem)).code == "TLS"


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, broker: Broker, silent: int) -> None:
    wrong = await fails(url=broker.address("wrong-password"))
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False), wrong.message
    assert (await fails(url=f"{broker.address()}/nowhere")).code == "LOGIN_REFUSED"
    assert (await fails(url="amqp://127.0.0.1:1")).code == "CONNECTION"
    assert (await fails(url="amqp://10.0.0.1")).code == "EGRESS_REFUSED"
    assert (await fails(url=f"amqp://127.0.0.1:{silent}", timeout_ms=400)).code == "TIMEOUT"


async def test_the_broker_goes_away_half_way(fails: Any, broker: Broker) -> None:
    """Everything passes through a door that is shut when the login is done."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", broker.port)
        for _ in range(3):
            out.write(await reader.read(10_000))
            writer.write(await inside.read(10_000))
        writer.close()
        out.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = door.sockets[0].getsockname()[1]
    error = await fails(url=broker.address().replace(str(broker.port), str(port)), timeout_ms=5_000)
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
