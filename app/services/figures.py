"""Counts of what executions came to since this process began, kept up to date from the record (contract.md C12).

Whoever drove an execution, this process or a worker of it, its end is on record, so counting costs the hot path nothing. Each
look counts what is new since the last one; nothing counts whole tables.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import figures as queries
from app.db.session import Database

Kind = tuple[str, str, str]
"""Status, group, trigger."""
SETTLED = timedelta(seconds=10)
"""After so long, every execution that was made before is on record."""
MOST_OPEN = 20_000
"""More open executions than this are not followed to their end."""
AT_ONCE = 500
SAMPLED = 200
"""Of how many executions the steps are looked at in one look; durations are a sample where more have ended."""
MOST_GROUPS = 100
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Figures(Collector):
    """Counted up to a place in the order of ids; what is newer is counted anew with every look until it has settled."""

    def __init__(self, database: Database, settled: timedelta = SETTLED) -> None:
        self._database = database
        self._settling = settled
        self._place = queries.beginning(datetime.now(UTC))
        self._is_first = True
        self._open: set[str] = set()
        self._settled: Counter[Kind] = Counter()
        self._fresh: Counter[Kind] = Counter()
        self._groups: set[str] = set()
        self._durations = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Count what is new."""
        async with self._looking, self._database.read() as connection:
            until = queries.beginning(datetime.now(UTC) - self._settling)
            if self._is_first:
                self._is_first = False
                self._open.update(await queries.still_open(connection, "", self._place, MOST_OPEN))
            over = await self._follow(connection)
            if until > self._place:
                over += await queries.newest(connection, self._place, until, SAMPLED)
                await self._add(connection, self._settled, await queries.ended(connection, self._place, until))
                room = MOST_OPEN - len(self._open)
                self._open.update(await queries.still_open(connection, self._place, until, room))
                self._place = until
            self._observe(await queries.step_durations(connection, [id for id in over[-SAMPLED:] if id not in self._open]))
            fresh: Counter[Kind] = Counter()
            await self._add(connection, fresh, await queries.ended(connection, self._place))
            self._fresh = fresh

    async def _follow(self, connection: AsyncConnection) -> list[str]:
        """Count those that were open at an earlier look and have ended; their ids."""
        over: list[str] = []
        waiting = list(self._open)
        for start in range(0, len(waiting), AT_ONCE):
            rows = await queries.ended_of(connection, waiting[start : start + AT_ONCE])
            await self._add(connection, self._settled, [(row[1], row[2], row[3], 1) for row in rows])
            over += [row[0] for row in rows]
        self._open.difference_update(over)
        return over

    async def _add(self, connection: AsyncConnection, counts: Counter[Kind], ends: queries.Ends) -> None:
        names = await queries.group_names(connection, {workflow_id for workflow_id, _, _, _ in ends}) if ends else {}
        for workflow_id, status, trigger, count in ends:
            counts[status, self._label(names.get(workflow_id, "")), trigger] += count

    def _label(self, group: str) -> str:
        """So many groups and no more have figures of their own."""
        if group in self._groups or len(self._groups) < MOST_GROUPS:
            self._groups.add(group)
            return group
        return "other"

    def _observe(self, milliseconds: Iterable[float]) -> None:
        for duration in milliseconds:
            seconds = duration / 1000
            place = next((number for number, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
            self._durations[place] += 1
            self._seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """As Prometheus reads them."""
        ends = CounterMetricFamily(
            "blockyard_executions", "Executions that have ended since the start", labels=["status", "group", "trigger"]
        )
        for kind, count in sorted((self._settled + self._fresh).items()):
            ends.add_metric(list(kind), count)
        yield ends
        total, buckets = 0, []
        for bound, count in zip([*map(str, BUCKETS), "+Inf"], self._durations, strict=True):
            total += count
            buckets.append((bound, float(total)))
        words = f"Durations of steps, of at most {SAMPLED} executions a look"
        yield HistogramMetricFamily("blockyard_step_seconds", words, buckets=buckets, sum_value=self._seconds)
