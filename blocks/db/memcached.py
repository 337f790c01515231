"""Keeps values in Memcached for a while.

Values are texts; anything else is stored as JSON. Switch “Read JSON” on to get it back as it was. “Add” stores only what is
not there yet. What Memcached has forgotten is not found: it may forget anything at any time. A server in a private network
must be allowed by the operator. Needs a library that is installed with `pip install 'blockyard[memcached]'`.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, File, Json, Output, Visit, is_file, library
from blocks.core._fields import ADVANCED, Text, when


class MemcachedConfig(Config):
    """Configuration of the block."""

    host: Text = Field(
        min_length=1,
        title="Server",
        max_length=255,
        description="Its name or address.",
        json_schema_extra={"initial": "", "placeholder": "cache.example.com"},
    )
    port: int = Field(11_211, title="Port", ge=1, le=65_535, description="Usually 11211.", json_schema_extra=ADVANCED)
    operation: Literal["get", "set", "add", "delete", "increment", "touch"] = Field(
        "get", title="Do", description="What to do with the key."
    )
    key: Text = Field(
        min_length=1,
        title="Key",
        description="Up to 250 bytes, without blanks.",
        json_schema_extra={"initial": "", "placeholder": "order:7"},
    )
    value: AnyJson = Field(
        None, title="Value", description="What to store. Left empty: the input.", json_schema_extra=when(operation=["set", "add"])
    )
    ttl_seconds: int = Field(
        0,
        title="Ends after",
        ge=0,
        le=30 * 86_400,
        description="Seconds after which it is forgotten, at most 30 days. 0: never.",
        json_schema_extra=when(operation=["set", "add", "touch"]),
    )
    amount: int = Field(
        1,
        title="By",
        ge=-(10**15),
        le=10**15,
        description="May be negative; it never gets below 0.",
        json_schema_extra=when(operation=["increment"]),
    )
    as_json: bool = Field(
        False,
        title="Read JSON",
        description="Whether a text that is JSON is read as such.",
        json_schema_extra=when(operation=["get"]),
    )
    timeout_ms: int = Field(5_000, title="Timeout", ge=100, le=60_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: MemcachedConfig, value: Json) -> Output:
    if not config.host:
        raise BlockError("CONFIG_INVALID", "field `host`: name a server", retryable=False)
    client = await library("blocks.db._memcached_client", "memcached")

    async def talk(visit: Visit) -> Json:
        key = str(visit.reveal(config.key)).encode()
        if not key or len(key) > 250 or any(byte <= 32 or byte == 127 for byte in key):
            raise BlockError("CONFIG_INVALID", "field `key`: 1 to 250 bytes, without blanks", retryable=False)
        given = _bytes(visit.reveal(value if config.value is None else config.value))
        request = client.Request(config.operation, key, given, config.ttl_seconds, config.amount)
        answer = await client.run(visit, config.host, config.port, request)
        found = answer is not None and not (config.operation in ("delete", "touch") and not answer)
        return {
            "key": config.key,
            "value": _read(answer, config.as_json) if isinstance(answer, bytes) else answer,
            "found": found,
        }

    return Output(await context.network.visit(talk, seconds=config.timeout_ms / 1000))


def _bytes(value: Json) -> bytes:
    if is_file(value):
        return File.of(value, "value").content
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode(errors="replace")


def _read(content: bytes, as_json: bool) -> Json:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return File("value.bin", "application/octet-stream", content).value()
    if not as_json:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


BLOCK = Block(
    type="db.memcached",
    title="Memcached",
    category="Databases",
    icon="database",
    description="Keeps values in Memcached for a while.",
    config=MemcachedConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=70_000,
    sample={"key": "", "value": None, "found": False},
    output_schema={
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "value": {"description": "What was read; for changes whether it was done, or the new number."},
            "found": {"type": "boolean", "description": "Whether it was there."},
        },
        "required": ["key", "value", "found"],
    },
    examples=(
        Example(
            "Remember an order for an hour",
            {"host": "cache.example.com", "operation": "set", "key": "order:{{ input.id }}", "ttl_seconds": 3600},
            input={"id": 7},
            output={"key": "order:7", "value": True, "found": True},
            runnable=False,
        ),
        Example(
            "Look it up",
            {"host": "cache.example.com", "key": "order:7", "as_json": True},
            output={"key": "order:7", "value": {"id": 7}, "found": True},
            runnable=False,
        ),
    ),
)
