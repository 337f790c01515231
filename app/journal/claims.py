"""Queries for taking an execution over: its lease, what is recorded of it, and the end of one that cannot be read."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, signals, steps
from app.engine.assignment import RecordedStep
from app.engine.events import TERMINAL, Failure
from app.engine.values import encode
from app.journal.queues import LEASE, has_place, is_free
from app.journal.records import Claimed
from app.journal.rows import read_execution, read_json, read_step
from app.sdk import Json

UNREADABLE: Final = (zlib.error, ValueError)
"""What reading damaged content raises, as against a database that does not answer."""


async def claim(connection: AsyncConnection, execution_id: str, driver: str, now: datetime) -> Claimed | None:
    """Take the lease; None when somebody has it, or when the execution has ended. Raises one of UNREADABLE."""
    take = (
        sa.update(executions)
        .where(executions.c.id == execution_id, executions.c.status.not_in(TERMINAL), is_free(now), has_place())
        .values(
            epoch=executions.c.epoch + 1,
            driver=driver,
            lease_until=now + LEASE,
            status="running",
            wake_at=None,
            started_at=sa.func.coalesce(executions.c.started_at, sa.bindparam("now", now, executions.c.started_at.type)),
        )
    )
    if (await connection.execute(take)).rowcount != 1:
        return None
    row = (await connection.execute(sa.select(executions).where(executions.c.id == execution_id))).one()
    recorded = await connection.execute(sa.select(steps).where(steps.c.execution_id == execution_id).order_by(steps.c.seq))
    rows = recorded.all()
    waits = any(step.status == "waiting" for step in rows)
    arrived = await _arrived(connection, execution_id) if waits else {}
    found = [_with_arrival(read_step(step), step.seq, arrived) for step in rows]
    return Claimed(read_execution(row), row.epoch, row.cancel_requested, found)


async def end_unreadable(connection: AsyncConnection, execution_id: str, now: datetime) -> None:
    """Fail an execution of which something cannot be read: it could never go on, and must not be open for ever."""
    failure = Failure("UNREADABLE", "What was recorded of this execution can no longer be read.", retryable=False)
    end = (
        sa.update(executions)
        .where(executions.c.id == execution_id, executions.c.status.not_in(TERMINAL), is_free(now))
        .values(
            epoch=executions.c.epoch + 1,
            status="failed",
            error=encode(failure.as_json()),
            finished_at=now,
            lease_until=None,
            driver=None,
            wake_at=None,
        )
    )
    await connection.execute(end)


async def _arrived(connection: AsyncConnection, execution_id: str) -> dict[int, Json]:
    """What answered signals have brought, by the seq of the parking that they answer."""
    query = sa.select(signals.c.seq, signals.c.payload)
    rows = await connection.execute(query.where(signals.c.execution_id == execution_id, signals.c.status == "answered"))
    return {row.seq: read_json(row.payload) for row in rows}


def _with_arrival(step: RecordedStep, seq: int, arrived: dict[int, Json]) -> RecordedStep:
    return replace(step, arrived=True, payload=arrived[seq]) if step.status == "waiting" and seq in arrived else step
