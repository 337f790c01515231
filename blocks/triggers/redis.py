"""Starts the workflow for every entry of a Redis stream.

It reads as a member of a consumer group, which Redis remembers: an entry is acknowledged only once its execution is accepted,
what comes while this server is down comes afterwards, and an entry that is delivered again starts nothing a second time. Group
and stream are made when they are not there.

In the fields of an entry, JSON becomes data and other texts stay texts. The credential is a “Database” with an address such
as `redis://:password@host:6379/0`, or `rediss://` for encryption. Needs a library that is installed with `pip install
'blockyard[redis]'`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.sdk import Block, Config, CredentialName, Example, Json, Visit, WatchContext, WatchItem, library
from blocks.core._fields import ADVANCED
from blocks.triggers._payload import LISTEN_SECONDS, payload
from blocks.triggers._watching import pass_on


class RedisTriggerConfig(Config):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The address of the server, with its password.")
    stream: str = Field(
        title="Stream",
        min_length=1,
        max_length=500,
        description="Its key.",
        json_schema_extra={"initial": "", "placeholder": "orders"},
    )
    start: Literal["new", "all"] = Field(
        "new", title="Begin with", description="`new`: what comes from now on. `all`: also what is in the stream already."
    )
    group: str = Field(
        "",
        title="Group",
        max_length=200,
        description="Members of a group share the entries. Left empty, this trigger has one of its own.",
        json_schema_extra=ADVANCED,
    )


async def watch(context: WatchContext, config: RedisTriggerConfig) -> float:
    client = await library("blocks.triggers._redis_stream", "redis")
    own = f"blockyard-{hashlib.sha256(context.place.encode()).hexdigest()[:12]}"
    wanted = client.Wanted(config.stream, config.group or own, own, config.start == "all")

    async def take(entries: Sequence[tuple[str, Mapping[bytes, bytes]]]) -> None:
        await context.accept([_item(config.stream, number, fields) for number, fields in entries], {})

    async def talk(visit: Visit) -> Json:
        await client.listen(visit, wanted, LISTEN_SECONDS, take, context.works)
        return None

    await context.network.visit(talk, credential=config.credential, types=("database",), seconds=LISTEN_SECONDS + 60)
    return 0


def _item(stream: str, number: str, fields: Mapping[bytes, bytes]) -> WatchItem:
    values = {name.decode(errors="replace"): payload(content) for name, content in fields.items()}
    return WatchItem(f"{stream}:{number}", {"id": number, "stream": stream, "fields": values})


ENTRY: dict[str, Json] = {"id": "1767225600000-0", "stream": "orders", "fields": {"order": 7, "customer": "Ada"}}
BLOCK = Block(
    type="trigger.redis",
    title="When a Redis stream grows",
    category="Start",
    icon="radio",
    description="Starts for every entry of a Redis stream.",
    config=RedisTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "Redis gives it; the first part is milliseconds since 1970."},
            "stream": {"type": "string"},
            "fields": {"type": "object", "description": "What the entry says, by name."},
        },
        "required": ["id", "stream", "fields"],
    },
    examples=(
        Example("Every new order", {"credential": "CACHE", "stream": "orders"}, input=ENTRY, output=ENTRY),
        Example(
            "All of them, shared with other members",
            {"credential": "CACHE", "stream": "orders", "start": "all", "group": "workers"},
            input=ENTRY,
            output=ENTRY,
        ),
    ),
)
