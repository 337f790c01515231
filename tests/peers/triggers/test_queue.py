"""trigger.amqp against a real RabbitMQ: acknowledged once it is accepted, and accepted once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiormq
import pytest
from aiormq.abc import AbstractChannel
from pamqp.commands import Basic

from tests.peers.brokers import Broker, rabbitmq
from tests.peers.certificates import Authority
from tests.peers.triggers.triggering import Trigger, dies_once
from tests.support.hosts import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def rabbit(authority: Authority) -> Iterator[Broker]:
    with rabbitmq(authority) as running:
        yield running


@pytest.fixture
async def channel(rabbit: Broker) -> AsyncIterator[AbstractChannel]:
    connection = await aiormq.connect(f"{rabbit.address()}/")
    yield await connection.channel()
    await connection.close()


async def left(channel: AbstractChannel, queue: str) -> int:
    return int((await channel.queue_declare(queue, passive=True)).message_count or 0)


async def test_messages_are_acknowledged_once_they_are_accepted(
    trigger: Trigger, rabbit: Broker, channel: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await channel.queue_declare("orders")
    one = await trigger("trigger.amqp", "broker", {"url": rabbit.address()}, queue="orders")
    dies_once(monkeypatch)
    for body in (b'{"n": 1}', b"text", b'{"n": 1}'):
        await channel.basic_publish(body, routing_key="orders")
    one.start()
    await one.comes("payload", {"n": 1}, "text", {"n": 1})
    await one.restart()
    again = Basic.Properties(message_id="m1", content_type="text/plain")
    for _ in range(2):
        await channel.basic_publish(b"5", routing_key="orders", properties=again)
    await one.comes("payload", {"n": 1}, "text", {"n": 1}, "5")

    async def acknowledged() -> bool | None:
        """Whatever was not acknowledged comes back into the queue when nobody listens."""
        await asyncio.sleep(0.2)
        await one.watchers.stop()
        if await left(channel, "orders") == 0:
            return True
        await one.restart()
        return None

    await until(acknowledged, 30)
    assert len(await one.heard("payload")) == 4


async def test_a_queue_that_is_not_there_and_a_wrong_password(trigger: Trigger, rabbit: Broker) -> None:
    for url, told in ((rabbit.address(), "QUEUE_UNKNOWN"), (rabbit.address("wrong"), "LOGIN_REFUSED")):
        one = await trigger("trigger.amqp", "broker", {"url": url}, queue="nowhere")
        one.start()
        assert told in await one.troubled()
        await one.watchers.stop()
