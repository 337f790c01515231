"""Removes stored values, or lists their keys.

`delete` removes one key, `delete_all` every key that begins with what you write, `list` only tells the keys. To empty a
whole drawer, choose delete_all and leave the key empty.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Context, Example, Json, Output
from blocks.core._fields import Text, when
from blocks.storage._keys import StoreConfig

MAX_KEYS = 1_000


class KvDeleteConfig(StoreConfig):
    """Configuration of the block."""

    operation: Literal["delete", "delete_all", "list"] = Field(
        "delete", title="Do", description="Remove one key, all keys with the same beginning, or list the keys."
    )
    key: Text = Field(
        "",
        title="Key",
        max_length=500,
        validate_default=True,
        description="The key; for delete_all and list the beginning of keys, or nothing.",
        json_schema_extra={"placeholder": "last-order"},
    )
    limit: int = Field(
        100,
        title="At most",
        ge=1,
        le=MAX_KEYS,
        description="For delete_all and list: how many keys at a time.",
        json_schema_extra=when(operation=["delete_all", "list"]),
    )

    @field_validator("key")
    @classmethod
    def _one_key_is_named(cls, key: str, info: ValidationInfo) -> str:
        if not key and info.data.get("operation") == "delete":
            raise ValueError("is needed")
        return key


async def execute(context: Context, config: KvDeleteConfig, value: Json) -> Output:
    if config.operation == "delete":
        removed = await context.state.delete(config.namespace, config.key)
        return Output({"keys": [config.key] if removed else [], "count": int(removed)})
    keys = await context.state.keys(config.namespace, config.key, config.limit)
    if config.operation == "delete_all":
        for key in keys:
            await context.state.delete(config.namespace, key)
    return Output({"keys": keys, "count": len(keys)})


BLOCK = Block(
    type="kv.delete",
    title="Remove values",
    category="Storage",
    icon="archive-x",
    description="Removes stored values, or lists their keys.",
    config=KvDeleteConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"state"}),
    sample={"keys": [], "count": 0},
    output_schema={
        "type": "object",
        "properties": {
            "keys": {"type": "array", "items": {"type": "string"}, "description": "What was removed, or what there is."},
            "count": {"type": "integer"},
        },
        "required": ["keys", "count"],
    },
    examples=(
        Example("Nothing to remove", {"key": "page"}, output={"keys": [], "count": 0}),
        Example("List", {"operation": "list", "namespace": "import", "key": "page-"}, output={"keys": [], "count": 0}),
    ),
)
