"""Takes some of the items of a list: the first, the last, or some at random.

Say how many. An offset leaves out that many before it begins to take; so 10 items with an offset of 20 are the third
page of ten. When there are fewer items, you get those that are there.
"""

from __future__ import annotations

import secrets
from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Json, Output
from blocks.flow._items import MAX_ITEMS, ItemsConfig


class LimitConfig(ItemsConfig):
    """Configuration of the block."""

    count: int = Field(10, title="How many", ge=0, le=MAX_ITEMS, description="At most this many items are passed on.")
    take: Literal["first", "last", "random"] = Field(
        "first", title="Take", description="From the beginning, from the end, or a random choice in the order of the list."
    )
    offset: int = Field(
        0, title="Leave out", ge=0, le=MAX_ITEMS, description="How many to leave out first, at the side where it begins to take."
    )


async def execute(context: Context, config: LimitConfig, value: Json) -> Output:
    items = config.list_of(value)
    if config.take == "last":
        end = max(0, len(items) - config.offset)
        return Output(items[max(0, end - config.count) : end])
    rest = items[config.offset :]
    if config.take == "first":
        return Output(rest[: config.count])
    chosen = secrets.SystemRandom().sample(range(len(rest)), min(config.count, len(rest)))
    return Output([rest[number] for number in sorted(chosen)])


BLOCK = Block(
    type="data.limit",
    title="Limit",
    category="Data",
    icon="list-end",
    description="Takes the first, the last or some random items.",
    config=LimitConfig,
    execute=execute,
    output_schema={"type": "array", "description": "The items that were taken."},
    examples=(
        Example("The first two", {"count": 2}, input=["a", "b", "c"], output=["a", "b"]),
        Example("The second page of two", {"count": 2, "offset": 2}, input=[1, 2, 3, 4, 5], output=[3, 4]),
        Example("The last one", {"count": 1, "take": "last"}, input=[1, 2, 3], output=[3]),
    ),
)
