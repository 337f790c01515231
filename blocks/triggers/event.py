"""Starts the workflow when something happens in the workspace.

Name the event, for example `order.paid`; `*` stands for anything, so `order.*` is every event of orders. Events come from
programs that send them, and from the studio itself: `run.completed`, `run.failed`, `run.cancelled` and `run.timed_out` when
an execution of another workflow ends, `approval.needed` and `approval.decided` when people are asked and decide. What an event
or a failure has started tells nothing of itself, so nothing goes round in circles. The blocks behind it get
`{"type": ..., "timestamp": ..., "data": {...}}`.

With a filter, only events for which it is true count, for example `input.data.total > 100`.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Expression, Json, Output
from blocks.triggers._match import fits_any


class EventConfig(Config):
    """Configuration of the trigger."""

    event: str = Field(
        title="Event",
        min_length=1,
        max_length=200,
        pattern=r"^[^\s\x00-\x1f]+$",
        description="The name of the event. * stands for anything, for example order.*.",
        json_schema_extra={"initial": "", "placeholder": "order.*"},
    )
    filter: Expression = Field(
        "",
        title="Only when",
        max_length=10_000,
        description="A condition on the event. Left empty, every such event counts.",
        json_schema_extra={"placeholder": "input.data.total > 100"},
    )


async def execute(context: Context, config: EventConfig, value: Json) -> Output:
    event = value if isinstance(value, dict) else {}
    if not isinstance(event.get("type"), str):
        message = "an event is needed: an object with `type` (its name) and `data`"
        raise BlockError("VARIABLES_INVALID", message, retryable=False)
    if not fits_any(event["type"], [config.event]):
        context.log("This event has another name")
        return Output(value, ports=())
    if config.filter and not context.true(config.filter, place="filter"):
        context.log("The filter does not hold for this event")
        return Output(value, ports=())
    return Output(value)


BLOCK = Block(
    type="trigger.event",
    title="When something happens",
    category="Start",
    icon="zap",
    description="Starts when an event happens in the workspace.",
    config=EventConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={
        "type": "object",
        "properties": {"type": {"type": "string"}, "timestamp": {"type": "string"}, "data": {}},
        "required": ["type"],
    },
    examples=(
        Example(
            "A large order was paid",
            {"event": "order.*", "filter": "input.data.total > 100"},
            input={"type": "order.paid", "timestamp": "2026-06-01T12:00:00Z", "data": {"order": 7, "total": 250}},
            output={"type": "order.paid", "timestamp": "2026-06-01T12:00:00Z", "data": {"order": 7, "total": 250}},
        ),
        Example(
            "A small one was paid: nothing follows",
            {"event": "order.*", "filter": "input.data.total > 100"},
            input={"type": "order.paid", "data": {"total": 20}},
            output={"type": "order.paid", "data": {"total": 20}},
            ports=(),
        ),
    ),
)
