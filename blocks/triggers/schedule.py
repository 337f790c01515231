"""Starts the workflow by itself, at the times that you say.

Give an interval in seconds, or a cron line such as `0 9 * * 1-5` for 9:00 on weekdays. Cron lines are read in the time zone;
when the clocks change there, no run is left out and none comes twice. Runs are at least 60 seconds apart. The schedule
works while the workflow is deployed.

After a time in which the server was off, runs may be overdue: they are skipped, or made up for once, or all of them are.
What you write as variables is given to each run.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.core._fields import ADVANCED
from blocks.core._schedule import SHORTEST_INTERVAL_SECONDS, cron_line, moment, time_zone
from blocks.core._variables import given_variables

LONGEST_INTERVAL_SECONDS = 31_622_400


class ScheduleConfig(Config):
    """Configuration of the schedule: exactly one of interval and cron line."""

    interval_seconds: int | None = Field(
        None,
        title="Every so many seconds",
        ge=SHORTEST_INTERVAL_SECONDS,
        le=LONGEST_INTERVAL_SECONDS,
        json_schema_extra={"initial": 3600},
        description="3600 is every hour, 86400 every day. At least 60.",
    )
    cron: str | None = Field(
        None,
        title="Or a cron line",
        validate_default=True,
        json_schema_extra={"kind": "cron", "placeholder": "0 9 * * 1-5"},
        description="Minute, hour, day of month, month, day of week. 0 9 * * 1-5 is 9:00 on weekdays.",
    )
    timezone: str = Field("UTC", title="Time zone", description="For example Europe/Berlin.")
    start_at: str | None = Field(
        None,
        title="Not before",
        description="First moment, for example 2026-01-31T09:00:00Z. Without an offset it is in the time zone.",
        json_schema_extra=ADVANCED,
    )
    end_at: str | None = Field(None, title="Not after", description="Last moment of the schedule.", json_schema_extra=ADVANCED)
    max_runs: int | None = Field(
        None,
        title="At most so many runs",
        ge=1,
        description="The schedule ends after this many runs.",
        json_schema_extra=ADVANCED,
    )
    jitter_seconds: int = Field(
        0,
        title="Spread in seconds",
        ge=0,
        le=3600,
        description="Each run comes up to so much later, by chance, so that not everything starts at once.",
        json_schema_extra=ADVANCED,
    )
    catch_up: Literal["skip", "once", "all"] = Field(
        "skip",
        title="Overdue runs",
        description="What happens to runs that came due while the server was off: none, one, or all of them.",
        json_schema_extra=ADVANCED,
    )
    args: dict[str, Json] = Field(
        default_factory=dict, title="Variables", description="What each run is given, as an object of names and values."
    )

    @field_validator("cron")
    @classmethod
    def _one_of_both(cls, cron: str | None, info: ValidationInfo) -> str | None:
        if cron:
            cron_line(cron)
        if "interval_seconds" not in info.data:
            return cron
        if cron and info.data["interval_seconds"] is not None:
            raise ValueError("cannot be given together with an interval")
        if not cron and info.data["interval_seconds"] is None:
            raise ValueError("or an interval is needed")
        return cron

    @field_validator("timezone")
    @classmethod
    def _is_time_zone(cls, name: str) -> str:
        return time_zone(name)

    @field_validator("start_at", "end_at")
    @classmethod
    def _is_time(cls, text: str | None, info: ValidationInfo) -> str | None:
        zone = info.data.get("timezone")
        if text and zone:
            read = moment(text, zone)
            start = info.data.get("start_at") if info.field_name == "end_at" else None
            if start and read <= moment(start, zone):
                raise ValueError("must be later than the first moment")
        return text

    @field_validator("jitter_seconds")
    @classmethod
    def _shorter_than_the_interval(cls, jitter: int, info: ValidationInfo) -> int:
        interval = info.data.get("interval_seconds")
        if interval is not None and jitter >= interval:
            raise ValueError("must be less than the interval")
        return jitter


async def execute(context: Context, config: ScheduleConfig, value: Json) -> Output:
    return Output({**config.args, **given_variables(value)})


BLOCK = Block(
    type="trigger.schedule",
    title="Schedule",
    category="Start",
    icon="calendar-clock",
    description="Starts by itself, at the times that you say.",
    config=ScheduleConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"type": "object", "description": "The variables of the run."},
    examples=(
        Example(
            "Every weekday at nine",
            {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin", "args": {"report": "daily"}},
            output={"report": "daily"},
        ),
        Example(
            "Every ten minutes for one day, spread over half a minute",
            {
                "interval_seconds": 600,
                "start_at": "2026-12-24T00:00:00Z",
                "end_at": "2026-12-25T00:00:00Z",
                "jitter_seconds": 30,
                "catch_up": "once",
            },
            output={},
        ),
    ),
)
