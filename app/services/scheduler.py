"""The permanent loop that starts deployed workflows on their schedules."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from app.db import schedules as queries
from app.db import workflows as workflow_queries
from app.db.schedules import ScheduleRow
from app.db.session import Database
from app.engine.graph import GraphBlock
from app.hosts.embedded import EmbeddedHost
from app.journal.journal import Journal
from app.services.executions import new_execution
from app.services.lending import Programs
from app.services.schedule_times import next_run, schedule_of

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Scheduler:
    """A run and its acceptance are one transaction, so a crash neither loses nor doubles it. What was missed runs once."""

    def __init__(self, database: Database, journal: Journal, host: EmbeddedHost, programs: Programs) -> None:
        self._database = database
        self._journal = journal
        self._host = host
        self._programs = programs
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="scheduler")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self.run_due(datetime.now(UTC))
            except Exception:
                logger.exception("looking at schedules failed; it is tried again")
            await asyncio.sleep(LOOK_SECONDS)

    async def run_due(self, now: datetime) -> int:
        """Start what is due; returns how many executions were started."""
        async with self._database.read() as connection:
            rows = await queries.due(connection, now)
        started = [await self._start(row, now) for row in rows]
        return sum(started)

    async def _start(self, row: ScheduleRow, now: datetime) -> bool:
        program = (await self._programs.load(row.workflow_id, row.revision)).program
        step = program.steps[program.plan.number[row.block_id]]
        block = GraphBlock(step.id, step.block.type, step.name, config=step.config.raw, enabled=step.enabled)
        schedule = schedule_of(block)
        following = None if schedule is None else next_run(schedule, now, row.anchor, row.runs + 1)
        async with self._database.write() as connection:
            workflow = await workflow_queries.get(connection, row.workflow_id)
            if workflow is None or not await queries.advance(connection, row, following) or not workflow.enabled:
                return False
            new = new_execution(workflow, row.revision, row.block_id, "schedule", None, {})
            await self._journal.accept_within(connection, new)
        await self._host.take(new.id)
        return True
