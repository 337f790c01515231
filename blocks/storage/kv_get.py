"""Reads a value that was stored under a key, by this workflow or another one of the workspace.

When there is none, or its time is over, you get the value that you give here, and the block also leaves at `missing`.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, Block, Context, Example, Json, Output, Port
from blocks.storage._keys import Key, StoreConfig


class KvGetConfig(StoreConfig):
    """Configuration of the block."""

    key: Key = Field(
        title="Key",
        description="What it is stored under.",
        json_schema_extra={"initial": "", "placeholder": "last-order"},
    )
    default: AnyJson = Field(None, title="Otherwise", description="The value when there is none.")


async def execute(context: Context, config: KvGetConfig, value: Json) -> Output:
    found = await context.state.get(config.namespace, config.key)
    if found is None:
        return Output({"key": config.key, "value": config.default, "found": False}, ports=("output", "missing"))
    return Output({"key": config.key, "value": found, "found": True}, ports=("output", "found"))


BLOCK = Block(
    type="kv.get",
    title="Read value",
    category="Storage",
    icon="archive-restore",
    description="Reads a stored value by its key.",
    config=KvGetConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"state"}),
    outputs=(Port("output", "Always"), Port("found", "When it is there"), Port("missing", "When it is not there")),
    output_schema={
        "type": "object",
        "properties": {"key": {"type": "string"}, "value": {}, "found": {"type": "boolean"}},
        "required": ["key", "value", "found"],
    },
    examples=(
        Example(
            "Where we stopped last time",
            {"namespace": "import", "key": "page-{{ input.shop }}", "default": 1},
            input={"shop": "berlin"},
            output={"key": "page-berlin", "value": 1, "found": False},
            ports=("output", "missing"),
        ),
        Example(
            "Without a default",
            {"key": "nobody"},
            output={"key": "nobody", "value": None, "found": False},
            ports=("output", "missing"),
        ),
    ),
)
