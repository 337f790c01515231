"""Puts the items of a list in order.

Name one field or several; where the first is equal, the second decides, and so on. Without a field the items themselves
are compared, which suits lists of numbers or texts. Equal items keep their order.

Different kinds of values sort as: numbers before texts before lists and objects. Natural order puts file2 before file10.
An item that lacks the field, or has null there, goes to the end unless you say otherwise.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.data._offload import beside
from blocks.data._order import order_key
from blocks.data._paths import get
from blocks.flow._items import ItemsConfig


class SortKey(Config):
    """One field to sort by."""

    field: str = Field(
        "",
        title="Field",
        max_length=500,
        description="A name or a path such as customer.name. Left empty, it is the item itself.",
        json_schema_extra={"placeholder": "total"},
    )
    order: Literal["ascending", "descending"] = Field(
        "ascending", title="Order", description="Small to large and A to Z, or the other way round."
    )


class SortConfig(ItemsConfig):
    """Configuration of the sort."""

    keys: list[SortKey] = Field(
        default_factory=list,
        title="Sort by",
        max_length=20,
        description="The first key counts most. None: the items themselves, ascending.",
        json_schema_extra={"initial": [{"field": "", "order": "ascending"}]},
    )
    natural: bool = Field(True, title="Natural order", description="Whether numbers in texts count as numbers: 2 before 10.")
    ignore_case: bool = Field(True, title="Ignore capital letters", description="Whether apple and Apple are alike.")
    nulls: Literal["last", "first"] = Field("last", title="Missing values", description="Where items without the field go.")


async def execute(context: Context, config: SortConfig, value: Json) -> Output:
    items = config.list_of(value)
    return Output(await beside(items, _sorted, items, config))


def _sorted(items: list[Json], config: SortConfig) -> list[Json]:
    found = list(items)
    for key in reversed(config.keys or [SortKey()]):
        _sort(found, key, config)
    return found


def _sort(items: list[Json], key: SortKey, config: SortConfig) -> None:
    with_value = [item for item in items if get(item, key.field) is not None]
    without = [item for item in items if get(item, key.field) is None]
    with_value.sort(
        key=lambda item: order_key(get(item, key.field), natural=config.natural, ignore_case=config.ignore_case),
        reverse=key.order == "descending",
    )
    items[:] = [*without, *with_value] if config.nulls == "first" else [*with_value, *without]


BLOCK = Block(
    type="data.sort",
    title="Sort",
    category="Data",
    icon="arrow-down-a-z",
    description="Puts the items of a list in order.",
    config=SortConfig,
    execute=execute,
    output_schema={"type": "array", "description": "The items in order."},
    examples=(
        Example(
            "The newest first, then by name",
            {"keys": [{"field": "year", "order": "descending"}, {"field": "name"}]},
            input=[{"name": "b", "year": 2020}, {"name": "c", "year": 2026}, {"name": "a", "year": 2020}],
            output=[{"name": "c", "year": 2026}, {"name": "a", "year": 2020}, {"name": "b", "year": 2020}],
        ),
        Example("Natural order", {}, input=["file10", "file2", "File1"], output=["File1", "file2", "file10"]),
    ),
)
