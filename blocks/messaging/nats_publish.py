"""Gives a message to a NATS server.

“Tell” is for those who listen at this moment. “Ask” waits for an answer, which comes as text, or as what the JSON in it
says. “Keep” is for JetStream: the block is done when a stream has the message, and a step that runs again after a crash is
recognised as the same.

The credential is a “Message broker” with an address such as `nats://user:password@host:4222` or `nats://token@host`, or
`tls://` for encryption. Needs a library that is installed with `pip install 'blockyard[nats]'`.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, File, Json, Output, Visit, library
from blocks.core._fields import ADVANCED, Text
from blocks.messaging._payloads import MessageConfig, content

MODES = {"tell": "publish", "ask": "request", "keep": "stream"}


class NatsPublishConfig(MessageConfig):
    """Configuration of the block."""

    operation: Literal["tell", "ask", "keep"] = Field(
        "tell", title="Do", description="Tell whoever listens, ask for an answer, or put it into a stream."
    )
    subject: Text = Field(
        min_length=1,
        title="Subject",
        max_length=1_000,
        description="Where it goes, without blanks and wildcards.",
        json_schema_extra={"initial": "", "placeholder": "orders.new"},
    )
    headers: dict[str, Text] = Field(
        default_factory=dict, title="Headers", max_length=50, description="Sent along.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: NatsPublishConfig, value: Json) -> Output:
    if not config.subject or any(mark in " \t\r\n*>\0" for mark in config.subject):
        raise BlockError("CONFIG_INVALID", "field `subject`: name a subject, without blanks and wildcards", retryable=False)
    if any(mark in text for pair in config.headers.items() for text in pair for mark in "\r\n\0"):
        raise BlockError("CONFIG_INVALID", "field `headers`: every header is a single line", retryable=False)
    client = await library("blocks.messaging._nats_client", "nats")

    async def talk(visit: Visit) -> Json:
        payload, _ = content(visit.reveal(config.given(value)))
        message = client.Message(
            visit.reveal(config.subject), payload, visit.reveal(config.headers), MODES[config.operation], context.idempotency_key
        )
        answer = await client.send(visit, message, config.seconds)
        return {"subject": config.subject, "answer": _read(answer) if isinstance(answer, bytes) else answer}

    return Output(await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=config.seconds))


def _read(answer: bytes) -> Json:
    try:
        text = answer.decode()
    except UnicodeDecodeError:
        return File("answer.bin", "application/octet-stream", answer).value()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


BLOCK = Block(
    type="nats.publish",
    title="Publish to NATS",
    category="Messages",
    icon="send",
    description="Gives a message to a NATS server; asks and waits for the answer; puts it into a stream.",
    config=NatsPublishConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=130_000,
    sample={"subject": "orders.new", "answer": None},
    output_schema={
        "type": "object",
        "properties": {
            "subject": {"type": "string"},
            "answer": {"description": "The answer to a question, or the place in the stream."},
        },
        "required": ["subject", "answer"],
    },
    examples=(
        Example(
            "Tell of an order",
            {"credential": "NATS", "subject": "orders.new"},
            input={"id": 7},
            output={"subject": "orders.new", "answer": None},
            runnable=False,
        ),
        Example(
            "Ask for a price",
            {"credential": "NATS", "operation": "ask", "subject": "prices", "payload": "{{ input.article }}"},
            input={"article": "cup"},
            output={"subject": "prices", "answer": {"price": 12.5}},
            runnable=False,
        ),
    ),
)
