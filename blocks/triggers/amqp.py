"""Starts the workflow for every message in a queue of RabbitMQ, or of what speaks AMQP 0-9-1.

It listens to a queue that is there already. A message is acknowledged only once its execution is accepted, so none is lost
when this server stops; and one that the broker then delivers again starts nothing a second time. A message with an id
(`message_id`) counts once, however often it is sent.

JSON becomes data, other texts stay texts, anything else is a file. The credential is a “Message broker” with an address such
as `amqp://user:password@host:5672/vhost`. Needs a library that is installed with `pip install 'blockyard[amqp]'`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import Field

from app.sdk import Block, Config, CredentialName, Example, Json, Visit, WatchContext, library
from blocks.core._fields import ADVANCED
from blocks.triggers._deliveries import Delivered, accept, settle
from blocks.triggers._payload import LISTEN_SECONDS, payload
from blocks.triggers._watching import pass_on


class AmqpTriggerConfig(Config):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The address of the broker, with user and password.")
    queue: str = Field(
        title="Queue",
        min_length=1,
        max_length=255,
        description="Its name. It must be there already.",
        json_schema_extra={"initial": "", "placeholder": "orders"},
    )
    prefetch: int = Field(
        20, title="At a time", ge=1, le=200, description="So many messages are taken together.", json_schema_extra=ADVANCED
    )


async def watch(context: WatchContext, config: AmqpTriggerConfig) -> float:
    client = await library("blocks.messaging._amqp_client", "amqp")

    async def taken(messages: Sequence[Any], acknowledge: Callable[[Sequence[int]], Awaitable[None]]) -> None:
        delivered = [_delivered(message) for message in messages]
        waiting = await accept(context, delivered)
        await acknowledge([message.mark for message in delivered])
        await settle(context, waiting)

    async def talk(visit: Visit) -> Json:
        await client.listen(visit, config.queue, config.prefetch, LISTEN_SECONDS, taken, context.works)
        return None

    await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=LISTEN_SECONDS + 60)
    return 0


def _delivered(message: Any) -> Delivered:
    properties, body = message.header.properties, bytes(message.body)
    headers = {
        str(name): value for name, value in (properties.headers or {}).items() if isinstance(value, str | int | float | bool)
    }
    value = {
        "payload": payload(body, properties.content_type or ""),
        "routing_key": message.routing_key,
        "exchange": message.exchange,
        "message_id": properties.message_id,
        "headers": headers,
    }
    name = properties.message_id or ""
    content = f"{message.exchange}\n{message.routing_key}\n{properties.timestamp}\n".encode() + body
    return Delivered(message.delivery_tag, name, content, bool(message.delivery.redelivered), value)


MESSAGE: dict[str, Json] = {
    "payload": {"order": 7},
    "routing_key": "orders",
    "exchange": "",
    "message_id": "order-7",
    "headers": {},
}
BLOCK = Block(
    type="trigger.amqp",
    title="When a message is in a queue",
    category="Start",
    icon="list-end",
    description="Starts for every message in a queue of RabbitMQ.",
    config=AmqpTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={
        "type": "object",
        "properties": {
            "payload": {"description": "Data, a text, or a file."},
            "routing_key": {"type": "string"},
            "exchange": {"type": "string"},
            "message_id": {"type": ["string", "null"]},
            "headers": {"type": "object", "description": "By name."},
        },
        "required": ["payload", "routing_key", "exchange", "message_id", "headers"],
    },
    examples=(
        Example("An order", {"credential": "BROKER", "queue": "orders"}, input=MESSAGE, output=MESSAGE),
        Example("One at a time", {"credential": "BROKER", "queue": "slow", "prefetch": 1}, input=MESSAGE, output=MESSAGE),
    ),
)
