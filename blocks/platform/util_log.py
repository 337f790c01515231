"""Writes a line into the log of the execution, and passes its input on.

Use it to see later what happened and with which data. The line stands in the log of the step, and in the log of the
whole execution.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.core._fields import LongText


class LogConfig(Config):
    """Configuration of the log line."""

    message: LongText = Field(
        title="Message",
        min_length=1,
        description="What is written. May contain {{ }}; at most 2000 characters are kept.",
        json_schema_extra={"initial": "", "placeholder": "Order {{ input.order }} came in"},
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", title="Level", description="How important it is. Other levels than info stand in front of the line."
    )


async def execute(context: Context, config: LogConfig, value: Json) -> Output:
    context.log(config.message if config.level == "info" else f"{config.level.upper()}: {config.message}")
    return Output(value)


BLOCK = Block(
    type="util.log",
    title="Log",
    category="Flow",
    icon="scroll-text",
    description="Writes a line into the log of the execution.",
    config=LogConfig,
    execute=execute,
    output_schema={"description": "Its input, unchanged."},
    examples=(Example("An order came in", {"message": "Order {{ input.order }}"}, input={"order": 7}, output={"order": 7}),),
)
