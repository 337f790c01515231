"""Keeps the items of a list that fit, and drops the others.

Write rules, such as `total` greater than 100, and choose whether all of them must hold or any one. For anything else
write a condition over `item`, for example `item.total > 100 and item.country == 'DE'`; when there are rules and a
condition, an item must fit both.

An item that lacks the field does not fit, except for the rules not_exists and empty. The text "5" is not the number 5
when you ask for equals; for greater and less, a text that is a number counts as that number.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Expression, Json, Output, Port
from blocks.data._rules import Rule, all_or_any
from blocks.flow._items import ItemsConfig

PAUSE_EVERY = 500


class FilterConfig(ItemsConfig):
    """Configuration of the filter."""

    rules: list[Rule] = Field(
        default_factory=list,
        title="Rules",
        max_length=50,
        description="What must hold for an item to stay.",
        json_schema_extra={"initial": [{"field": "", "comparison": "equals", "value": ""}]},
    )
    match: Literal["all", "any"] = Field("all", title="Must hold", description="All of the rules, or any one of them.")
    condition: Expression = Field(
        "",
        title="Condition",
        max_length=10_000,
        description="A condition over item and index. Left empty, only the rules count.",
        json_schema_extra={"placeholder": "item.total > 100"},
    )


async def execute(context: Context, config: FilterConfig, value: Json) -> Output:
    items = config.list_of(value)
    kept = []
    for index, item in enumerate(items):
        if index % PAUSE_EVERY == PAUSE_EVERY - 1:
            await asyncio.sleep(0)
        if (not config.rules or all_or_any(config.rules, config.match, item)) and (
            not config.condition.strip() or context.true(config.condition, "condition", {"item": item, "index": index})
        ):
            kept.append(item)
    context.log(f"{len(kept)} of {len(items)} items fit")
    return Output(kept, ports=("output",) if kept else ("output", "empty"))


BLOCK = Block(
    type="data.filter",
    title="Filter",
    category="Data",
    icon="filter",
    description="Keeps the items of a list that fit.",
    config=FilterConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("empty", "When nothing is left")),
    output_schema={"type": "array", "description": "The items that fit, in their order."},
    examples=(
        Example(
            "Large orders from Germany",
            {
                "items": "{{ input.orders }}",
                "rules": [
                    {"field": "total", "comparison": "greater", "value": 100},
                    {"field": "customer.country", "comparison": "equals", "value": "DE"},
                ],
            },
            input={
                "orders": [
                    {"id": 1, "total": 250, "customer": {"country": "DE"}},
                    {"id": 2, "total": 80, "customer": {"country": "DE"}},
                    {"id": 3, "total": 900, "customer": {"country": "FR"}},
                ]
            },
            output=[{"id": 1, "total": 250, "customer": {"country": "DE"}}],
        ),
        Example("By a condition", {"condition": "item % 2 == 0"}, input=[1, 2, 3, 4], output=[2, 4]),
        Example(
            "Nothing fits",
            {"rules": [{"comparison": "starts_with", "value": "x"}]},
            input=["a", "b"],
            output=[],
            ports=("output", "empty"),
        ),
    ),
)
