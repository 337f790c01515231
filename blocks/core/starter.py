"""Starts the workflow when somebody presses Run, calls it from code, or on a schedule.

List the variables that the workflow needs. They become the form behind the Run button, and the other blocks
use them as `variables.name`. A variable may be required, or have a default that is used when none is given.

What is given is checked: a number stays a number, and a wrong type stops the run with a message that names the
variable. Variables that are not on the list are passed on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.core._fields import ADVANCED
from blocks.core._schedule import SHORTEST_INTERVAL_SECONDS, cron_line, moment, time_zone
from blocks.core._variables import Variables, given_variables, read_variables

Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]

UNIT_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


class StarterConfig(Config):
    """Configuration of the starter."""

    variables: Variables = Field(
        default_factory=list, title="Variables", max_length=200, description="What the workflow needs in order to run."
    )
    schedule_enabled: bool = Field(
        False,
        title="Run on a schedule",
        description="Run by itself, with the defaults, while the workflow is deployed.",
        json_schema_extra=ADVANCED,
    )
    schedule_type: Literal["interval", "cron"] = Field(
        "interval",
        title="Kind of schedule",
        description="Every so often, or at times written as a cron line.",
        json_schema_extra=ADVANCED,
    )
    schedule_interval_value: int = Field(
        1,
        title="Every",
        ge=1,
        le=100_000,
        description="How many of the units below lie between two runs.",
        json_schema_extra=ADVANCED,
    )
    schedule_interval_unit: Unit = Field(
        "hours", title="Unit", description="Runs are at least 60 seconds apart.", json_schema_extra=ADVANCED
    )
    schedule_cron: str = Field(
        "0 9 * * 1-5",
        title="Cron line",
        description="Minute, hour, day of month, month, day of week. 0 9 * * 1-5 is 9:00 on weekdays.",
        json_schema_extra={"kind": "cron", "advanced": True, "placeholder": "0 9 * * 1-5"},
    )
    schedule_timezone: str = Field(
        "UTC", title="Time zone", description="For example Europe/Berlin. Cron lines are read in it.", json_schema_extra=ADVANCED
    )
    schedule_start_at: str | None = Field(
        None,
        title="Not before",
        description="First moment of the schedule, for example 2026-01-31T09:00:00Z.",
        json_schema_extra=ADVANCED,
    )
    schedule_end_at: str | None = Field(
        None, title="Not after", description="Last moment of the schedule.", json_schema_extra=ADVANCED
    )
    schedule_max_runs: int | None = Field(
        None,
        title="At most so many runs",
        ge=1,
        description="The schedule ends after this many runs.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("schedule_interval_unit")
    @classmethod
    def _not_too_often(cls, unit: Unit, info: ValidationInfo) -> Unit:
        if info.data.get("schedule_interval_value", SHORTEST_INTERVAL_SECONDS) * UNIT_SECONDS[unit] < SHORTEST_INTERVAL_SECONDS:
            raise ValueError("makes runs that are less than 60 seconds apart")
        return unit

    @field_validator("schedule_cron")
    @classmethod
    def _looks_like_cron(cls, line: str) -> str:
        return cron_line(line)

    @field_validator("schedule_timezone")
    @classmethod
    def _is_time_zone(cls, name: str) -> str:
        return time_zone(name)

    @field_validator("schedule_start_at", "schedule_end_at")
    @classmethod
    def _is_time(cls, text: str | None) -> str | None:
        if text:
            moment(text, "UTC")
        return text


async def execute(context: Context, config: StarterConfig, value: Json) -> Output:
    return Output(read_variables(config.variables, given_variables(value)))


BLOCK = Block(
    type="starter",
    title="Start",
    category="Start",
    icon="play",
    description="Starts by hand, from code or on a schedule, with variables that you define.",
    config=StarterConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"type": "object", "description": "The variables, with defaults filled in."},
    examples=(
        Example(
            "A required name and a number with a default",
            {"variables": [{"name": "customer", "required": True}, {"name": "amount", "type": "number", "default": 10}]},
            input={"customer": "Ada"},
            output={"customer": "Ada", "amount": 10},
        ),
    ),
)
