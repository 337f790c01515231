"""Starts the workflow for every message to a subject of a NATS server.

When a JetStream stream keeps the subject, nothing is lost: the server remembers what was acknowledged, a message is
acknowledged only once its execution is accepted, and one that is delivered again starts nothing a second time. What comes
while this server is down comes afterwards. Without a stream, only what comes while it listens is heard.

JSON becomes data, other texts stay texts, anything else is a file. The credential is a “Message broker” with an address such
as `nats://user:password@host:4222`, or `tls://` for encryption. Needs a library that is installed with `pip install
'blockyard[nats]'`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal
from uuid import uuid4

from pydantic import Field, field_validator

from app.sdk import Block, Config, CredentialName, Example, Json, Visit, WatchContext, WatchItem, library
from blocks.core._fields import when
from blocks.triggers._payload import LISTEN_SECONDS, payload
from blocks.triggers._watching import pass_on


class NatsTriggerConfig(Config):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The address of the server, with user and password.")
    subject: str = Field(
        title="Subject",
        min_length=1,
        max_length=255,
        description="Which messages, such as orders.new, orders.* or orders.>",
        json_schema_extra={"initial": "", "placeholder": "orders.*"},
    )
    mode: Literal["stream", "plain"] = Field(
        "stream",
        title="Kept by",
        description="`stream`: a JetStream stream keeps the subject, so nothing is lost. `plain`: only what comes at the moment.",
    )
    start: Literal["new", "all"] = Field(
        "new",
        title="Begin with",
        description="`new`: what comes from now on. `all`: also what the stream has kept until now.",
        json_schema_extra=when(mode=["stream"]),
    )

    @field_validator("subject")
    @classmethod
    def _is_subject(cls, subject: str) -> str:
        tokens = subject.split(".")
        if not subject.isprintable() or " " in subject or not all(tokens) or ">" in tokens[:-1]:
            raise ValueError("is no subject: write words with dots between them, such as orders.new")
        return subject


async def watch(context: WatchContext, config: NatsTriggerConfig) -> float:
    client = await library("blocks.triggers._nats_listen", "nats")
    is_kept = config.mode == "stream"
    wanted = client.Wanted(config.subject, _name(context, config), is_kept, config.start == "all")

    async def take(messages: Sequence[Any]) -> None:
        await context.accept([_item(message, is_kept) for message in messages], {})

    async def talk(visit: Visit) -> Json:
        await client.listen(visit, wanted, LISTEN_SECONDS, take, context.works)
        return None

    await context.network.visit(talk, credential=config.credential, types=("broker",), seconds=LISTEN_SECONDS + 60)
    return 0


def _name(context: WatchContext, config: NatsTriggerConfig) -> str:
    told = f"{context.place}\n{config.subject}\n{config.start}"
    return f"blockyard-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _item(message: Any, is_kept: bool) -> WatchItem:
    place = message.metadata if is_kept else None
    value = {
        "subject": message.subject,
        "payload": payload(bytes(message.data)),
        "headers": {str(name): str(text) for name, text in (message.headers or {}).items()},
        "seq": place.sequence.stream if place else None,
    }
    at = int(place.timestamp.timestamp() * 1_000) if place and place.timestamp else 0
    return WatchItem(f"{place.stream}:{place.sequence.stream}:{at}" if place else uuid4().hex, value)


MESSAGE: dict[str, Json] = {"subject": "orders.new", "payload": {"order": 7}, "headers": {}, "seq": 12}
BLOCK = Block(
    type="trigger.nats",
    title="When a NATS message comes",
    category="Start",
    icon="radio",
    description="Starts for every message to a subject of a NATS server.",
    config=NatsTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={
        "type": "object",
        "properties": {
            "subject": {"type": "string"},
            "payload": {"description": "Data, a text, or a file."},
            "headers": {"type": "object", "description": "By name."},
            "seq": {"type": ["integer", "null"], "description": "Its number in the stream."},
        },
        "required": ["subject", "payload", "headers", "seq"],
    },
    examples=(
        Example("Every order", {"credential": "BROKER", "subject": "orders.*"}, input=MESSAGE, output=MESSAGE),
        Example(
            "What comes at the moment",
            {"credential": "BROKER", "subject": "alarms.>", "mode": "plain"},
            input=MESSAGE | {"subject": "alarms.fire", "payload": "room 7", "seq": None},
            output=MESSAGE | {"subject": "alarms.fire", "payload": "room 7", "seq": None},
        ),
    ),
)
