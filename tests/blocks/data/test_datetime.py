"""Dates: what is read, zones and changes of clocks, months, business days, and what is no date."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import Json

pytestmark = pytest.mark.anyio
BERLIN = {"zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("value", "config", "wanted"),
    [
        ("2026-12-24", {}, "2026-12-24T00:00:00+00:00"),
        ("2026-12-24T18:00", BERLIN, "2026-12-24T18:00:00+01:00"),
        ("2026-12-24T18:00:00Z", BERLIN, "2026-12-24T19:00:00+01:00"),
        ("Thu, 24 Dec 2026 18:00:00 +0200", {}, "2026-12-24T16:00:00+00:00"),
        (0, {}, "1970-01-01T00:00:00+00:00"),
        ("1798131600", {}, "2026-12-24T17:00:00+00:00"),
        (1798131600000, {}, "2026-12-24T17:00:00+00:00"),
        ("24.12.26 18:30", {"layout": "%d.%m.%y %H:%M", **BERLIN}, "2026-12-24T18:30:00+01:00"),
    ],
    ids=str,
)
async def test_a_date_is_read(run: Any, value: Json, config: dict[str, Json], wanted: str) -> None:
    assert (await run("data.datetime", {"operation": "read", **config}, value)).value == wanted


@pytest.mark.parametrize(
    ("value", "amount", "unit", "wanted"),
    [
        ("2026-03-28T02:30", 1, "days", "2026-03-29T03:30:00+02:00"),
        ("2026-03-28T12:00", 24, "hours", "2026-03-29T13:00:00+02:00"),
        ("2026-10-24T12:00", 1, "days", "2026-10-25T12:00:00+01:00"),
        ("2026-01-31T08:00", 1, "months", "2026-02-28T08:00:00+01:00"),
        ("2024-02-29T08:00", -1, "years", "2023-02-28T08:00:00+01:00"),
        ("2026-12-15T08:00", 13, "months", "2028-01-15T08:00:00+01:00"),
        ("2026-12-24T08:00", 1.5, "hours", "2026-12-24T09:30:00+01:00"),
        ("2026-12-04T08:00", 1, "business_days", "2026-12-07T08:00:00+01:00"),
        ("2026-12-07T08:00", -1, "business_days", "2026-12-04T08:00:00+01:00"),
        ("2026-12-05T08:00", 0, "business_days", "2026-12-05T08:00:00+01:00"),
    ],
)
async def test_adding(run: Any, value: str, amount: float, unit: str, wanted: str) -> None:
    config = {"operation": "add", "amount": amount, "unit": unit, **BERLIN}
    assert (await run("data.datetime", config, value)).value == wanted


@pytest.mark.parametrize(
    ("first", "last", "unit", "wanted"),
    [
        ("2026-03-28T12:00", "2026-03-29T12:00", "days", 1),
        ("2026-03-28T12:00", "2026-03-29T12:00", "hours", 23),
        ("2026-01-31", "2026-02-28", "months", 1),
        ("2026-01-31", "2026-02-27", "months", 0),
        ("2026-02-28", "2026-01-31", "months", -1),
        ("2020-02-29", "2026-02-28", "years", 6),
        ("2026-06-01", "2025-05-01", "years", -1),
        ("2026-12-01", "2026-12-31", "business_days", 21),
        ("2026-12-31", "2026-12-01", "business_days", -21),
        ("2026-12-05", "2026-12-06", "business_days", 0),
        ("2026-01-01", "2026-01-01T00:00:00.5", "seconds", 0.5),
    ],
)
async def test_the_time_between(run: Any, first: str, last: str, unit: str, wanted: float) -> None:
    config = {"operation": "difference", "unit": unit, "other": last, "holidays": ["2026-12-25", "2026-12-26"], **BERLIN}
    assert (await run("data.datetime", config, first)).value == wanted


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("minute", "2026-05-31T15:42:00+02:00", "2026-05-31T15:42:59.999999+02:00"),
        ("hour", "2026-05-31T15:00:00+02:00", "2026-05-31T15:59:59.999999+02:00"),
        ("day", "2026-05-31T00:00:00+02:00", "2026-05-31T23:59:59.999999+02:00"),
        ("week", "2026-05-25T00:00:00+02:00", "2026-05-31T23:59:59.999999+02:00"),
        ("month", "2026-05-01T00:00:00+02:00", "2026-05-31T23:59:59.999999+02:00"),
        ("quarter", "2026-04-01T00:00:00+02:00", "2026-06-30T23:59:59.999999+02:00"),
        ("year", "2026-01-01T00:00:00+01:00", "2026-12-31T23:59:59.999999+01:00"),
    ],
)
async def test_a_period(run: Any, period: str, start: str, end: str) -> None:
    for operation, wanted in (("start_of", start), ("end_of", end)):
        outcome = await run("data.datetime", {"operation": operation, "period": period, **BERLIN}, "2026-05-31T15:42:07")
        assert outcome.value == wanted


async def test_now_before_and_parts(run: Any) -> None:
    assert (await run("data.datetime", BERLIN)).value == "2026-06-01T14:00:00+02:00"
    outcome = await run("data.datetime", {"operation": "before"}, "2026-06-01T11:59:59Z")
    assert (outcome.value, outcome.ports) == (True, ("output", "yes"))
    parts = (await run("data.datetime", {"operation": "parts", "zone": "Asia/Tokyo"}, "2027-01-01T16:00:00Z")).value
    assert {name: parts[name] for name in ("year", "day", "hour", "week", "week_year", "quarter", "zone", "business_day")} == {
        "year": 2027, "day": 2, "hour": 1, "week": 53, "week_year": 2026, "quarter": 1, "zone": "JST", "business_day": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "value"),
    [
        ({}, "soon"),
        ({}, ""),
        ({}, None),
        ({}, True),
        ({}, [1]),
        ({}, "1e300"),
        ({}, 1e300),
        ({"layout": "%d.%m.%Y"}, "2026-12-24"),
        ({"layout": "%d %d"}, "1 1"),
        ({"layout": "%"}, "1"),
        ({"operation": "add", "amount": 9_000, "unit": "years"}, "2026-12-24"),
        ({"operation": "add", "amount": 1e9, "unit": "weeks"}, "2026-12-24"),
        ({"operation": "add", "amount": 20_000, "unit": "business_days"}, "2026-12-24"),
        ({"operation": "end_of", "period": "year"}, "9999-12-24"),
    ],
    ids=str,
)
async def test_what_is_no_date(refused: Any, config: dict[str, Json], value: Json) -> None:
    error = await refused("data.datetime", {"operation": "read", **config}, value)
    assert (error.code, error.retryable) == ("DATE_INVALID", False)


@pytest.mark.parametrize("config", [{"zone": "Mars"}, {"zone": "../../etc/passwd"}, {"holidays": ["soon"]}], ids=str)
async def test_settings_that_are_wrong(run: Any, config: dict[str, Json]) -> None:
    with pytest.raises(ValidationError):
        await run("data.datetime", config)
