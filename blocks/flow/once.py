"""Lets each thing through only once.

The key says what counts as the same, for example `{{ input.order }}`. Whoever comes first with a key leaves at `first`,
everybody after that at `repeat`. Use it where a message may come twice, but must be handled once.

A key is remembered for ever, or as long as you say. It counts within this workflow, or in the whole workspace. The key
stays used even when the execution fails later on. A simulation looks, but uses up no key.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output, Port
from blocks.core._fields import Text
from blocks.flow._keys import workflow_key

NAMESPACE = "flow.once"


class OnceConfig(Config):
    """Configuration of the block."""

    key: Text = Field(
        title="Key",
        min_length=1,
        max_length=500,
        description="What must be the same to count as a repetition.",
        json_schema_extra={"initial": "", "placeholder": "{{ input.order }}"},
    )
    ttl_seconds: float | None = Field(
        None,
        title="Remember for so many seconds",
        gt=0,
        description="86400 is a day. Left empty, it is remembered for ever.",
    )
    scope: Literal["workflow", "workspace"] = Field(
        "workflow", title="Counts in", description="This workflow only, or all workflows of the workspace."
    )


async def execute(context: Context, config: OnceConfig, value: Json) -> Output:
    key = f"workspace:{config.key}" if config.scope == "workspace" else workflow_key(context, config.key)
    return Output(value, ports=("first" if await _is_first(context, key, config.ttl_seconds) else "repeat",))


async def _is_first(context: Context, key: str, ttl: float | None) -> bool:
    """True when this very step holds the key: a step that runs again after a crash finds its own name there."""
    if context.mode == "simulation":
        return await context.state.get(NAMESPACE, key) is None
    mine = context.idempotency_key
    while not await context.state.add(NAMESPACE, key, mine, ttl):
        holder = await context.state.get(NAMESPACE, key)
        if holder is not None:
            return bool(holder == mine)
    return True


BLOCK = Block(
    type="flow.once",
    title="Once",
    category="Flow",
    icon="fingerprint",
    description="Lets each thing through only once.",
    config=OnceConfig,
    execute=execute,
    outputs=(Port("first", "The first time"), Port("repeat", "Again")),
    needs=frozenset({"state"}),
    output_schema={"description": "Its input, unchanged."},
    examples=(
        Example(
            "Each order once a day",
            {"key": "order-{{ input.order }}", "ttl_seconds": 86_400},
            input={"order": 7},
            output={"order": 7},
            ports=("first",),
        ),
    ),
)
