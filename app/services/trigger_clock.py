"""Runs the schedules that stand beside workflows. A run and its acceptance are one transaction."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from app.db import triggers as queries
from app.db.session import Database
from app.db.triggers import TriggerRow
from app.db.workflows import WorkflowRow
from app.engine.values import decode_stored
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.loops import PermanentLoop
from app.services.schedule_times import turn
from app.services.starts import Accepted, Starts
from app.services.trigger_specs import ScheduleSpec

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 1_000


class TriggerClock:
    def __init__(self, database: Database, starts: Starts) -> None:
        self._database = database
        self._starts = starts
        self._loop = PermanentLoop("schedules of triggers", lambda: self.run_due(datetime.now(UTC)), LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run_due(self, now: datetime) -> int:
        """Start what is due, and what is made up for; returns how many executions were started."""
        started = 0
        while started < MOST_AT_ONCE:
            async with self._database.read() as connection:
                rows = await queries.due(connection, now)
            begun = sum([await self._try_turn(row, workflow, now) for row, workflow in rows])
            started += begun
            if not begun:
                break
        return started

    async def _try_turn(self, row: TriggerRow, workflow: WorkflowRow, now: datetime) -> bool:
        """One schedule that cannot be run must not stop the others."""
        try:
            return await self._take_turn(row, workflow, now)
        except Exception:
            logger.exception("a scheduled run failed to start; it is tried again", extra={"workflow_id": workflow.id})
            return False

    async def _take_turn(self, row: TriggerRow, workflow: WorkflowRow, now: datetime) -> bool:
        if row.next_run_at is None:
            return False
        spec = ScheduleSpec.model_validate(decode_stored(row.config))
        found = turn(spec.schedule(), row.planned_at or row.next_run_at, row.next_run_at, now, row.anchor, row.runs)
        new = new_execution(workflow, workflow.deployed_revision or workflow.revision, None, "schedule", None, spec.args)
        async with self._database.write(counts=False) as connection:
            values = {"planned_at": found.next_planned, "next_run_at": found.next_planned, "runs": row.runs + found.runs}
            if found.runs:
                values["last_run_at"] = now
            if not await queries.advance(connection, row, **values) or not found.runs:
                return False
            accepted: Accepted | None = None
            if workflow.enabled:
                try:
                    async with connection.begin_nested():
                        accepted = await self._starts.accept_within(connection, workflow, new)
                except ServiceError as error:
                    logger.warning("a scheduled run was left out: %s", error.message, extra={"workflow_id": workflow.id})
        if accepted is None:
            return False
        await self._starts.go(accepted)
        return True
