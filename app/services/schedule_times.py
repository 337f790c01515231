"""Pure: when a starter's schedule runs next (contract.md, canonical blocks; G10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from app.engine.graph import GraphBlock, Problem
from app.sdk import Json

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either a cron line in a time zone, or an interval; both may be bounded."""

    cron: str | None
    interval: timedelta
    timezone: str
    start_at: datetime | None
    end_at: datetime | None
    max_runs: int | None


def schedule_of(block: GraphBlock) -> Schedule | None:
    """The schedule of an enabled starter, or None when it has none. The configuration has been validated."""
    config = block.config
    if not _is_scheduled(block):
        return None
    timezone = str(config.get("schedule_timezone") or "UTC")
    cron = str(config.get("schedule_cron") or "0 9 * * 1-5") if config.get("schedule_type") == "cron" else None
    seconds = int(config.get("schedule_interval_value") or 1) * UNITS[str(config.get("schedule_interval_unit") or "hours")]
    start_at, end_at = (_moment(config.get(name), timezone) for name in ("schedule_start_at", "schedule_end_at"))
    return Schedule(cron, timedelta(seconds=seconds), timezone, start_at, end_at, config.get("schedule_max_runs"))


def _is_scheduled(block: GraphBlock) -> bool:
    return block.type == "starter" and block.enabled and bool(block.config.get("schedule_enabled"))


def schedule_problem(block: GraphBlock) -> Problem | None:
    """Why a starter's cron line can never run, or None."""
    config = block.config
    if not _is_scheduled(block) or config.get("schedule_type") != "cron":
        return None
    try:
        next(CronSim(str(config.get("schedule_cron") or "0 9 * * 1-5"), datetime.now(UTC)))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never comes"
        return Problem("CRON_INVALID", f"The cron line cannot be used: {reason}.", block.id, "schedule_cron", "incomplete")
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
