"""Tries something, and goes another way when it fails.

Connect the blocks that may fail behind `try`. Their input is the input of this block. When they succeed, what the last of
them gives leaves at `output`. When one of them fails, `{"error": {"code": ..., "message": ...}}` leaves at `catch`, and
the workflow goes on from there instead of failing. What stands behind `finally` runs in both cases.

The whole of it can be tried several times before it counts as failed. A failure that cannot get better by trying again,
such as one made by the block Stop, is not tried again.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output, Port
from blocks.flow._failures import LONGEST_MS, failure


class TryConfig(Config):
    """Configuration of the attempt."""

    attempts: int = Field(
        1, title="Attempts", ge=1, le=20, description="How often the whole is tried before it counts as failed, from 1 to 20."
    )


async def execute(context: Context, config: TryConfig, value: Json) -> Output:
    for attempt in range(config.attempts):
        try:
            result = await context.run_body(attempt, value, {})
        except BlockError as error:
            last = error
            context.log(f"Attempt {attempt + 1} of {config.attempts} failed: {error.message}")
            if not error.retryable:
                break
        else:
            return Output(result, ports=("output", "finally"))
    return Output(failure(last), ports=("catch", "finally"))


BLOCK = Block(
    type="flow.try",
    title="Try",
    category="Flow",
    icon="life-buoy",
    description="Tries something, and goes another way when it fails.",
    config=TryConfig,
    execute=execute,
    outputs=(
        Port("output", "When it succeeds"),
        Port("catch", "When it fails"),
        Port("finally", "In both cases"),
        Port("try", "What is tried"),
    ),
    body="try",
    timeout_ms=LONGEST_MS,
    output_schema={"description": "What the tried blocks give, or {error: {code, message}}."},
    examples=(
        Example(
            "Nothing fails, with nothing connected behind `try`",
            {"attempts": 3},
            input={"order": 7},
            output={"order": 7},
            ports=("output", "finally"),
        ),
    ),
)
