"""Starts the workflow for every message that comes to topics of an MQTT broker.

Name topics, also with the wildcards `+` and `#`. The broker keeps what comes while this server is down and delivers it
afterwards, as far as its settings allow; a message is confirmed only once its execution is accepted, and one that is
delivered again starts nothing a second time. With a quality of service of 0 the broker keeps nothing and expects no answer.

JSON becomes data, other texts stay texts, anything else is a file. The credential is a “Message broker” with an address such
as `mqtt://user:password@host:1883`, or `mqtts://` for encryption. Needs a library that is installed with `pip install
'blockyard[mqtt]'`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, TypeVar

from pydantic import Field, field_validator

from app.sdk import Block, Config, CredentialName, Example, Json, Visit, WatchContext, library
from blocks.core._fields import ADVANCED
from blocks.core._threads import in_thread
from blocks.triggers._deliveries import Delivered, accept, settle
from blocks.triggers._payload import LISTEN_SECONDS, payload
from blocks.triggers._watching import pass_on

T = TypeVar("T")

PORTS = {"mqtt": 1883, "mqtts": 8883}
ACCEPT_SECONDS = 60.0


class MqttTriggerConfig(Config):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The address of the broker, with user and password.")
    topics: list[str] = Field(
        title="Topics",
        min_length=1,
        max_length=50,
        description="Which messages, such as home/+/temperature or factory/#.",
        json_schema_extra={"initial": [""]},
    )
    qos: Literal[0, 1, 2] = Field(1, title="Quality of service", description="0 at most once, 1 at least once, 2 exactly once.")
    retained: bool = Field(
        False,
        title="Also retained messages",
        description="Those that the broker keeps for whoever subscribes.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("topics")
    @classmethod
    def _are_topics(cls, topics: list[str]) -> list[str]:
        if not all(topics):
            raise ValueError("a topic is needed")
        if any(len(topic) > 1_000 or "\0" in topic for topic in topics):
            raise ValueError("a topic may have 1000 characters")
        return topics


async def watch(context: WatchContext, config: MqttTriggerConfig) -> float:
    client = await library("blocks.messaging._mqtt_work", "mqtt")
    loop = asyncio.get_running_loop()

    def in_loop(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(ACCEPT_SECONDS)

    def take(messages: Sequence[Any], acknowledge: Callable[[], None]) -> None:
        wanted = [_delivered(message) for message in messages if config.retained or not message.retain]
        waiting = in_loop(accept(context, wanted))
        acknowledge()
        in_loop(settle(context, waiting))

    def works() -> None:
        in_loop(context.works())

    async def talk(visit: Visit) -> Json:
        login = visit.login
        address = login.address(*PORTS)
        reached = await visit.reach(address.host, address.port or PORTS[address.scheme])
        secured = reached.tls(login.get("authority")) if address.scheme == "mqtts" else None
        wanted = client.Subscription(_name(context, config), tuple(config.topics), config.qos, LISTEN_SECONDS)
        user, password = address.username, address.password
        await in_thread(lambda lines: client.listen(reached, secured, user, password, wanted, take, works, lines))
        return None

    await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=LISTEN_SECONDS + 60)
    return 0


def _name(context: WatchContext, config: MqttTriggerConfig) -> str:
    """By which the broker knows this trigger again."""
    told = f"{context.place}\n{sorted(config.topics)}"
    return f"blockyard-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _delivered(message: Any) -> Delivered:
    value = {"topic": message.topic, "payload": payload(message.payload), "qos": message.qos, "retain": message.retain}
    return Delivered(message.mark, "", f"{message.topic}\n".encode() + message.payload, message.again, value)


MESSAGE: dict[str, Json] = {"topic": "home/kitchen/temperature", "payload": 21.5, "qos": 1, "retain": False}
BLOCK = Block(
    type="trigger.mqtt",
    title="When an MQTT message comes",
    category="Start",
    icon="radio",
    description="Starts for every message to topics of an MQTT broker.",
    config=MqttTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={
        "type": "object",
        "properties": {
            "topic": {"type": "string"},
            "payload": {"description": "Data, a text, or a file."},
            "qos": {"type": "integer"},
            "retain": {"type": "boolean"},
        },
        "required": ["topic", "payload", "qos", "retain"],
    },
    examples=(
        Example("Every temperature", {"credential": "BROKER", "topics": ["home/+/temperature"]}, input=MESSAGE, output=MESSAGE),
        Example(
            "Everything of a factory",
            {"credential": "BROKER", "topics": ["factory/#"], "qos": 2},
            input=MESSAGE | {"topic": "factory/1/door", "payload": "open"},
            output=MESSAGE | {"topic": "factory/1/door", "payload": "open"},
        ),
    ),
)
