"""Gives a message to RabbitMQ, or another broker that speaks AMQP 0-9-1.

The block is done when the broker has confirmed that it has the message. Without an exchange, the routing key is the name of
a queue. When no queue takes the message the block fails, unless you switch “Must arrive” off. A step that runs again after a
crash sends the same `message_id`, by which receivers can recognise it.

The credential is a “Message broker” with an address such as `amqp://user:password@host:5672/`, or `amqps://` for encryption;
behind the slash stands the virtual host. Needs a library that is installed with `pip install 'blockyard[amqp]'`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Visit, kind, library
from blocks.core._fields import ADVANCED, Text
from blocks.messaging._payloads import MessageConfig, content


class AmqpPublishConfig(MessageConfig):
    """Configuration of the block."""

    exchange: Text = Field("", title="Exchange", max_length=255, description="Left empty: straight into a queue.")
    routing_key: Text = Field(
        "",
        title="Routing key",
        max_length=255,
        description="By which the exchange finds queues; without an exchange the name of a queue.",
        json_schema_extra={"placeholder": "orders"},
    )
    mandatory: bool = Field(True, title="Must arrive", description="Whether it is a failure when no queue takes it.")
    persistent: bool = Field(True, title="Outlives a restart", description="Whether the broker writes it to disk.")
    headers: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict, title="Headers", max_length=100, description="Sent along.", json_schema_extra=ADVANCED
    )
    reply_to: Text = Field("", title="Answers to", max_length=255, description="A queue for answers.", json_schema_extra=ADVANCED)
    correlation_id: Text = Field(
        "", title="Correlation", max_length=255, description="By which an answer is recognised.", json_schema_extra=ADVANCED
    )
    priority: int = Field(
        0, title="Priority", ge=0, le=255, description="For queues that know priorities.", json_schema_extra=ADVANCED
    )
    expires_ms: int = Field(
        0,
        title="Ends after",
        ge=0,
        le=10**10,
        description="Milliseconds after which nobody gets it. 0: never.",
        json_schema_extra=ADVANCED,
    )


async def execute(context: Context, config: AmqpPublishConfig, value: Json) -> Output:
    if not config.exchange and not config.routing_key:
        raise BlockError("CONFIG_INVALID", "field `routing_key`: name a queue, or an exchange", retryable=False)
    client = await library("blocks.messaging._amqp_client", "amqp")

    async def talk(visit: Visit) -> Json:
        body, media_type = content(visit.reveal(config.given(value)))
        properties = client.properties(
            content_type=media_type,
            delivery_mode=2 if config.persistent else 1,
            message_id=context.idempotency_key[:255],
            headers=visit.reveal(config.headers),
            reply_to=config.reply_to,
            correlation_id=config.correlation_id,
            priority=config.priority or None,
            expiration=str(config.expires_ms) if config.expires_ms else None,
            app_id="blockyard",
        )
        await client.publish(
            visit, client.Message(body, config.exchange, visit.reveal(config.routing_key), config.mandatory, properties)
        )
        return {"message_id": context.idempotency_key[:255], "bytes": len(body)}

    return Output(await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=config.seconds))


BLOCK = Block(
    type="amqp.publish",
    title="Publish to RabbitMQ",
    category="Messages",
    icon="send",
    description="Gives a message to RabbitMQ or another AMQP broker, and waits until it is confirmed.",
    config=AmqpPublishConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=130_000,
    sample={"message_id": "0", "bytes": 2},
    output_schema={
        "type": "object",
        "properties": {
            "message_id": {"type": "string", "description": "The same when the step runs again."},
            "bytes": {"type": "integer", "description": "How large the message was."},
        },
        "required": ["message_id", "bytes"],
    },
    examples=(
        Example(
            "Put an order into a queue",
            {"credential": "BROKER", "routing_key": "orders"},
            input={"id": 7},
            output={"message_id": "6f1c...:amqp_1:0", "bytes": 9},
            runnable=False,
        ),
        Example(
            "Tell whoever wants to know",
            {
                "credential": "BROKER",
                "exchange": "events",
                "routing_key": "order.paid",
                "mandatory": False,
                "payload": "{{ input.id }}",
            },
            input={"id": 7},
            output={"message_id": "6f1c...:amqp_1:0", "bytes": 1},
            runnable=False,
        ),
    ),
)
