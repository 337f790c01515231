"""Makes one thing out of many items: a list of one field, or an object that finds or groups the items by a field.

`values` collects one field of every item in a list. `index` makes an object in which each item stands under its key,
so that a later block can look it up; when a key comes twice the later item wins. `group` makes an object of lists: all
items with the same key together.

Items that lack the field are left out.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Context, Example, Json, Output
from blocks.core._fields import as_text, when
from blocks.data._paths import MISSING, find
from blocks.flow._items import ItemsConfig


class AggregateConfig(ItemsConfig):
    """Configuration of the block."""

    mode: Literal["values", "index", "group"] = Field(
        "values", title="Make", description="A list of one field, an object of items, or an object of lists of items."
    )
    field: str = Field(
        "",
        title="Field to collect",
        max_length=500,
        description="A name or a path such as customer.name. Left empty, it is the whole item.",
        json_schema_extra={"placeholder": "name"},
    )
    key: str = Field(
        "",
        title="Key",
        max_length=500,
        validate_default=True,
        description="For index and group: the field whose value is the key.",
        json_schema_extra=when(mode=["index", "group"]),
    )

    @field_validator("key")
    @classmethod
    def _key_is_named(cls, key: str, info: ValidationInfo) -> str:
        if not key and info.data.get("mode") in ("index", "group"):
            raise ValueError("to index or group, a key is needed")
        return key


async def execute(context: Context, config: AggregateConfig, value: Json) -> Output:
    items = config.list_of(value)
    found = [(item, content) for item in items if (content := find(item, config.field)) is not MISSING]
    if config.mode == "values":
        return Output([content for _, content in found])
    keyed = [(as_text(key), content) for item, content in found if (key := find(item, config.key)) not in (MISSING, None)]
    if config.mode == "index":
        return Output(dict(keyed))
    groups: dict[str, list[Json]] = {}
    for key, content in keyed:
        groups.setdefault(key, []).append(content)
    return Output(groups)


BLOCK = Block(
    type="data.aggregate",
    title="Aggregate",
    category="Data",
    icon="combine",
    description="Makes one list or object out of many items.",
    config=AggregateConfig,
    execute=execute,
    output_schema={"description": "A list of values, an object of items by key, or an object of lists by key."},
    examples=(
        Example(
            "All addresses", {"field": "mail"}, input=[{"mail": "a@x.org"}, {"mail": "b@x.org"}], output=["a@x.org", "b@x.org"]
        ),
        Example(
            "Find customers by number",
            {"mode": "index", "key": "id", "field": "name"},
            input=[{"id": 7, "name": "Ada"}, {"id": 8, "name": "Bob"}],
            output={"7": "Ada", "8": "Bob"},
        ),
        Example(
            "Orders by country",
            {"mode": "group", "key": "country"},
            input=[{"country": "DE", "n": 1}, {"country": "FR", "n": 2}, {"country": "DE", "n": 3}],
            output={"DE": [{"country": "DE", "n": 1}, {"country": "DE", "n": 3}], "FR": [{"country": "FR", "n": 2}]},
        ),
    ),
)
