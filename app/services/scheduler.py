"""Starts deployed workflows on their schedules."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import schedules as queries
from app.db import workflows as workflow_queries
from app.db.schedules import ScheduleRow
from app.db.session import Database
from app.engine.graph import GraphBlock
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.lending import Programs
from app.services.loops import PermanentLoop
from app.services.schedule_times import Schedule, jittered, schedule_of, turn
from app.services.starts import Accepted, Starts

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 1_000


class Scheduler:
    """A run and its acceptance are one transaction, so a crash neither loses nor doubles it."""

    def __init__(self, database: Database, programs: Programs, starts: Starts) -> None:
        self._database = database
        self._programs = programs
        self._starts = starts
        self._loop = PermanentLoop("scheduler", lambda: self.run_due(datetime.now(UTC)), LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run_due(self, now: datetime) -> int:
        """Start what is due, and what is made up for; returns how many executions were started."""
        started = 0
        for _ in range(MOST_AT_ONCE):
            async with self._database.read() as connection:
                rows = await queries.due(connection, now)
            begun = sum([await self._try_turn(row, now) for row in rows])
            started += begun
            if not begun or started >= MOST_AT_ONCE:
                break
        return started

    async def _try_turn(self, row: ScheduleRow, now: datetime) -> bool:
        """One schedule that cannot be read must not stop the others."""
        try:
            return await self._take_turn(row, now)
        except Exception:
            logger.exception("a scheduled run failed to start; it is tried again", extra={"workflow_id": row.workflow_id})
            return False

    async def _take_turn(self, row: ScheduleRow, now: datetime) -> bool:
        """One run of one schedule; False when it is left out."""
        schedule = await self._schedule(row)
        if schedule is None or row.next_run_at is None:
            async with self._database.write() as connection:
                await queries.advance(connection, row, None, None, row.runs)
            return False
        found = turn(schedule, row.planned_at or row.next_run_at, row.next_run_at, now, row.anchor, row.runs)
        next_run_at = jittered(schedule, found.next_planned)
        async with self._database.write(counts=False) as connection:
            if not await queries.advance(connection, row, found.next_planned, next_run_at, row.runs + found.runs):
                return False
            accepted = await self._accept(connection, row) if found.runs else None
        if accepted is None:
            return False
        await self._starts.go(accepted)
        return True

    async def _accept(self, connection: AsyncConnection, row: ScheduleRow) -> Accepted | None:
        """None when the workflow is switched off, or its settings allow no further execution."""
        workflow = await workflow_queries.get(connection, row.workflow_id)
        if workflow is None or not workflow.enabled:
            return None
        new = new_execution(workflow, row.revision, row.block_id, "schedule", None, {})
        try:
            return await self._starts.accept_within(connection, workflow, new)
        except ServiceError as error:
            logger.warning("a scheduled run was left out: %s", error.message, extra={"workflow_id": row.workflow_id})
            return None

    async def _schedule(self, row: ScheduleRow) -> Schedule | None:
        program = (await self._programs.load(row.workflow_id, row.revision)).program
        step = program.step(row.block_id)
        return schedule_of(GraphBlock(step.id, step.block.type, step.name, config=step.config.raw, enabled=step.enabled))
