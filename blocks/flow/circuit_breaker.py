"""Stops calling something that is broken, and tries again after a while.

Connect the call that may fail behind `call`. As long as it works, what it gives leaves at `output`. When it has failed so many
times in a row, the breaker opens: for a time nothing is called any more, and executions leave at `open` at once. When the
time is over, one execution may try; if it succeeds, everything goes on as before.

All executions share what the breaker knows: this very block's, or under a key all breakers with that key. When a call fails,
this block fails, so connect its error output if the workflow shall go on. Failures that cannot get better by trying again, such
as a wrong address, do not count. A simulation never finds it open.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output, Port
from blocks.core._fields import Text
from blocks.flow._failures import LONGEST_MS
from blocks.flow._keys import own_key

NAMESPACE = "flow.circuit_breaker"
FORGOTTEN_AFTER = 7 * 86_400.0
MAX_ATTEMPTS = 50


class CircuitBreakerConfig(Config):
    """Configuration of the breaker."""

    threshold: int = Field(5, title="Failures", ge=1, le=100, description="After how many failures in a row it opens.")
    cool_down_seconds: float = Field(
        60, title="Open for so many seconds", ge=1, le=86_400, description="How long nothing is called before one may try."
    )
    key: Text = Field(
        "",
        title="Key",
        max_length=400,
        description="Breakers with the same key share what they know. Left empty, this block is alone.",
        json_schema_extra={"placeholder": "mail-server"},
    )


async def execute(context: Context, config: CircuitBreakerConfig, value: Json) -> Output:
    if context.mode == "simulation":
        return Output(await context.run_body(0, value, {}))
    key = f"key:{config.key}" if config.key else own_key(context)
    seconds = await _closed_for(context, config, key)
    if seconds > 0:
        return Output({"open": True, "retry_after_seconds": round(seconds, 3)}, ports=("open",))
    try:
        result = await context.run_body(0, value, {})
    except BlockError as error:
        if error.retryable:
            await _failed(context, config, key)
        raise
    await context.state.delete(NAMESPACE, key)
    return Output(result)


async def _closed_for(context: Context, config: CircuitBreakerConfig, key: str) -> float:
    """For how long nothing may be called; 0 when this execution may."""
    known = await context.state.get(NAMESPACE, key)
    mine = context.idempotency_key
    if known is None or known["opened_at"] is None or mine in known["failed"]:
        return 0.0
    passed = (context.now() - datetime.fromisoformat(known["opened_at"])).total_seconds()
    if passed < config.cool_down_seconds:
        return float(config.cool_down_seconds - passed)
    trial = f"{key}:trial"
    if await context.state.add(NAMESPACE, trial, mine, config.cool_down_seconds):
        context.log("The time is over; this execution tries whether it works again")
        return 0.0
    return 0.0 if await context.state.get(NAMESPACE, trial) == mine else config.cool_down_seconds


async def _failed(context: Context, config: CircuitBreakerConfig, key: str) -> None:
    """Remember one more failure; a step that runs again after a crash counts once."""
    mine = context.idempotency_key
    for _ in range(MAX_ATTEMPTS):
        known = await context.state.get(NAMESPACE, key)
        failed = [] if known is None else known["failed"]
        if mine in failed:
            return
        opens = len(failed) + 1 >= config.threshold
        new = {"failed": [*failed, mine][-config.threshold :], "opened_at": context.now().isoformat() if opens else None}
        if await context.state.swap(NAMESPACE, key, known, new, FORGOTTEN_AFTER):
            if opens:
                context.log(f"The breaker is open for {config.cool_down_seconds:g} s")
            return


BLOCK = Block(
    type="flow.circuit_breaker",
    title="Circuit breaker",
    category="Flow",
    icon="unplug",
    description="Stops calling what is broken, and tries again after a while.",
    config=CircuitBreakerConfig,
    execute=execute,
    outputs=(Port("output", "When it works"), Port("open", "While it is open"), Port("call", "What is called")),
    body="call",
    needs=frozenset({"state"}),
    timeout_ms=LONGEST_MS,
    output_schema={
        "description": "What the call gives; at open {open, retry_after_seconds}.",
        "properties": {"open": {"type": "boolean"}, "retry_after_seconds": {"type": "number"}},
    },
    examples=(
        Example("It works", {"threshold": 3, "key": "mail-server"}, input={"to": "ada"}, output={"to": "ada"}),
        Example(
            "One try a minute for each host",
            {"threshold": 1, "key": "{{ input.host }}"},
            input={"host": "a"},
            output={"host": "a"},
        ),
    ),
)
