"""Functions on dates and times, which are ISO texts here because JSON has no type for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.checks import number, result, text
from app.engine.expressions.errors import VALUE, ExpressionError
from app.engine.expressions.library import function
from app.sdk import Json

LONGEST_DATE = 64
LONGEST_FORMAT = 200
DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
DIRECTIVES = frozenset("aAbBdHIjmMpSyYzZVuG%")


def now(evaluation: Evaluation) -> Json:
    return evaluation.scope.now.isoformat()


def today(evaluation: Evaluation) -> Json:
    return evaluation.scope.now.date().isoformat()


def moment(name: str, value: Json) -> datetime | date:
    """The date or moment that an ISO text or a number of seconds since 1970 says."""
    try:
        if type(value) in (int, float):
            return datetime.fromtimestamp(value, UTC)
        written = text(name, value).strip() if len(text(name, value)) <= LONGEST_DATE else ""
        return date.fromisoformat(written) if len(written) == 10 else datetime.fromisoformat(written)
    except (ValueError, OverflowError, OSError):
        raise ExpressionError(VALUE, f"`{name}`: this is not a date, such as 2026-01-31 or 2026-01-31T12:00:00Z") from None


def to_date(_: Evaluation, value: Json) -> Json:
    found = moment("date", value)
    return (found.date() if isinstance(found, datetime) else found).isoformat()


def to_timestamp(_: Evaluation, value: Json) -> Json:
    return result(_instant("timestamp", value).timestamp())


def from_timestamp(_: Evaluation, value: Json) -> Json:
    return moment("from_timestamp", number("from_timestamp", value)).isoformat()


def format_date(evaluation: Evaluation, value: Json, pattern: Json) -> Json:
    written = text("format_date", pattern)
    evaluation.budget.charge(len(written))
    if len(written) > LONGEST_FORMAT or any(letter not in DIRECTIVES or not letter for letter in DIRECTIVE.findall(written)):
        known = " ".join(f"%{letter}" for letter in sorted(DIRECTIVES))
        raise ExpressionError(VALUE, f"`format_date` knows {known} in at most {LONGEST_FORMAT} characters")
    return moment("format_date", value).strftime(written)


def _adding(name: str, unit: str) -> Callable[[Evaluation, Json, Json], Json]:
    def run(_: Evaluation, value: Json, amount: Json) -> Json:
        given = moment(name, value)
        if unit != "days" and not isinstance(given, datetime):
            given = datetime(given.year, given.month, given.day, tzinfo=UTC)
        try:
            return (given + timedelta(**{unit: number(name, amount)})).isoformat()
        except OverflowError:
            raise ExpressionError(VALUE, f"`{name}`: the result is not a date") from None

    return run


def _between(name: str, seconds: int) -> Callable[[Evaluation, Json, Json], Json]:
    def run(_: Evaluation, start: Json, end: Json) -> Json:
        apart = (_instant(name, end) - _instant(name, start)).total_seconds() / seconds
        return int(apart) if apart.is_integer() else apart

    return run


def _instant(name: str, value: Json) -> datetime:
    found = moment(name, value)
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


row = partial(function, "Dates")
ROWS = (
    row("now()", "This moment in UTC.", "len(now()) > 18", True, now),
    row("today()", "Today's date in UTC.", "len(today())", 10, today),
    row("date(value)", "The date of a moment or of seconds since 1970.", 'date("2026-01-31T12:00:00Z")', "2026-01-31", to_date),
    row(
        "format_date(value, pattern)",
        "Written as the pattern says.",
        'format_date("2026-01-31", "%d.%m.%Y")',
        "31.01.2026",
        format_date,
    ),
    row("add_days(value, days)", "So many days later.", 'add_days("2026-01-31", 1)', "2026-02-01", _adding("add_days", "days")),
    row(
        "add_hours(value, hours)",
        "Hours later.",
        'add_hours("2026-01-31T23:00:00", 2)',
        "2026-02-01T01:00:00",
        _adding("add_hours", "hours"),
    ),
    row(
        "add_minutes(value, minutes)",
        "Minutes later.",
        'add_minutes("2026-01-31T23:00:00", 5)',
        "2026-01-31T23:05:00",
        _adding("add_minutes", "minutes"),
    ),
    row(
        "days_between(start, end)",
        "How many days from one to the other.",
        'days_between("2026-01-31", "2026-02-02")',
        2,
        _between("days_between", 86_400),
    ),
    row(
        "seconds_between(start, end)",
        "How many seconds.",
        'seconds_between("2026-01-31T00:00:00Z", "2026-01-31T00:01:00Z")',
        60,
        _between("seconds_between", 1),
    ),
    row("timestamp(value)", "Seconds since 1970.", 'timestamp("1970-01-02")', 86400.0, to_timestamp),
    row("from_timestamp(seconds)", "The moment, in UTC.", "from_timestamp(0)", "1970-01-01T00:00:00+00:00", from_timestamp),
)
