"""Works with dates and times: now, read, write, add, compare, round, in any time zone.

Dates may come as `2026-12-24T18:00:00Z`, as the date of a mail, or as a Unix time (the number of seconds or milliseconds
since 1970). For anything else describe the form: `%d.%m.%Y %H:%M`. A time without a zone is taken in the zone that you choose.

`add` with a negative number goes back. A month later than 31 January is the last day of February; a day later is the same
time on the clock, even when clocks change. Business days are Monday to Friday without the holidays that you list.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from app.sdk import AnyJson, Block, BlockError, Context, Example, Json, Output, Port
from blocks.core._fields import when
from blocks.data._moments import added, beginning, between, following, is_business_day, read
from blocks.data._source import SourceConfig


class DatetimeConfig(SourceConfig):
    """Configuration of the block."""

    operation: Literal["now", "read", "format", "add", "difference", "start_of", "end_of", "parts", "before"] = Field(
        "now",
        title="Do",
        description="The time now; read and convert; write as text; add; the time between two; round; take apart; compare.",
    )
    zone: str = Field("UTC", title="Time zone", max_length=64, description="Such as Europe/Berlin. The answer is in this zone.")
    layout: str = Field(
        "",
        title="Form",
        max_length=200,
        description="For reading and format: %d.%m.%Y %H:%M. Left empty: the usual form, 2026-12-24T18:00:00+01:00.",
        json_schema_extra=when(operation=["read", "format", "add", "difference", "start_of", "end_of", "parts", "before"]),
    )
    amount: float = Field(
        1,
        title="How many",
        ge=-1e9,
        le=1e9,
        description="For add. Negative goes back.",
        json_schema_extra=when(operation=["add"]),
    )
    unit: Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years", "business_days"] = Field(
        "days", title="Unit", description="For add and difference.", json_schema_extra=when(operation=["add", "difference"])
    )
    period: Literal["minute", "hour", "day", "week", "month", "quarter", "year"] = Field(
        "day",
        title="Period",
        description="For start_of and end_of. Weeks begin on Monday.",
        json_schema_extra=when(operation=["start_of", "end_of"]),
    )
    other: AnyJson = Field(
        None,
        title="Other time",
        description="For difference and before: the later time. Left empty: now.",
        json_schema_extra=when(operation=["difference", "before"]),
    )
    holidays: list[str] = Field(
        default_factory=list,
        title="Holidays",
        max_length=1_000,
        description="Days that are no business days: 2026-12-25.",
        json_schema_extra=when(operation=["add", "difference", "parts"]),
    )

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        _zone(zone)
        return zone

    @field_validator("holidays")
    @classmethod
    def _holidays_are_days(cls, holidays: list[str]) -> list[str]:
        for holiday in holidays:
            try:
                date.fromisoformat(holiday)
            except ValueError:
                raise ValueError("a holiday must be a day such as 2026-12-25") from None
        return holidays


@lru_cache(500)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Berlin or UTC") from None


async def execute(context: Context, config: DatetimeConfig, value: Json) -> Output:
    zone = _zone(config.zone)
    now = context.now()
    try:
        moment = now if config.operation == "now" else read(config.data(value), config.layout, zone, "source")
        other = now if config.other in (None, "") else read(config.other, config.layout, zone, "other")
        return _answer(config, moment.astimezone(zone), other.astimezone(zone))
    except (OverflowError, OSError, ValueError):
        raise BlockError("DATE_INVALID", "the date is outside the years 1 to 9999", retryable=False) from None


def _answer(config: DatetimeConfig, moment: datetime, other: datetime) -> Output:
    holidays = frozenset(date.fromisoformat(day) for day in config.holidays)
    match config.operation:
        case "add":
            return Output(added(moment, config.amount, config.unit, holidays).isoformat())
        case "start_of":
            return Output(beginning(moment, config.period).isoformat())
        case "end_of":
            return Output((following(moment, config.period) - timedelta(microseconds=1)).isoformat())
        case "format":
            return Output(moment.strftime(config.layout) if config.layout else moment.isoformat())
        case "difference":
            return Output(between(moment, other, config.unit, holidays))
        case "before":
            return Output(moment < other, ports=("output", "yes" if moment < other else "no"))
        case "parts":
            return Output(_parts(moment, holidays))
    return Output(moment.isoformat())


def _parts(moment: datetime, holidays: frozenset[date]) -> dict[str, Json]:
    year, week, weekday = moment.isocalendar()
    return {
        "year": moment.year, "month": moment.month, "day": moment.day, "hour": moment.hour, "minute": moment.minute,
        "second": moment.second, "weekday": weekday, "week": week, "week_year": year, "day_of_year": moment.timetuple().tm_yday,
        "quarter": (moment.month + 2) // 3, "unix": int(moment.astimezone(UTC).timestamp()), "zone": moment.tzname(),
        "date": moment.date().isoformat(), "time": moment.time().isoformat("seconds"),
        "business_day": is_business_day(moment.date(), holidays),
    }  # fmt: skip


BLOCK = Block(
    type="data.datetime",
    title="Date and time",
    category="Data",
    icon="calendar",
    description="Reads, writes, adds and compares dates and times in any zone.",
    config=DatetimeConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("yes", "When it is before"), Port("no", "When it is not before")),
    output_schema={"description": "A time as text; for difference a number, for before true or false, for parts an object."},
    examples=(
        Example(
            "A week later in Berlin",
            {"operation": "add", "amount": 1, "unit": "weeks", "zone": "Europe/Berlin"},
            input="2026-03-25T09:00:00+01:00",
            output="2026-04-01T09:00:00+02:00",
        ),
        Example("For people", {"operation": "format", "layout": "%d.%m.%Y"}, input=1798131600, output="24.12.2026"),
        Example(
            "Two business days over Christmas",
            {"operation": "add", "amount": 2, "unit": "business_days", "holidays": ["2026-12-25"]},
            input="2026-12-24",
            output="2026-12-29T00:00:00+00:00",
        ),
        Example(
            "How long",
            {"operation": "difference", "unit": "hours", "other": "2026-01-02T06:30:00Z"},
            input="2026-01-01",
            output=30.5,
        ),
    ),
)
