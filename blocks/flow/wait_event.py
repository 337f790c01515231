"""Waits until something happens elsewhere.

The workflow rests here until an event of that name is sent, or until somebody calls the address for going on that the
execution shows. What was sent along leaves at `output`. Waiting costs nothing and survives a restart of the server.

Make the name as particular as the thing that you wait for: `payment.{{ input.order }}` and not `payment`. With a time
limit, the input of this block leaves at `timeout` when nothing came in time. With a schema, what comes is checked: types,
required fields, allowed values.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from app.sdk import AnyJson, Arrival, Block, BlockError, Config, Context, Example, Json, Output, Port, Signal, Wait, kind
from blocks.core._fields import ADVANCED, Text
from blocks.flow._schema import mismatch
from blocks.flow._times import LONGEST_SECONDS, moment


class WaitEventConfig(Config):
    """Configuration of the wait for an event."""

    event: Text = Field(
        "",
        title="Event",
        max_length=200,
        description="The name of the event to wait for. Left empty, only the address for going on ends the wait.",
        json_schema_extra={"placeholder": "payment.{{ input.order }}"},
    )
    timeout_seconds: float | None = Field(
        None,
        title="Time limit in seconds",
        gt=0,
        le=LONGEST_SECONDS,
        description="How long to wait at most: 3600 is an hour, 86400 a day. Left empty, there is no limit.",
    )
    on_timeout: Literal["port", "fail"] = Field(
        "port", title="When the time is over", description="Go on at the port timeout, or fail."
    )
    payload_schema: Annotated[dict[str, Json] | None, kind("json")] = Field(
        None,
        title="Schema",
        description="JSON Schema of what must come along.",
        json_schema_extra=ADVANCED,
    )
    on_mismatch: Literal["wait", "fail"] = Field(
        "wait",
        title="When something else comes",
        description="Keep waiting, or fail. Only with a schema.",
        json_schema_extra=ADVANCED,
    )
    data: AnyJson = Field(
        None, title="Shown to people", description="What people see of this wait, as a text or JSON.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: WaitEventConfig, value: Json) -> Wait:
    until = context.now() + timedelta(seconds=config.timeout_seconds) if config.timeout_seconds else None
    return _wait(config, until.isoformat() if until else None)


async def resume(context: Context, config: WaitEventConfig, value: Json, arrival: Arrival) -> Output | Wait:
    if arrival.timed_out:
        if config.on_timeout == "fail":
            raise BlockError("EVENT_TIMEOUT", "nothing came within the time limit", retryable=False)
        return Output(value, ports=("timeout",))
    problem = mismatch(arrival.payload, config.payload_schema, "what came")
    if problem is None:
        return Output(arrival.payload)
    if config.on_mismatch == "fail":
        raise BlockError("EVENT_INVALID", problem, retryable=False)
    context.log(f"Keeps waiting, because {problem}")
    return _wait(config, arrival.value["until"])


def _wait(config: WaitEventConfig, until: str | None) -> Wait:
    """The end is kept as text beside the wait, so that waiting on does not make it later."""
    signal = Signal("event", config.event, config.data)
    return Wait(moment(until) if until else None, {"until": until}, signal)


BLOCK = Block(
    type="flow.wait_event",
    title="Wait for an event",
    category="Flow",
    icon="bell-ring",
    description="Waits until something happens elsewhere.",
    config=WaitEventConfig,
    execute=execute,
    waits=True,
    resume=resume,
    outputs=(Port("output", "When it comes"), Port("timeout", "When the time is over")),
    effect="read",
    sample={},
    output_schema={"description": "What came along; at `timeout` its input, unchanged."},
    examples=(
        Example(
            "A payment within a day",
            {
                "event": "payment.{{ input.order }}",
                "timeout_seconds": 86_400,
                "payload_schema": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}},
            },
            input={"order": 7},
            output={"amount": 12.5},
            runnable=False,
        ),
    ),
)
