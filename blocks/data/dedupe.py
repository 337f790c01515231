"""Removes items that came before.

Without fields two items are the same when everything in them is equal; with fields, when these are equal. The first of
them stays, or the last.

With a memory it also removes what earlier executions have seen, so a workflow that asks for new mails every five minutes
handles each mail once. The memory belongs to this block, or under a name of your choice to all blocks that use it. It
lasts for ever or as long as you say. An execution that fails later has seen its items all the same. A simulation only
looks.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Port
from blocks.core._fields import when
from blocks.data._offload import beside
from blocks.data._paths import FieldName, get
from blocks.flow._items import ItemsConfig
from blocks.flow._keys import own_key
from blocks.flow._values import identity

NAMESPACE = "data.dedupe"
MAX_REMEMBERED = 2_000


class DedupeConfig(ItemsConfig):
    """Configuration of the block."""

    fields: list[FieldName] = Field(
        default_factory=list,
        title="Fields",
        max_length=20,
        description="Items with equal values in these fields are the same. None: everything must be equal.",
    )
    keep: Literal["first", "last"] = Field("first", title="Keep", description="Which of several equal items stays.")
    history: Literal["none", "block", "name"] = Field(
        "none",
        title="Memory",
        description="Whether to remove what earlier executions have seen: with this block, or with all of the same name.",
    )
    name: str = Field(
        "",
        title="Name of the memory",
        max_length=200,
        description="Only for a memory that is shared by name.",
        json_schema_extra=when(history=["name"]),
    )
    ttl_seconds: float | None = Field(
        None,
        title="Remember for so many seconds",
        gt=0,
        description="86400 is a day. Left empty, it is remembered for ever.",
        json_schema_extra=when(history=["block", "name"]),
    )


async def execute(context: Context, config: DedupeConfig, value: Json) -> Output:
    items = config.list_of(value)
    unique = await beside(items, _unique, items, config)
    if config.history != "none":
        unique = await _unseen(context, config, unique)
    context.log(f"{len(items) - len(unique)} of {len(items)} items were removed")
    return Output(unique, ports=("output",) if unique else ("output", "empty"))


def _compared(item: Json, config: DedupeConfig) -> Json:
    return [get(item, field) for field in config.fields] if config.fields else item


def _unique(items: list[Json], config: DedupeConfig) -> list[Json]:
    turned = items if config.keep == "first" else items[::-1]
    found: dict[object, Json] = {}
    for item in turned:
        found.setdefault(identity(_compared(item, config)), item)
    return list(found.values()) if config.keep == "first" else list(found.values())[::-1]


async def _unseen(context: Context, config: DedupeConfig, items: list[Json]) -> list[Json]:
    if len(items) > MAX_REMEMBERED:
        message = f"field `items`: with a memory {MAX_REMEMBERED:,} different items are allowed at a time"
        raise BlockError("TOO_MANY_ITEMS", message, retryable=False)
    owner = f"name:{config.name}" if config.history == "name" else own_key(context)
    return [item for item in items if await _is_new(context, config, f"{owner}:{_digest(_compared(item, config))}")]


async def _is_new(context: Context, config: DedupeConfig, key: str) -> bool:
    """True also when this very step has marked it: a step that runs again after a crash finds its own name."""
    mine = context.idempotency_key
    while (holder := await context.state.get(NAMESPACE, key)) is None:
        if context.mode == "simulation" or await context.state.add(NAMESPACE, key, mine, config.ttl_seconds):
            return True
    return bool(holder == mine)


def _digest(value: Json) -> str:
    """The same for 1 and 1.0, as everywhere else when values are compared."""
    text = json.dumps(_even(value), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:40]


def _even(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_even(item) for item in value]
    return {name: _even(item) for name, item in value.items()} if isinstance(value, dict) else value


BLOCK = Block(
    type="data.dedupe",
    title="Remove duplicates",
    category="Data",
    icon="copy-x",
    description="Removes items that came before, also in earlier executions.",
    config=DedupeConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("empty", "When nothing is left")),
    needs=frozenset({"state"}),
    output_schema={"type": "array", "description": "The items that are left, in their order."},
    examples=(
        Example(
            "One of each customer",
            {"fields": ["mail"]},
            input=[{"mail": "a@x.org", "n": 1}, {"mail": "b@x.org", "n": 2}, {"mail": "a@x.org", "n": 3}],
            output=[{"mail": "a@x.org", "n": 1}, {"mail": "b@x.org", "n": 2}],
        ),
        Example("Equal values", {"keep": "last"}, input=[1, 2, 1.0, "1"], output=[2, 1.0, "1"]),
        Example(
            "Only what no earlier execution saw",
            {"fields": ["id"], "history": "block", "ttl_seconds": 86400},
            input=[{"id": 7}, {"id": 7}],
            output=[{"id": 7}],
        ),
    ),
)
