"""Pure: when a schedule runs next (contract.md, canonical blocks; G10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from app.engine.graph import GraphBlock, Problem
from app.sdk import Json

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
SHORTEST = timedelta(seconds=60)
DEFAULT_CRON = "0 9 * * 1-5"

CatchUp = Literal["skip", "once", "all"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either a cron line in a time zone, or an interval; both may be bounded.

    Every run comes up to `jitter` later than planned. `catch_up`: what happens to runs that came due while nobody looked.
    """

    cron: str | None
    interval: timedelta
    timezone: str
    start_at: datetime | None
    end_at: datetime | None
    max_runs: int | None
    jitter: timedelta = timedelta()
    catch_up: CatchUp = "once"


def schedule_of(block: GraphBlock) -> Schedule | None:
    """The schedule of an enabled block, or None when it has none. The configuration has been validated."""
    if not _is_scheduled(block):
        return None
    return _of_starter(block.config) if block.type == "starter" else _of_trigger(block.config)


def _is_scheduled(block: GraphBlock) -> bool:
    wanted = block.type == "trigger.schedule" or (block.type == "starter" and bool(block.config.get("schedule_enabled")))
    return wanted and block.enabled


def _of_starter(config: Mapping[str, Json]) -> Schedule:
    timezone = str(config.get("schedule_timezone") or "UTC")
    cron = str(config.get("schedule_cron") or DEFAULT_CRON) if config.get("schedule_type") == "cron" else None
    seconds = int(config.get("schedule_interval_value") or 1) * UNITS[str(config.get("schedule_interval_unit") or "hours")]
    start_at, end_at = (_moment(config.get(name), timezone) for name in ("schedule_start_at", "schedule_end_at"))
    interval = max(SHORTEST, timedelta(seconds=seconds))
    return Schedule(cron, interval, timezone, start_at, end_at, config.get("schedule_max_runs"))


def _of_trigger(config: Mapping[str, Json]) -> Schedule:
    timezone = str(config.get("timezone") or "UTC")
    start_at, end_at = (_moment(config.get(name), timezone) for name in ("start_at", "end_at"))
    return Schedule(
        config.get("cron") or None,
        max(SHORTEST, timedelta(seconds=int(config.get("interval_seconds") or 0))),
        timezone,
        start_at,
        end_at,
        config.get("max_runs"),
        timedelta(seconds=int(config.get("jitter_seconds") or 0)),
        config.get("catch_up") or "skip",
    )


def schedule_problem(block: GraphBlock) -> Problem | None:
    """Why a block's cron line can never run, or None."""
    schedule = schedule_of(block) if _has_cron(block) else None
    if schedule is None or schedule.cron is None:
        return None
    try:
        next(CronSim(schedule.cron, datetime.now(UTC)))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never comes"
        field = "schedule_cron" if block.type == "starter" else "cron"
        return Problem("CRON_INVALID", f"The cron line cannot be used: {reason}.", block.id, field, "incomplete")
    return None


def next_run(schedule: Schedule, after: datetime, anchor: datetime, runs: int = 0) -> datetime | None:
    """The first moment later than `after`; intervals count from `start_at`, else from `anchor`. None when it is over."""
    if schedule.max_runs is not None and runs >= schedule.max_runs:
        return None
    moment = _next_cron(schedule, after) if schedule.cron else _next_interval(schedule, after, anchor)
    return None if moment is None or (schedule.end_at is not None and moment > schedule.end_at) else moment


def _next_cron(schedule: Schedule, after: datetime) -> datetime | None:
    if schedule.start_at is not None and schedule.start_at > after:
        after = schedule.start_at - timedelta(seconds=1)
    try:
        return next(CronSim(str(schedule.cron), after.astimezone(ZoneInfo(schedule.timezone)))).astimezone(UTC)
    except (CronSimError, StopIteration):
        return None


def _next_interval(schedule: Schedule, after: datetime, anchor: datetime) -> datetime:
    if schedule.start_at is not None:
        if schedule.start_at > after:
            return schedule.start_at
        anchor = schedule.start_at
    return anchor + ((after - anchor) // schedule.interval + 1) * schedule.interval


def _moment(text: Json, timezone: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
