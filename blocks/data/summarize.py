"""Counts and adds up: one line for every group, as a pivot table does.

Choose the fields to group by, for example country, and what to work out: the sum of total, the number of orders, the
average, the middle value. Without a group there is one line for everything.

Sum, average, median and the like look at numbers only; items that lack the field, or have null there, are left out. A
text in such a field is an error. Count counts items; with a field it counts those that have it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output
from blocks.core._fields import as_text
from blocks.data._offload import beside
from blocks.data._order import order_key
from blocks.data._paths import FieldName, get, last_name
from blocks.flow._items import ItemsConfig
from blocks.flow._values import identity, kind_of

Function = Literal["count", "sum", "average", "min", "max", "median", "stddev", "distinct", "first", "last", "concatenate"]


class Summary(Config):
    """One value to work out for each group."""

    function: Function = Field("sum", title="Work out", description="What to make of the values of the field.")
    field: str = Field("", title="Field", max_length=500, description="The field to look at; count needs none.")
    name: str = Field("", title="Name", max_length=200, description="Name of the result. Left empty: such as sum_total.")

    @property
    def result(self) -> str:
        return self.name or "_".join(part for part in (self.function, last_name(self.field)) if part)


class SummarizeConfig(ItemsConfig):
    """Configuration of the block."""

    group_by: list[FieldName] = Field(
        default_factory=list, title="Group by", max_length=20, description="One line for each combination of these fields."
    )
    summaries: list[Summary] = Field(
        title="Summaries",
        min_length=1,
        max_length=50,
        description="The values of each line.",
        json_schema_extra={"initial": [{"function": "count", "field": ""}]},
    )
    separator: str = Field(", ", title="Separator", max_length=20, description="What concatenate puts between texts.")


async def execute(context: Context, config: SummarizeConfig, value: Json) -> Output:
    items = config.list_of(value)
    return Output(await beside(items, _summarized, items, config))


def _summarized(items: list[Json], config: SummarizeConfig) -> list[Json]:
    groups: dict[object, list[Json]] = {}
    heads: dict[object, dict[str, Json]] = {}
    for item in items:
        head = {last_name(field): get(item, field) for field in config.group_by}
        key = identity(list(head.values()))
        heads.setdefault(key, head)
        groups.setdefault(key, []).append(item)
    if not config.group_by and not groups:
        groups[()], heads[()] = [], {}
    return [{**heads[key], **_line(members, config)} for key, members in groups.items()]


def _line(items: list[Json], config: SummarizeConfig) -> dict[str, Json]:
    return {
        summary.result: _worked_out(items, summary, f"summaries.{number}", config.separator)
        for number, summary in enumerate(config.summaries)
    }


def _worked_out(items: list[Json], summary: Summary, place: str, separator: str) -> Json:
    values = [value for item in items if (value := get(item, summary.field)) is not None]
    match summary.function:
        case "count":
            return len(values) if summary.field else len(items)
        case "distinct":
            return len({identity(value) for value in values})
        case "concatenate":
            return separator.join(as_text(value) for value in values)
        case "first" | "last":
            return (values[0] if summary.function == "first" else values[-1]) if values else None
        case "min" | "max":
            return _extreme(values, summary.function)
        case name:
            return _number(name, values, place)


def _extreme(values: Sequence[Json], function: str) -> Json:
    if not values:
        return None
    return min(values, key=order_key) if function == "min" else max(values, key=order_key)


def _sum(values: Sequence[float]) -> float:
    return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)


CALCULATIONS: dict[str, tuple[int, Callable[[Sequence[float]], float]]] = {
    "sum": (0, _sum),
    "average": (1, statistics.fmean),
    "median": (1, statistics.median),
    "stddev": (2, statistics.stdev),
}
"""How many values each needs, and what it does with them."""


def _number(function: str, values: Sequence[Json], place: str) -> Json:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            message = f"field `{place}`: {function} needs numbers; here is {kind_of(value)}"
            raise BlockError("NOT_A_NUMBER", message, retryable=False)
    needed, calculate = CALCULATIONS[function]
    try:
        return calculate(values) if len(values) >= needed else None
    except OverflowError:
        raise BlockError("NUMBER_TOO_LARGE", f"field `{place}`: the numbers are too large", retryable=False) from None


BLOCK = Block(
    type="data.summarize",
    title="Summarise",
    category="Data",
    icon="sigma",
    description="Groups items and works out sums, averages and counts.",
    config=SummarizeConfig,
    execute=execute,
    output_schema={
        "type": "array",
        "items": {"type": "object", "description": "The group and its summaries, by name."},
        "description": "One object for each group: the fields of the group and the values that were worked out.",
    },
    examples=(
        Example(
            "Turnover by country",
            {
                "group_by": ["country"],
                "summaries": [{"function": "sum", "field": "total"}, {"function": "count", "name": "orders"}],
            },
            input=[{"country": "DE", "total": 10}, {"country": "FR", "total": 5}, {"country": "DE", "total": 2.5}],
            output=[
                {"country": "DE", "sum_total": 12.5, "orders": 2},
                {"country": "FR", "sum_total": 5, "orders": 1},
            ],
        ),
        Example(
            "Everything in one line",
            {"summaries": [{"function": "median", "name": "middle"}, {"function": "max", "name": "largest"}]},
            input=[1, 5, 9, 2],
            output=[{"middle": 3.5, "largest": 9}],
        ),
    ),
)
