"""Gives a message to an MQTT broker.

A text is sent as it is, a file as its bytes, anything else as JSON. With a quality of service of 1 or 2 the block is done
when the broker has confirmed the message; with 0 nobody confirms anything. A retained message is kept by the broker for
those who subscribe later; an empty retained text takes it away.

The credential is a “Message broker” with an address such as `mqtt://user:password@host:1883`, or `mqtts://` for encryption.
Needs a library that is installed with `pip install 'blockyard[mqtt]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Visit, library
from blocks.core._fields import Text
from blocks.core._threads import in_thread
from blocks.messaging._payloads import MessageConfig, content

PORTS = {"mqtt": 1883, "mqtts": 8883}


class MqttPublishConfig(MessageConfig):
    """Configuration of the block."""

    topic: Text = Field(
        min_length=1,
        title="Topic",
        max_length=1_000,
        description="Where it goes, without the wildcards # and +.",
        json_schema_extra={"initial": "", "placeholder": "home/kitchen/light"},
    )
    qos: Literal[0, 1, 2] = Field(1, title="Quality of service", description="0 at most once, 1 at least once, 2 exactly once.")
    retain: bool = Field(False, title="Keep it", description="Whether the broker keeps it for those who subscribe later.")


async def execute(context: Context, config: MqttPublishConfig, value: Json) -> Output:
    if not config.topic or any(mark in config.topic for mark in "#+\0"):
        raise BlockError("CONFIG_INVALID", "field `topic`: name a topic, without # and +", retryable=False)
    work = await library("blocks.messaging._mqtt_work", "mqtt")

    async def talk(visit: Visit) -> Json:
        login = visit.login
        address = login.address(*PORTS)
        reached = await visit.reach(address.host, address.port or PORTS[address.scheme])
        secured = reached.tls(login.get("authority")) if address.scheme == "mqtts" else None
        payload, _ = content(visit.reveal(config.given(value)))
        message = work.Message(visit.reveal(config.topic), payload, config.qos, config.retain)
        await in_thread(
            lambda lines: work.publish(reached, secured, address.username, address.password, message, config.seconds, lines)
        )
        return {"topic": config.topic, "bytes": len(payload)}

    return Output(await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=config.seconds))


BLOCK = Block(
    type="mqtt.publish",
    title="Publish to MQTT",
    category="Messages",
    icon="radio",
    description="Gives a message to an MQTT broker.",
    config=MqttPublishConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=130_000,
    sample={"topic": "home/kitchen/light", "bytes": 2},
    output_schema={
        "type": "object",
        "properties": {
            "topic": {"type": "string"},
            "bytes": {"type": "integer", "description": "How large the message was."},
        },
        "required": ["topic", "bytes"],
    },
    examples=(
        Example(
            "Switch a light on",
            {"credential": "HOME", "topic": "home/{{ input.room }}/light", "payload": "ON"},
            input={"room": "kitchen"},
            output={"topic": "home/kitchen/light", "bytes": 2},
            runnable=False,
        ),
        Example(
            "The last reading, for everybody",
            {"credential": "HOME", "topic": "home/temperature", "retain": True},
            input={"celsius": 21.5},
            output={"topic": "home/temperature", "bytes": 17},
            runnable=False,
        ),
    ),
)
