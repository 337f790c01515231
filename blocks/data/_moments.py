"""Reading, moving and writing moments for the date block."""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from app.sdk import BlockError, Json

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
MILLISECONDS_FROM = 100_000_000_000
"""Larger Unix times are milliseconds: as seconds this would be the year 5138."""
MAX_BUSINESS_DAYS = 10_000
SATURDAY = 5
MONTHS = 12
"""In a year."""


def read(value: Json, layout: str, zone: ZoneInfo, place: str) -> datetime:
    """A moment from ISO text, a mail's date, a Unix time or a layout; without a zone of its own it is in `zone`."""
    try:
        found = _read(value, layout)
    except (ValueError, OverflowError, OSError, TypeError, re.error):  # re: a layout that names a part twice
        wanted = f"a date as {layout}" if layout else "a date and time such as 2026-12-24T18:00:00Z, or a Unix time"
        raise BlockError("DATE_INVALID", f"field `{place}`: must be {wanted}", retryable=False) from None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def _read(value: Json, layout: str) -> datetime:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, int | float):
        return _unix(value)
    text = str(value).strip() if isinstance(value, str) else ""
    if layout:
        return datetime.strptime(text, layout)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return _unix(float(text))
    except ValueError:
        return parsedate_to_datetime(text)


def _unix(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds, UTC)


def added(moment: datetime, amount: float, unit: str, holidays: Collection[date]) -> datetime:
    """Days and more keep the time on the clock, also when clocks are changed; hours and less are real time."""
    match unit:
        case "business_days":
            return _business(moment, int(amount), holidays)
        case "months" | "years":
            return _months(moment, int(amount) * (MONTHS if unit == "years" else 1))
        case "days" | "weeks":
            return _real(moment + timedelta(seconds=amount * UNITS[unit]))
        case _:
            return (moment.astimezone(UTC) + timedelta(seconds=amount * UNITS[unit])).astimezone(moment.tzinfo)


def _real(moment: datetime) -> datetime:
    """A time on the clock that is left out in spring becomes the one after the change."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)


def _months(moment: datetime, months: int) -> datetime:
    """The last day of the month where the day does not exist."""
    year, month = divmod(moment.year * MONTHS + moment.month - 1 + months, MONTHS)
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return _real(moment.replace(year=year, month=month + 1, day=day))


def is_business_day(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def _business(moment: datetime, days: int, holidays: Collection[date]) -> datetime:
    if abs(days) > MAX_BUSINESS_DAYS:
        raise OverflowError
    step = timedelta(days=1 if days >= 0 else -1)
    left = abs(days)
    while left:
        moment += step
        left -= is_business_day(moment.date(), holidays)
    return _real(moment)


def business_days_between(first: date, last: date, holidays: Collection[date]) -> int:
    """How many business days come after `first` up to and with `last`; negative the other way round."""
    if last < first:
        return -business_days_between(last, first, holidays)
    weeks, rest = divmod((last - first).days, 7)
    count = weeks * 5 + sum((first + timedelta(days=n)).weekday() < SATURDAY for n in range(1, rest + 1))
    return count - sum(1 for day in set(holidays) if first < day <= last and day.weekday() < SATURDAY)


def beginning(moment: datetime, unit: str) -> datetime:
    """The first moment of the minute, hour, day, week (Monday), month, quarter or year."""
    start = moment.replace(second=0, microsecond=0)
    match unit:
        case "minute":
            return start
        case "hour":
            return start.replace(minute=0)
    start = start.replace(hour=0, minute=0)
    match unit:
        case "week":
            return start - timedelta(days=start.weekday())
        case "month":
            return start.replace(day=1)
        case "quarter":
            return start.replace(day=1, month=start.month - (start.month - 1) % 3)
        case "year":
            return start.replace(day=1, month=1)
    return start


def following(moment: datetime, unit: str) -> datetime:
    """The first moment of the next one."""
    start = beginning(moment, unit)
    return added(start, 3, "months", ()) if unit == "quarter" else added(start, 1, f"{unit}s", ())


def between(first: datetime, last: datetime, unit: str, holidays: Collection[date]) -> float:
    """How long it is from one to the other; months and years count whole ones."""
    if unit == "business_days":
        return business_days_between(first.date(), last.astimezone(first.tzinfo).date(), holidays)
    if unit in ("months", "years"):
        months = _whole_months(first, last.astimezone(first.tzinfo))
        return int(months / MONTHS) if unit == "years" else months
    if unit in ("days", "weeks"):  # by the clock, so that a day with 23 hours is a day
        passed = last.astimezone(first.tzinfo).replace(tzinfo=None) - first.replace(tzinfo=None)
    else:
        passed = last.astimezone(UTC) - first.astimezone(UTC)
    found = passed.total_seconds() / UNITS[unit]
    return int(found) if found.is_integer() else round(found, 9)


def _whole_months(first: datetime, last: datetime) -> int:
    if last < first:
        return -_whole_months(last, first)
    months = (last.year - first.year) * MONTHS + last.month - first.month
    return months - (_months(first, months) > last)
