"""How a workflow fared in the last days: runs, failures and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.db import daily as queries
from app.db.session import Database
from app.services.actors import Actor
from app.services.workflow_rows import find_row

DAYS = 14
FAILED = ("failed", "timed_out")


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC; `p95_ms` is None where nothing ended."""

    day: date
    runs: int
    failures: int
    p95_ms: float | None


class Charts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_workflow(self, actor: Actor, id_or_name: str, now: datetime | None = None) -> Sequence[Day]:
        """The last fourteen days, today last."""
        actor.demand("executions.read")
        today = (now or datetime.now(UTC)).date()
        first = today - timedelta(days=DAYS - 1)
        since = datetime(first.year, first.month, first.day, tzinfo=UTC)
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            found = await queries.ends(connection, actor.workspace_id, row.id, since)
        runs: dict[date, int] = {}
        failures: dict[date, int] = {}
        spans: dict[date, list[float]] = {}
        for created, status, started, finished in found:
            day = created.date()
            runs[day] = runs.get(day, 0) + 1
            failures[day] = failures.get(day, 0) + (status in FAILED)
            if started is not None and finished is not None:
                spans.setdefault(day, []).append((finished - started).total_seconds() * 1_000)
        days = [first + timedelta(days=number) for number in range(DAYS)]
        return [Day(day, runs.get(day, 0), failures.get(day, 0), percentile(spans.get(day, []), 0.95)) for day in days]


def percentile(values: list[float], share: float) -> float | None:
    """The value that this share of all does not exceed."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
