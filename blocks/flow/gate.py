"""Asks people before it goes on.

The workflow rests here until somebody decides. Whoever may approve sees the title, the description and, if you list
fields, a form to fill in. Name assignees to have only them decide, and say how many of them must approve; one
rejection is enough to reject.

At `approved` and `rejected` leaves `{"decision", "decided_by", "note", "form", "timed_out", "input"}`, where `input` is what
came into this block. With a time limit, you choose what counts when nobody decides: approved, rejected, or a failure. A
simulation asks nobody and goes on as approved.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Arrival, Block, BlockError, Config, Context, Example, Json, Output, Port, Signal, Wait
from blocks.core._fields import ADVANCED, LongText, Text
from blocks.flow._forms import FormField, check_names, read_form
from blocks.flow._times import LONGEST_SECONDS

DECISIONS = ("approved", "rejected")


class GateConfig(Config):
    """Configuration of the gate."""

    title: Text = Field(
        title="Title",
        min_length=1,
        max_length=500,
        description="What is to be decided, in a few words.",
        json_schema_extra={"initial": "", "placeholder": "Order {{ input.order }} over {{ input.total }}"},
    )
    description: LongText = Field("", title="Description", description="Everything that people need in order to decide.")
    assignees: list[Text] = Field(
        default_factory=list,
        title="Assignees",
        max_length=100,
        description="The e-mail addresses of those who may decide. Without any, everybody who may approve can.",
    )
    n_of_m: int = Field(
        1,
        title="Approvals needed",
        ge=1,
        le=100,
        description="How many different people must approve.",
        json_schema_extra=ADVANCED,
    )
    form: list[FormField] = Field(
        default_factory=list, title="Form", max_length=50, description="What is to be filled in with an approval."
    )
    timeout: float | None = Field(
        None,
        title="Time limit in seconds",
        gt=0,
        le=LONGEST_SECONDS,
        description="How long to wait at most: 3600 is an hour, 86400 a day. Left empty, there is no limit.",
    )
    default: Literal["approve", "reject", "fail"] = Field(
        "fail", title="When nobody decides in time", description="Counts as approved, counts as rejected, or fails."
    )

    @field_validator("assignees")
    @classmethod
    def _each_once(cls, assignees: list[str]) -> list[str]:
        if len({assignee.casefold() for assignee in assignees}) < len(assignees):
            raise ValueError("has somebody twice")
        return assignees

    @field_validator("n_of_m")
    @classmethod
    def _enough_people(cls, needed: int, info: ValidationInfo) -> int:
        assignees = info.data.get("assignees")
        if assignees and needed > len(assignees):
            raise ValueError(f"must be at most {len(assignees)}, as so many may decide")
        return needed

    @field_validator("form")
    @classmethod
    def _names_differ(cls, form: list[FormField]) -> list[FormField]:
        return check_names(form)


async def execute(context: Context, config: GateConfig, value: Json) -> Output | Wait:
    if context.mode == "simulation":
        context.log("A simulation asks nobody: goes on as approved")
        return _decided("approved", value)
    until = context.now() + timedelta(seconds=config.timeout) if config.timeout else None
    data = config.model_dump(mode="json", include={"title", "description", "assignees", "n_of_m", "form", "timeout", "default"})
    return Wait(until, signal=Signal("approval", data=data))


async def resume(context: Context, config: GateConfig, value: Json, arrival: Arrival) -> Output:
    if arrival.timed_out:
        if config.default == "fail":
            raise BlockError("APPROVAL_TIMEOUT", "nobody decided within the time limit", retryable=False)
        return _decided("approved" if config.default == "approve" else "rejected", value, timed_out=True)
    payload = arrival.payload if isinstance(arrival.payload, dict) else {}
    decision = payload.get("decision")
    if decision not in DECISIONS:
        raise BlockError("DECISION_INVALID", "the decision must be approved or rejected", retryable=False)
    filled_in = payload.get("form")
    form = read_form(config.form, filled_in) if decision == "approved" else filled_in or {}
    return _decided(decision, value, payload.get("decided_by"), payload.get("note"), form)


def _decided(
    decision: str, value: Json, decided_by: Json = None, note: Json = None, form: Json = None, *, timed_out: bool = False
) -> Output:
    outcome = {
        "decision": decision,
        "decided_by": decided_by,
        "note": note or "",
        "form": form or {},
        "timed_out": timed_out,
        "input": value,
    }
    return Output(outcome, ports=(decision,))


BLOCK = Block(
    type="flow.gate",
    title="Approval",
    category="Flow",
    icon="user-check",
    description="Asks people before it goes on.",
    config=GateConfig,
    execute=execute,
    waits=True,
    resume=resume,
    outputs=(Port("approved", "Approved"), Port("rejected", "Rejected")),
    output_schema={
        "type": "object",
        "properties": {
            "decision": {"type": "string", "enum": list(DECISIONS)},
            "decided_by": {"description": "Who decided; null when nobody did."},
            "note": {"type": "string"},
            "form": {"type": "object", "description": "What was filled in, by the names of the fields."},
            "timed_out": {"type": "boolean"},
            "input": {"description": "What came into the gate."},
        },
        "required": ["decision", "decided_by", "note", "form", "timed_out", "input"],
    },
    examples=(
        Example(
            "Somebody approves a large order",
            {
                "title": "Order {{ input.order }}",
                "description": "It is over {{ input.total }} euros.",
                "assignees": ["ada@example.com", "bo@example.com"],
                "form": [{"name": "limit", "type": "number", "label": "New limit", "required": True}],
                "timeout": 86_400,
                "default": "reject",
            },
            input={"order": 7, "total": 900},
            output={
                "decision": "approved",
                "decided_by": "ada@example.com",
                "note": "Good customer",
                "form": {"limit": 1000},
                "timed_out": False,
                "input": {"order": 7, "total": 900},
            },
            ports=("approved",),
            runnable=False,
        ),
    ),
)
