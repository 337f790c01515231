"""Lets only so much through in a time.

Say how many may pass per second, minute, hour or day. A burst lets several pass at once after a quiet time. What is too
much waits until it is its turn; or leaves at `limited` at once; or fails. Waiting costs nothing and survives a restart.

Executions share the limit: without a key, those that come through this very block; with a key, all blocks of the
workspace with the same key. So `mail-server` limits everything that goes there, and `{{ input.customer }}` gives each
customer a limit of their own. A simulation is never limited and uses nothing up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from app.sdk import Arrival, Block, BlockError, Config, Context, Example, Json, Output, Port, Wait
from blocks.core._fields import Text
from blocks.flow._keys import own_key

NAMESPACE = "flow.rate_limit"
UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


class RateLimitConfig(Config):
    """Configuration of the limit."""

    rate: float = Field(1, title="How many", ge=0.001, le=1_000_000, description="How many may pass in the time below.")
    per: Literal["second", "minute", "hour", "day"] = Field(
        "second", title="Per", description="The time that they are counted in."
    )
    burst: int = Field(1, title="Burst", ge=1, le=1_000_000, description="How many may pass at once after a quiet time.")
    mode: Literal["wait", "skip", "fail"] = Field(
        "wait", title="What is too much", description="Waits for its turn, leaves at the port limited, or fails."
    )
    key: Text = Field(
        "",
        title="Key",
        max_length=500,
        description="Blocks with the same key share one limit. Left empty, this block has its own.",
        json_schema_extra={"placeholder": "{{ input.customer }}"},
    )


async def execute(context: Context, config: RateLimitConfig, value: Json) -> Output | Wait:
    if context.mode == "simulation":
        return Output(value)
    key = f"key:{config.key}" if config.key else own_key(context)
    seconds = await context.state.take(NAMESPACE, key, config.rate / UNIT_SECONDS[config.per], config.burst)
    if seconds <= 0:
        return Output(value)
    if config.mode == "wait":
        return Wait(context.now() + timedelta(seconds=seconds))
    if config.mode == "skip":
        return Output(value, ports=("limited",))
    raise BlockError("RATE_LIMITED", f"the limit is reached; free again in {seconds:.1f} s", retry_after=seconds)


async def resume(context: Context, config: RateLimitConfig, value: Json, arrival: Arrival) -> Output | Wait:
    """Others may have been faster meanwhile, so it asks again."""
    return await execute(context, config, value)


BLOCK = Block(
    type="flow.rate_limit",
    title="Rate limit",
    category="Flow",
    icon="gauge",
    description="Lets only so much through in a time.",
    config=RateLimitConfig,
    execute=execute,
    waits=True,
    resume=resume,
    outputs=(Port("output", "Passes"), Port("limited", "Too much")),
    needs=frozenset({"state"}),
    output_schema={"description": "Its input, unchanged."},
    examples=(
        Example(
            "Ten messages a minute for each customer",
            {"rate": 10, "per": "minute", "burst": 3, "key": "{{ input.customer }}"},
            input={"customer": "ada", "text": "Hello"},
            output={"customer": "ada", "text": "Hello"},
        ),
    ),
)
