"""Does nothing: passes its input on.

Use it to give a place in the workflow a name, to bring lines together where they would cross, or to try out a part
before the real block is there.
"""

from __future__ import annotations

from app.sdk import Block, Config, Context, Example, Json, Output


class NoopConfig(Config):
    """It has no settings."""


async def execute(context: Context, config: NoopConfig, value: Json) -> Output:
    return Output(value)


BLOCK = Block(
    type="flow.noop",
    title="Do nothing",
    category="Flow",
    icon="circle-dot",
    description="Passes its input on.",
    config=NoopConfig,
    execute=execute,
    output_schema={"description": "Its input, unchanged."},
    examples=(Example("Anything passes", {}, input={"order": 7}, output={"order": 7}),),
)
