"""Stores a value under a key, for later executions and for other workflows of the workspace.

`set` stores it, over whatever is there. `add` stores it only when there is nothing yet. `increment` counts up a number,
`append` adds an entry to a list; both are safe when many executions do it at the same time, and an execution that is
repeated after a crash may count twice. `compare` stores it only when the old value is still the one that you name.

A value can have an end: after so many seconds it is gone. null cannot be stored; remove the key instead.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Context, Example, Json, Output, Port
from blocks.core._fields import ADVANCED, when
from blocks.storage._change import MAX_LIST, appended, changed, incremented, number
from blocks.storage._keys import Key, StoreConfig


class KvSetConfig(StoreConfig):
    """Configuration of the block."""

    key: Key = Field(
        title="Key",
        description="What it is stored under.",
        json_schema_extra={"initial": "", "placeholder": "last-order"},
    )
    operation: Literal["set", "add", "increment", "append", "compare"] = Field(
        "set", title="Do", description="Store; only if there is none; count up; add to a list; only if it is still the old one."
    )
    value: AnyJson = Field(None, title="Value", description="What is stored. Left out, it is the input; for increment it is 1.")
    expected: AnyJson = Field(
        None,
        title="Old value",
        description="For compare. null: there is none yet.",
        json_schema_extra=when(operation=["compare"]),
    )
    ttl_seconds: float | None = Field(
        None, title="Remember for so many seconds", gt=0, description="86400 is a day. Left empty, it is kept for ever."
    )
    keep: int = Field(
        1_000,
        title="Longest list",
        ge=1,
        le=MAX_LIST,
        description="For append: older entries are dropped.",
        json_schema_extra=ADVANCED | when(operation=["append"]),
    )


async def execute(context: Context, config: KvSetConfig, value: Json) -> Output:
    given = config.value if "value" in config.model_fields_set else 1 if config.operation == "increment" else value
    if given is None and config.operation != "append":
        raise BlockError(
            "VALUE_MISSING", "field `value`: null cannot be stored; use the block that removes keys", retryable=False
        )
    stored, new = await _store(context, config, given)
    return Output({"key": config.key, "value": new, "stored": stored}, ports=("output", "stored" if stored else "refused"))


async def _store(context: Context, config: KvSetConfig, given: Json) -> tuple[bool, Json]:
    state, at = context.state, (config.namespace, config.key)
    match config.operation:
        case "set":
            await state.set(*at, given, config.ttl_seconds)
            return True, given
        case "add":
            done = await state.add(*at, given, config.ttl_seconds)
            return done, given if done else await state.get(*at)
        case "compare":
            done = await state.swap(*at, config.expected, given, config.ttl_seconds)
            return done, given if done else await state.get(*at)
        case "increment":
            by = number(given)
            _, new = await changed(lambda: state.get(*at), partial(_swap, context, config), lambda old: incremented(old, by))
        case "append":
            _, new = await changed(
                lambda: state.get(*at), partial(_swap, context, config), lambda old: appended(old, given, config.keep)
            )
    return True, new


async def _swap(context: Context, config: KvSetConfig, old: Json, new: Json) -> bool:
    return await context.state.swap(config.namespace, config.key, old, new, config.ttl_seconds)


BLOCK = Block(
    type="kv.set",
    title="Store value",
    category="Storage",
    icon="archive",
    description="Stores a value for later executions: set, count up, append.",
    config=KvSetConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"state"}),
    outputs=(Port("output", "Always"), Port("stored", "When it was stored"), Port("refused", "When it was not stored")),
    sample={"key": "example", "value": None, "stored": True},
    output_schema={
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "value": {"description": "What is stored now."},
            "stored": {"type": "boolean", "description": "False when add or compare found another value."},
        },
        "required": ["key", "value", "stored"],
    },
    examples=(
        Example(
            "Remember where we are",
            {"namespace": "import", "key": "page", "value": "{{ input.page + 1 }}"},
            input={"page": 3},
            output={"key": "page", "value": 4, "stored": True},
            ports=("output", "stored"),
        ),
        Example(
            "Count visits",
            {"operation": "increment", "key": "visits", "ttl_seconds": 86400},
            output={"key": "visits", "value": 1, "stored": True},
            ports=("output", "stored"),
        ),
        Example(
            "The last entries",
            {"operation": "append", "key": "log", "keep": 100},
            input={"who": "ada"},
            output={"key": "log", "value": [{"who": "ada"}], "stored": True},
            ports=("output", "stored"),
        ),
    ),
)
