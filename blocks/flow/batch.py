"""Goes through a long list in portions.

Connect the blocks that handle one portion behind `batch`. Their input is a list of at most so many items; in templates
and conditions it is `item`, and `index` counts the portions from 0. One portion follows another, with a pause between
them if you want one, for example because a service allows only so many calls. When all are done, the results leave at
`output`: as one list, or one result for each portion.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Port
from blocks.flow._failures import LONGEST_MS, placed
from blocks.flow._items import ItemsConfig


class BatchConfig(ItemsConfig):
    """Configuration of the batches."""

    size: int = Field(10, title="Size", ge=1, le=10_000, description="How many items a portion has. The last may have fewer.")
    pause_ms: int = Field(
        0, title="Pause in milliseconds", ge=0, le=5_000, description="How long to rest between two portions, at most 5000."
    )
    output: Literal["items", "batches"] = Field(
        "items", title="Result", description="One list of all results, or a list with one result for each portion."
    )


async def execute(context: Context, config: BatchConfig, value: Json) -> Output:
    items = config.list_of(value)
    batches = [items[start : start + config.size] for start in range(0, len(items), config.size)]
    results: list[Json] = []
    for index, batch in enumerate(batches):
        if index and config.pause_ms:
            await asyncio.sleep(config.pause_ms / 1000)
        try:
            results.append(await context.run_body(index, batch, {"item": batch, "index": index}))
        except BlockError as error:
            raise placed(error, f"portion {index + 1}") from error
    if config.output == "batches":
        return Output(results)
    return Output([entry for result in results for entry in (result if isinstance(result, list) else [result])])


BLOCK = Block(
    type="flow.batch",
    title="Batches",
    category="Flow",
    icon="boxes",
    description="Goes through a long list in portions.",
    config=BatchConfig,
    execute=execute,
    outputs=(Port("output", "When all are done"), Port("batch", "For each portion")),
    body="batch",
    timeout_ms=LONGEST_MS,
    output_schema={"type": "array", "description": "The results: one list, or one result for each portion."},
    examples=(
        Example(
            "Portions of two, with nothing connected behind `batch`",
            {"size": 2, "output": "batches"},
            input=[1, 2, 3, 4, 5],
            output=[[1, 2], [3, 4], [5]],
        ),
        Example("All results in one list", {"items": "{{ input.rows }}", "size": 2}, input={"rows": [1, 2, 3]}, output=[1, 2, 3]),
    ),
)
