"""Queries about schedules: rows exist only for what is deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import schedules


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """`anchor` is the moment from which intervals count. The next run starts at `next_run_at`, somewhat later than planned;
    None means that it is over."""

    workflow_id: str
    block_id: str
    workspace_id: str
    revision: int
    anchor: datetime
    planned_at: datetime | None
    next_run_at: datetime | None
    runs: int


_COLUMNS = tuple(schedules.c[name] for name in ScheduleRow.__dataclass_fields__)


async def replace_all(connection: AsyncConnection, workflow_id: str, rows: Sequence[ScheduleRow]) -> None:
    """Make these the schedules of a workflow."""
    await connection.execute(sa.delete(schedules).where(schedules.c.workflow_id == workflow_id))
    if rows:
        await connection.execute(sa.insert(schedules), [asdict(row) for row in rows])


async def due(connection: AsyncConnection, now: datetime) -> Sequence[ScheduleRow]:
    query = sa.select(*_COLUMNS).where(schedules.c.next_run_at <= now).order_by(schedules.c.next_run_at).limit(100)
    return [ScheduleRow(*row) for row in (await connection.execute(query)).all()]


async def advance(
    connection: AsyncConnection, row: ScheduleRow, planned_at: datetime | None, next_run_at: datetime | None, runs: int
) -> bool:
    """Take one run's turn; False when somebody else has taken it, or the schedule is gone."""
    update = sa.update(schedules).where(
        schedules.c.workflow_id == row.workflow_id,
        schedules.c.block_id == row.block_id,
        schedules.c.revision == row.revision,
        schedules.c.next_run_at == row.next_run_at,
    )
    moved = await connection.execute(update.values(planned_at=planned_at, next_run_at=next_run_at, runs=runs))
    return bool(moved.rowcount == 1)


async def of_workspace(connection: AsyncConnection, workspace_id: str, limit: int) -> Sequence[ScheduleRow]:
    """The schedules of what is deployed in a workspace, the next to run first."""
    query = sa.select(*_COLUMNS).where(schedules.c.workspace_id == workspace_id).order_by(schedules.c.next_run_at).limit(limit)
    return [ScheduleRow(*row) for row in (await connection.execute(query)).all()]
