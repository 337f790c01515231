"""Turns a list inside the data into items of its own.

An order with three lines becomes three items, one for each line. Choose whether the other fields, such as the order's
number, are copied to every item. When the input is itself a list, the lists of all its items are put one after the other.

Items that lack the list are left out. An object in place of the list becomes items of `{key, value}`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output
from blocks.core._fields import when
from blocks.data._paths import MISSING, FieldName, find, get, last_name
from blocks.data._source import SourceConfig
from blocks.flow._items import MAX_ITEMS
from blocks.flow._values import kind_of


class SplitOutConfig(SourceConfig):
    """Configuration of the block."""

    field: FieldName = Field(
        title="Field",
        description="The list to take apart: a name or a path such as order.lines.",
        json_schema_extra={"initial": "", "placeholder": "lines"},
    )
    others: Literal["drop", "keep", "chosen"] = Field(
        "drop", title="Other fields", description="Whether each item also gets the fields around the list: none, all or some."
    )
    chosen: list[FieldName] = Field(
        default_factory=list,
        title="Chosen fields",
        max_length=50,
        description="The fields that each item gets, when some are chosen.",
        json_schema_extra=when(others=["chosen"]),
    )


async def execute(context: Context, config: SplitOutConfig, value: Json) -> Output:
    source = config.data(value)
    parents = source if isinstance(source, list) else [source]
    items: list[Json] = []
    for parent in parents:
        around = _around(parent, config)
        items.extend(_joined(around, child, config) for child in _children(parent, config.field))
        if len(items) > MAX_ITEMS:
            raise BlockError("TOO_MANY_ITEMS", f"more than {MAX_ITEMS:,} items come out", retryable=False)
    return Output(items)


def _children(parent: Json, field: str) -> list[Json]:
    found = find(parent, field)
    if found is MISSING or found is None:
        return []
    if isinstance(found, dict):
        return [{"key": key, "value": child} for key, child in found.items()]
    if not isinstance(found, list):
        message = f"field `field`: `{field}` must lead to a list; there is {kind_of(found)}"
        raise BlockError("NOT_A_LIST", message, retryable=False)
    return found


def _around(parent: Json, config: SplitOutConfig) -> dict[str, Json]:
    if config.others == "chosen":
        return {last_name(name): get(parent, name) for name in config.chosen}
    if config.others == "drop" or not isinstance(parent, dict):
        return {}
    taken = config.field if config.field in parent else config.field.partition(".")[0]
    return {name: content for name, content in parent.items() if name != taken}


def _joined(around: dict[str, Json], child: Json, config: SplitOutConfig) -> Json:
    if config.others == "drop":
        return child
    return {**around, **child} if isinstance(child, dict) else {**around, last_name(config.field): child}


BLOCK = Block(
    type="data.split_out",
    title="Split out",
    category="Data",
    icon="ungroup",
    description="Turns a list inside the data into items.",
    config=SplitOutConfig,
    execute=execute,
    output_schema={"type": "array", "description": "One item for each entry of the list."},
    examples=(
        Example(
            "The lines of an order with its number",
            {"field": "lines", "others": "keep"},
            input={"order": 7, "lines": [{"item": "book"}, {"item": "pen"}]},
            output=[{"order": 7, "item": "book"}, {"order": 7, "item": "pen"}],
        ),
        Example(
            "All tags of all posts", {"field": "tags"}, input=[{"tags": ["a", "b"]}, {}, {"tags": ["c"]}], output=["a", "b", "c"]
        ),
    ),
)
