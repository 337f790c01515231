"""Starts the workflow when somebody presses Run, calls it from code, or on a schedule.

List the variables that the workflow needs. They become the form behind the Run button, and the other blocks
use them as `variables.name`. A variable may be required, or have a default that is used when none is given.

What is given is checked: a number stays a number, and a wrong type stops the run with a message that names the
variable. Variables that are not on the list are passed on as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, Json, Output
from blocks.core._fields import ADVANCED

VariableType = Literal["text", "number", "integer", "boolean", "object", "array", "json", "string", "any"]
Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]

UNIT_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
SHORTEST_INTERVAL_SECONDS = 60
CRON_FIELD = re.compile(r"[0-9A-Za-z*,/#?-]+")
WHAT_IT_MUST_BE: Mapping[str, str] = {
    "text": "text", "string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "object": "an object", "array": "a list",
}  # fmt: skip


class Variable(Config):
    """One input of the workflow."""

    name: str = Field(
        title="Name",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=100,
        description="Letters, digits and underscores. Other blocks use it as variables.name.",
        json_schema_extra={"placeholder": "customer_name"},
    )
    type: VariableType = Field("text", title="Type", description="What may be given. json (or any) takes everything.")
    required: bool = Field(False, title="Required", description="Whether the run is refused when it is missing.")
    default: AnyJson = Field(None, title="Default", description="Used when nothing is given.")
    description: str = Field("", title="Help", description="Shown beside the field in the Run form.")

    @field_validator("default")
    @classmethod
    def _default_fits(cls, default: Json, info: ValidationInfo) -> Json:
        wanted = info.data.get("type", "any")
        if default is not None and not has_type(default, wanted):
            raise ValueError(f"must be {WHAT_IT_MUST_BE[wanted]}")
        return default


class StarterConfig(Config):
    """Configuration of the starter."""

    variables: list[Variable] = Field(
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
        json_schema_extra={"advanced": True, "placeholder": "0 9 * * 1-5"},
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

    @field_validator("variables")
    @classmethod
    def _names_differ(cls, variables: list[Variable]) -> list[Variable]:
        names = [variable.name for variable in variables]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"has the name {name} twice")
        return variables

    @field_validator("schedule_interval_unit")
    @classmethod
    def _not_too_often(cls, unit: Unit, info: ValidationInfo) -> Unit:
        if info.data.get("schedule_interval_value", SHORTEST_INTERVAL_SECONDS) * UNIT_SECONDS[unit] < SHORTEST_INTERVAL_SECONDS:
            raise ValueError("makes runs that are less than 60 seconds apart")
        return unit

    @field_validator("schedule_cron")
    @classmethod
    def _looks_like_cron(cls, line: str) -> str:
        fields = line.split()
        if len(fields) != 5 or not all(CRON_FIELD.fullmatch(part) for part in fields):
            raise ValueError("must have five parts: minute, hour, day of month, month, day of week")
        return line

    @field_validator("schedule_timezone")
    @classmethod
    def _is_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            raise ValueError("is not a known time zone") from None
        return name

    @field_validator("schedule_start_at", "schedule_end_at")
    @classmethod
    def _is_time(cls, text: str | None) -> str | None:
        if text:
            try:
                datetime.fromisoformat(text)
            except ValueError:
                raise ValueError("must be a date and time such as 2026-01-31T09:00:00Z") from None
        return text


def has_type(value: Json, wanted: str) -> bool:
    """True when a JSON value is of a variable's type; true and false are no numbers."""
    match wanted:
        case "text" | "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
    return True


def read_variables(variables: Sequence[Variable], given: Mapping[str, Json]) -> dict[str, Json]:
    """What was given with defaults filled in. BlockError VARIABLES_INVALID names every variable that is missing or wrong."""
    values = dict(given)
    problems: list[dict[str, Json]] = []
    for variable in variables:
        if values.get(variable.name) is None:
            values[variable.name] = variable.default
        value = values[variable.name]
        if value is None and variable.required:
            problems.append({"name": variable.name, "message": f"Variable `{variable.name}` is needed"})
        elif value is not None and not has_type(value, variable.type):
            wanted = WHAT_IT_MUST_BE[variable.type]
            problems.append({"name": variable.name, "message": f"Variable `{variable.name}` must be {wanted}"})
    if problems:
        raise BlockError("VARIABLES_INVALID", "; ".join(problem["message"] for problem in problems), details=problems)
    return values


async def execute(context: Context, config: StarterConfig, value: Json) -> Output:
    given = {} if value is None else value
    if not isinstance(given, dict):
        raise BlockError("VARIABLES_INVALID", "The variables must be an object of names and values")
    return Output(read_variables(config.variables, given))


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
