"""Compares two lists and tells what was added, removed and changed.

Give the old list and the new one, and the fields by which the same thing is known again, for example `id`. An item that
is only in the new list was added; one that is only in the old list was removed; one that is in both with different
content was changed, and you learn which fields.

Leave out fields that always differ, such as the time of the last visit.
"""

from __future__ import annotations

from collections.abc import Hashable

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, Json, Output, Port
from blocks.data._offload import beside
from blocks.data._paths import FieldName, get
from blocks.flow._items import MAX_ITEMS
from blocks.flow._values import identity, kind_of


class CompareConfig(Config):
    """Configuration of the comparison."""

    before: AnyJson = Field(
        title="Old list",
        description="How it was, for example {{ blocks.old.output }}.",
        json_schema_extra={"initial": "", "placeholder": "{{ blocks.old.output }}"},
    )
    after: AnyJson = Field(
        title="New list",
        description="How it is, for example {{ blocks.new.output }}.",
        json_schema_extra={"initial": "", "placeholder": "{{ blocks.new.output }}"},
    )
    keys: list[FieldName] = Field(
        default_factory=list,
        title="Known again by",
        max_length=20,
        description="Fields that stay the same for the same thing. None: the whole item, so that nothing counts as changed.",
    )
    ignore: list[FieldName] = Field(
        default_factory=list, title="Leave out", max_length=100, description="Fields whose changes do not count."
    )


async def execute(context: Context, config: CompareConfig, value: Json) -> Output:
    lists = [items for items in (config.before, config.after) if isinstance(items, list)]
    result = await beside(max(lists, key=len, default=[]), _compared, config)
    differs = any(result[name] for name in ("added", "removed", "changed"))
    return Output(result, ports=("output", "different" if differs else "equal"))


def _compared(config: CompareConfig) -> dict[str, Json]:
    before, after = (_by_key(config, name) for name in ("before", "after"))
    both = [key for key in after if key in before]
    changed = [
        {"before": before[key], "after": after[key], "fields": fields}
        for key in both
        if (fields := _different(before[key], after[key], config.ignore))
    ]
    return {
        "added": [item for key, item in after.items() if key not in before],
        "removed": [item for key, item in before.items() if key not in after],
        "changed": changed,
        "same": len(both) - len(changed),
    }


def _by_key(config: CompareConfig, name: str) -> dict[Hashable, Json]:
    items = getattr(config, name)
    if not isinstance(items, list):
        raise BlockError("ITEMS_INVALID", f"field `{name}`: must be a list; this is {kind_of(items)}", retryable=False)
    if len(items) > MAX_ITEMS:
        raise BlockError("TOO_MANY_ITEMS", f"field `{name}`: at most {MAX_ITEMS:,} items are allowed", retryable=False)
    found: dict[Hashable, Json] = {}
    for item in items:
        key = identity([get(item, field) for field in config.keys] if config.keys else item)
        if key in found and config.keys:
            message = f"field `{name}`: two items have the same key; name more fields under `keys`"
            raise BlockError("KEY_NOT_UNIQUE", message, retryable=False)
        found[key] = item
    return found


def _different(before: Json, after: Json, ignore: list[str]) -> list[str]:
    """The names of the fields that differ; for what is no object, one empty name."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [] if identity(before) == identity(after) else [""]
    names = [*before, *(name for name in after if name not in before)]
    return [name for name in names if name not in ignore and _field(before, name) != _field(after, name)]


def _field(item: dict[str, Json], name: str) -> Hashable:
    return ("there", identity(item[name])) if name in item else ("missing",)


BLOCK = Block(
    type="data.compare",
    title="Compare",
    category="Data",
    icon="diff",
    description="Tells what was added, removed and changed between two lists.",
    config=CompareConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("different", "When anything differs"), Port("equal", "When nothing differs")),
    output_schema={
        "type": "object",
        "properties": {
            "added": {"type": "array", "description": "The items that only the later list has."},
            "removed": {"type": "array", "description": "The items that only the earlier list has."},
            "changed": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"before": {}, "after": {}, "fields": {"type": "array", "items": {"type": "string"}}},
                },
            },
            "same": {"type": "integer", "description": "How many items did not change."},
        },
        "required": ["added", "removed", "changed", "same"],
    },
    examples=(
        Example(
            "A price list",
            {"before": "{{ input.old }}", "after": "{{ input.new }}", "keys": ["id"]},
            input={
                "old": [{"id": 1, "price": 5}, {"id": 2, "price": 7}],
                "new": [{"id": 2, "price": 8}, {"id": 3, "price": 1}],
            },
            output={
                "added": [{"id": 3, "price": 1}],
                "removed": [{"id": 1, "price": 5}],
                "changed": [{"before": {"id": 2, "price": 7}, "after": {"id": 2, "price": 8}, "fields": ["price"]}],
                "same": 0,
            },
            ports=("output", "different"),
        ),
        Example(
            "Nothing new",
            {"before": [{"id": 1, "seen": 9}], "after": [{"id": 1, "seen": 10}], "keys": ["id"], "ignore": ["seen"]},
            output={"added": [], "removed": [], "changed": [], "same": 1},
            ports=("output", "equal"),
        ),
    ),
)
