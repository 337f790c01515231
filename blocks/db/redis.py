"""Reads and writes values in Redis, or what speaks its protocol, such as Valkey.

Values are texts; anything else is stored as JSON. Switch “Read JSON” on to get it back as it was. “Publish” tells those who
listen to a channel at this moment; a “stream” keeps what is added.

“Lock” takes a key only if nobody has it, for a limited time, with a value of your own; “unlock” gives it back only to who has
that value. The answer `value` is then `true` or `false`.

The credential is a “Database” with an address such as `redis://:password@host:6379/0`, or `rediss://` for encryption. Needs a
library that is installed with `pip install 'blockyard[redis]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, Json, Output, Visit, library
from blocks.core._fields import ADVANCED, Text, when

WITH_VALUE = ["set", "hash_set", "list_push", "set_add", "stream_add", "publish", "lock", "unlock"]
WITH_TTL = ["set", "increment", "expire", "hash_set", "list_push", "set_add", "lock"]
BOUNDED = ["keys", "hash_get", "list_read", "set_members", "stream_read"]
READING = ["get", "hash_get", "list_pop", "list_read", "set_members", "stream_read"]


class RedisConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field(
        min_length=1,
        title="Credential",
        description="The address of the server, with the password.",
        json_schema_extra={"initial": ""},
    )
    operation: Literal[
        "get", "set", "delete", "exists", "increment", "expire", "keys", "hash_set", "hash_get", "hash_delete", "list_push",
        "list_pop", "list_read", "set_add", "set_members", "stream_add", "stream_read", "publish", "lock", "unlock",
    ] = Field("get", title="Do", description="What to do with the key.")  # fmt: skip
    key: Text = Field(
        "",
        title="Key",
        max_length=1_000,
        description="The key; the channel for publish; a pattern such as order:* for keys.",
        json_schema_extra={"placeholder": "order:7"},
    )
    value: AnyJson = Field(
        None,
        title="Value",
        description="What to store or to tell. Left empty: the input.",
        json_schema_extra=when(operation=WITH_VALUE),
    )
    field: Text = Field(
        "",
        title="Field",
        max_length=1_000,
        description="One field of a hash; left empty, all of them. For reading a stream: the first number wanted.",
        json_schema_extra=when(operation=["hash_set", "hash_get", "hash_delete", "stream_read"]),
    )
    ttl_seconds: float | None = Field(
        None,
        title="Ends after",
        gt=0,
        le=10**9,
        description="Seconds after which it is forgotten. Left empty: never (a lock: a minute).",
        json_schema_extra=when(operation=WITH_TTL),
    )
    only_if: Literal["always", "absent", "present"] = Field(
        "always",
        title="Only if",
        description="Whether there must be no value yet, or one.",
        json_schema_extra=when(operation=["set"]),
    )
    amount: int = Field(
        1, title="By", ge=-(10**15), le=10**15, description="May be negative.", json_schema_extra=when(operation=["increment"])
    )
    as_json: bool = Field(
        False,
        title="Read JSON",
        description="Whether texts that are JSON are read as such.",
        json_schema_extra=when(operation=READING),
    )
    limit: int = Field(
        1_000,
        title="At most",
        ge=1,
        le=10_000,
        description="So many are answered.",
        json_schema_extra=ADVANCED | when(operation=BOUNDED),
    )
    timeout_ms: int = Field(10_000, title="Timeout", ge=100, le=120_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: RedisConfig, value: Json) -> Output:
    if not config.key and config.operation != "keys":
        raise BlockError("CONFIG_INVALID", "field `key`: name a key", retryable=False)
    if config.operation == "expire" and config.ttl_seconds is None:
        raise BlockError("CONFIG_INVALID", "field `ttl_seconds`: say when it ends", retryable=False)
    given = value if config.value is None else config.value
    client = await library("blocks.db._redis_client", "redis")
    ttl_ms = None if config.ttl_seconds is None else max(1, int(config.ttl_seconds * 1000))

    async def talk(visit: Visit) -> Json:
        request = client.Request(
            config.operation, visit.reveal(config.key), visit.reveal(given), visit.reveal(config.field), ttl_ms, config.only_if,
            config.amount, config.limit, config.as_json,
        )  # fmt: skip
        return await client.run(visit, request)

    seconds = config.timeout_ms / 1000
    answer = await context.network.visit(talk, credential=config.credential, types=("database",), seconds=seconds)
    if config.operation in ("exists", "unlock"):
        answer = bool(answer)
    return Output({"key": config.key, "value": answer, "found": answer is not None})


BLOCK = Block(
    type="db.redis",
    title="Redis",
    category="Databases",
    icon="database",
    description="Reads and writes values in Redis; locks, lists, hashes, streams and channels.",
    config=RedisConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=130_000,
    sample={"key": "", "value": None, "found": False},
    output_schema={
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "value": {"description": "What was read; for changes what Redis answers, such as a number or true."},
            "found": {"type": "boolean", "description": "Whether there was a value."},
        },
        "required": ["key", "value", "found"],
    },
    examples=(
        Example(
            "Remember an order for an hour",
            {"credential": "CACHE", "operation": "set", "key": "order:{{ input.id }}", "ttl_seconds": 3600},
            input={"id": 7},
            output={"key": "order:7", "value": True, "found": True},
            runnable=False,
        ),
        Example(
            "Count a call",
            {"credential": "CACHE", "operation": "increment", "key": "calls"},
            output={"key": "calls", "value": 1, "found": True},
            runnable=False,
        ),
    ),
)
