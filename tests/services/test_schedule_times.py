"""When schedules run: intervals, cron lines, daylight saving, bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.engine.graph import GraphBlock
from app.services.schedule_times import Schedule, jittered, next_run, schedule_of, schedule_problem, turn


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starter(**config: object) -> GraphBlock:
    return GraphBlock("start", "starter", "Start", config={"schedule_enabled": True, **config})


def runs(block: GraphBlock, after: str, count: int) -> list[str]:
    schedule = schedule_of(block)
    assert schedule is not None
    found: list[str] = []
    moment: datetime | None = at(after)
    for number in range(count):
        moment = next_run(schedule, moment, at(after), number)
        if moment is None:
            break
        found.append(moment.isoformat())
    return found


def test_an_interval_counts_from_the_deployment() -> None:
    every_two_hours = starter(schedule_interval_value=2, schedule_interval_unit="hours")
    assert runs(every_two_hours, "2026-01-01T10:30", 2) == ["2026-01-01T12:30:00+00:00", "2026-01-01T14:30:00+00:00"]


def test_an_interval_counts_from_its_start_when_it_has_one() -> None:
    block = starter(schedule_interval_value=1, schedule_interval_unit="days", schedule_start_at="2026-01-05T08:00:00Z")
    assert runs(block, "2026-01-01T00:00", 2) == ["2026-01-05T08:00:00+00:00", "2026-01-06T08:00:00+00:00"]
    assert runs(block, "2026-01-09T09:00", 1) == ["2026-01-10T08:00:00+00:00"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28T12:00", ["2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"]),
        ("2026-10-24T12:00", ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]),
    ],
    ids=["the hour that does not exist runs once", "the hour that comes twice runs once"],
)
def test_daylight_saving_neither_skips_nor_doubles(after: str, expected: list[str]) -> None:
    block = starter(schedule_type="cron", schedule_cron="30 2 * * *", schedule_timezone="Europe/Berlin")
    assert runs(block, after, 2) == expected


def test_a_schedule_ends_at_its_end_and_after_its_runs() -> None:
    block = starter(schedule_interval_value=1, schedule_interval_unit="hours", schedule_end_at="2026-01-01T12:00:00Z")
    assert len(runs(block, "2026-01-01T10:00", 9)) == 2
    assert len(runs(starter(schedule_interval_value=1, schedule_max_runs=3), "2026-01-01T10:00", 9)) == 3


def test_a_time_without_zone_is_in_the_zone_of_the_schedule() -> None:
    block = starter(schedule_interval_value=1, schedule_start_at="2026-07-01T09:00", schedule_timezone="Europe/Berlin")
    assert runs(block, "2026-01-01T00:00", 1) == ["2026-07-01T07:00:00+00:00"]


def test_only_an_enabled_starter_with_a_schedule_has_one() -> None:
    assert schedule_of(GraphBlock("start", "starter", "Start")) is None
    assert schedule_of(GraphBlock("hook", "webhook", "Hook", config={"schedule_enabled": True})) is None


@pytest.mark.parametrize("line", ["99 2 * * *", "0 0 30 2 *", "* * * *"])
def test_a_cron_line_that_can_never_run_is_a_problem(line: str) -> None:
    problem = schedule_problem(starter(schedule_type="cron", schedule_cron=line))
    assert problem is not None
    assert problem.field == "schedule_cron"
    assert schedule_problem(starter(schedule_type="cron", schedule_cron="0 9 * * 1-5")) is None


# -- schedule blocks -------------------------------------------------------------------------------------------------


def trigger(**config: object) -> GraphBlock:
    return GraphBlock("tick", "trigger.schedule", "Tick", config=dict(config))


def schedule(**config: object) -> Schedule:
    found = schedule_of(trigger(**config))
    assert found is not None
    return found


def test_a_schedule_block_needs_no_switch() -> None:
    assert runs(trigger(interval_seconds=90), "2026-01-01T10:30", 2) == ["2026-01-01T10:31:30+00:00", "2026-01-01T10:33:00+00:00"]
    assert schedule_of(GraphBlock("tick", "trigger.schedule", "Tick", config={"interval_seconds": 90}, enabled=False)) is None


def test_daylight_saving_holds_for_schedule_blocks_too() -> None:
    daily = trigger(cron="30 2 * * *", timezone="Europe/Berlin")
    assert runs(daily, "2026-03-28T12:00", 2) == ["2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"]


@pytest.mark.parametrize("line", ["99 2 * * *", "0 0 30 2 *"])
def test_a_schedule_block_whose_line_can_never_run_is_a_problem(line: str) -> None:
    problem = schedule_problem(trigger(cron=line))
    assert problem is not None
    assert problem.field == "cron"
    assert schedule_problem(trigger(interval_seconds=60, start_at="not a time")) is None, "that is for the block to say"


@pytest.mark.parametrize(
    ("catch_up", "late", "is_run", "following"),
    [
        ("skip", 5, True, "10:02"),
        ("skip", 200, False, "10:05"),
        ("once", 200, True, "10:05"),
        ("all", 200, True, "10:02"),
    ],
)
def test_what_becomes_of_a_run_that_is_late(catch_up: str, late: int, is_run: bool, following: str) -> None:
    planned, anchor = at("2026-01-01T10:01"), at("2026-01-01T10:00")
    found = turn(schedule(interval_seconds=60, catch_up=catch_up), planned, planned, planned + timedelta(seconds=late), anchor, 0)
    assert (found.runs, found.next_planned) == (is_run, at(f"2026-01-01T{following}"))


def test_a_run_that_is_left_out_does_not_count() -> None:
    planned, anchor = at("2026-01-01T10:01"), at("2026-01-01T10:00")
    once = schedule(interval_seconds=60, max_runs=1, catch_up="skip")
    assert turn(once, planned, planned, planned + timedelta(hours=1), anchor, 0).next_planned is not None
    assert turn(once, planned, planned, planned, anchor, 0).next_planned is None


def test_jitter_stays_within_its_bounds() -> None:
    planned = at("2026-01-01T10:00")
    spread = schedule(interval_seconds=600, jitter_seconds=30)
    late = [(moment - planned).total_seconds() for _ in range(200) if (moment := jittered(spread, planned)) is not None]
    assert 0 <= min(late) < 10 < 20 < max(late) <= 30
    assert jittered(schedule(interval_seconds=600), planned) == planned
    assert jittered(spread, None) is None
