"""Does the same for every item of a list.

Connect the blocks that handle one item behind `item`. Their input is the item; in templates and conditions it is `item`,
and `index` counts from 0. What the last of them gives is the result for that item. When all are done, the list of
results, in the order of the items, leaves at `output`.

Several items can be handled at the same time. When one fails, no further one is begun and the loop fails; or choose to
continue: then that item's place has `{"error": {...}}`, and the others are handled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Port
from blocks.flow._failures import LONGEST_MS, failure, placed
from blocks.flow._items import ItemsConfig


class LoopConfig(ItemsConfig):
    """Configuration of the loop."""

    concurrency: int = Field(
        1, title="At the same time", ge=1, le=100, description="How many items are handled at once, from 1 to 100."
    )
    on_error: Literal["stop", "continue"] = Field(
        "stop", title="When an item fails", description="Stop and fail, or continue with the others."
    )


async def execute(context: Context, config: LoopConfig, value: Json) -> Output:
    items = config.list_of(value)
    return Output(await _results(context, items, config.concurrency, stop=config.on_error == "stop"))


async def _results(context: Context, items: Sequence[Json], concurrency: int, *, stop: bool) -> list[Json]:
    results: list[Json] = [None] * len(items)
    failures: dict[int, BlockError] = {}
    pending = iter(enumerate(items))

    async def work() -> None:
        for index, item in pending:
            if stop and failures:
                return
            try:
                results[index] = await context.run_body(index, item, {"item": item, "index": index})
            except BlockError as error:
                failures[index] = error
                results[index] = failure(error)

    # What was begun is finished before the loop ends, so gather must not give up at the first exception.
    ended = await asyncio.gather(*(work() for _ in range(min(concurrency, len(items)))), return_exceptions=True)
    if stop and failures:
        index = min(failures)
        raise placed(failures[index], f"item {index + 1}") from failures[index]
    for outcome in ended:
        if outcome is not None:
            raise outcome
    return results


BLOCK = Block(
    type="flow.loop",
    title="Loop",
    category="Flow",
    icon="repeat",
    description="Does the same for every item of a list.",
    config=LoopConfig,
    execute=execute,
    outputs=(Port("output", "When all are done"), Port("item", "For each item")),
    body="item",
    timeout_ms=LONGEST_MS,
    output_schema={"type": "array", "description": "The result for each item, in the order of the items."},
    examples=(
        Example(
            "With nothing connected behind `item`, the items themselves",
            {"items": "{{ input.orders }}", "concurrency": 5},
            input={"orders": [{"id": 7}, {"id": 9}]},
            output=[{"id": 7}, {"id": 9}],
        ),
        Example("An empty list", {}, input=[], output=[]),
    ),
)
