"""trigger.mqtt against a real Mosquitto: confirmed once it is accepted, and accepted once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.peers.brokers import PASSWORD, USER, Broker, mosquitto
from tests.peers.certificates import Authority
from tests.peers.triggers.triggering import Trigger, dies_once
from tests.support.hosts import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def mosquitto_server(authority: Authority) -> Iterator[Broker]:
    with mosquitto(authority) as running:
        yield running


def tell(broker: Broker, topic: str, *payloads: bytes) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish(topic, payload, 1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def test_what_comes_to_a_topic_is_confirmed_once_it_is_accepted(
    trigger: Trigger, mosquitto_server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = mosquitto_server
    one = await trigger("trigger.mqtt", "broker", {"url": broker.address()}, topics=["home/+/t"])
    one.start()

    async def listening() -> bool | None:
        await asyncio.to_thread(tell, broker, "home/probe/t", b'"probe"')
        return True if await one.heard("payload") else None

    await until(listening, 30)
    await asyncio.to_thread(tell, broker, "home/probe/t", b'"last probe"')

    async def quiet() -> bool | None:
        return True if "last probe" in await one.heard("payload") else None

    await until(quiet, 30)
    dies_once(monkeypatch)
    before = await one.heard("payload")
    await asyncio.to_thread(tell, broker, "home/kitchen/t", b"21.5", b"21.5", b"cold")
    await asyncio.to_thread(tell, broker, "garden/t", b"1")
    await one.comes("payload", *before, 21.5, 21.5, "cold")
    await one.watchers.stop()
    await asyncio.to_thread(tell, broker, "home/hall/t", b"19")
    await one.restart()
    await one.comes("payload", *before, 21.5, 21.5, "cold", 19)


async def test_a_broker_that_refuses(trigger: Trigger, mosquitto_server: Broker) -> None:
    one = await trigger("trigger.mqtt", "broker", {"url": mosquitto_server.address("wrong")}, topics=["#"])
    one.start()
    assert "LOGIN_REFUSED" in await one.troubled()
