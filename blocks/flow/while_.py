"""Repeats as long as a condition is true.

Connect the blocks of one round behind `round`. The first round gets the input of this block, every further one what the
round before gave. In the condition, `input` is that latest value and `index` is the number of rounds that are done; the
blocks of the round know the same as `item` and `index`. Write for example `input.next_page != None`.

The condition is tried before each round, so there may be none at all; or after it, so there is at least one. At the
end, `{"value": ..., "rounds": ...}` leaves at `output`. A limit of rounds keeps a mistake from going on for ever.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Expression, Json, Output, Port
from blocks.flow._failures import LONGEST_MS, placed


class WhileConfig(Config):
    """Configuration of the repetition."""

    condition: Expression = Field(
        title="As long as",
        min_length=1,
        max_length=10_000,
        description="What must be true for another round, for example input.next_page != None.",
        json_schema_extra={"initial": "", "placeholder": "input.next_page != None"},
    )
    check: Literal["before", "after"] = Field(
        "before", title="Try the condition", description="Before each round, or after it: then there is at least one round."
    )
    max_rounds: int = Field(100, title="At most so many rounds", ge=1, le=10_000, description="From 1 to 10000.")
    at_limit: Literal["fail", "stop"] = Field(
        "fail", title="When there are too many", description="Fail, or stop and go on with the value that there is."
    )


async def execute(context: Context, config: WhileConfig, value: Json) -> Output:
    rounds = 0
    while (rounds == 0 and config.check == "after") or _goes_on(context, config, value, rounds):
        if rounds == config.max_rounds:
            if config.at_limit == "stop":
                break
            message = f"the condition was still true after {rounds:,} rounds"
            raise BlockError("TOO_MANY_ROUNDS", message, retryable=False)
        try:
            value = await context.run_body(rounds, value, {"item": value, "index": rounds})
        except BlockError as error:
            raise placed(error, f"round {rounds + 1}") from error
        rounds += 1
    return Output({"value": value, "rounds": rounds})


def _goes_on(context: Context, config: WhileConfig, value: Json, rounds: int) -> bool:
    return context.true(config.condition, place="condition", names={"input": value, "item": value, "index": rounds})


BLOCK = Block(
    type="flow.while",
    title="Repeat while",
    category="Flow",
    icon="refresh-cw",
    description="Repeats as long as a condition is true.",
    config=WhileConfig,
    execute=execute,
    outputs=(Port("output", "When it is over"), Port("round", "Each round")),
    body="round",
    timeout_ms=LONGEST_MS,
    output_schema={
        "type": "object",
        "properties": {"value": {"description": "What the last round gave."}, "rounds": {"type": "integer"}},
        "required": ["value", "rounds"],
    },
    examples=(
        Example("Not even once", {"condition": "input.page < 3"}, input={"page": 3}, output={"value": {"page": 3}, "rounds": 0}),
        Example(
            "Three rounds, with nothing connected behind `round`",
            {"condition": "index < 3", "check": "after"},
            input="data",
            output={"value": "data", "rounds": 3},
        ),
    ),
)
