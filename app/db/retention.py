"""Queries that find and delete executions whose time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import decisions, executions, idempotency_keys, is_open, signals, steps, workflows

FAILED = ("failed", "timed_out")


async def with_settings(connection: AsyncConnection) -> Sequence[tuple[str, bytes]]:
    """Every workflow that has settings, with them."""
    query = sa.select(workflows.c.id, workflows.c.settings).where(workflows.c.settings.is_not(None))
    return [(row.id, row.settings) for row in (await connection.execute(query)).all()]


async def older(
    connection: AsyncConnection, workflow_id: str, before: datetime, limit: int, *, failed: bool, others: bool
) -> Sequence[str]:
    """Ended executions from before a moment, the oldest first: those that failed, the others, or both."""
    query = (
        sa.select(executions.c.id)
        .where(_deletable(workflow_id, failed, others), executions.c.created_at < before, executions.c.finished_at < before)
        .order_by(executions.c.created_at)
        .limit(limit)
    )
    return (await connection.execute(query)).scalars().all()


async def beyond(
    connection: AsyncConnection, workflow_id: str, count: int, limit: int, *, failed: bool
) -> Sequence[str]:
    """Ended executions beyond the newest `count`; with `failed`, those that failed count too."""
    query = (
        sa.select(executions.c.id)
        .where(_deletable(workflow_id, failed, others=True))
        .order_by(executions.c.created_at.desc(), executions.c.id.desc())
        .limit(limit)
        .offset(count)
    )
    return (await connection.execute(query)).scalars().all()


def _deletable(workflow_id: str, failed: bool, others: bool) -> sa.ColumnElement[bool]:
    """Ended, followed up, and neither a key's answer nor the child of a parent that may look for it again."""
    parent = executions.alias()
    parent_goes_on = sa.exists().where(parent.c.id == executions.c.parent_id, is_open(parent)).correlate(executions)
    stands_for_key = sa.exists().where(idempotency_keys.c.execution_id == executions.c.id).correlate(executions)
    kinds = [*(FAILED if failed else ()), *(("completed", "cancelled") if others else ())]
    return sa.and_(
        executions.c.workflow_id == workflow_id,
        executions.c.status.in_(kinds),
        executions.c.followed_up,
        sa.not_(parent_goes_on),
        sa.not_(stands_for_key),
    )


async def delete(connection: AsyncConnection, execution_ids: Sequence[str]) -> None:
    """Delete executions with all that belongs to them."""
    of_them = sa.select(signals.c.id).where(signals.c.execution_id.in_(execution_ids))
    await connection.execute(sa.delete(decisions).where(decisions.c.signal_id.in_(of_them)))
    await connection.execute(sa.delete(signals).where(signals.c.execution_id.in_(execution_ids)))
    await connection.execute(sa.delete(steps).where(steps.c.execution_id.in_(execution_ids)))
    await connection.execute(sa.delete(executions).where(executions.c.id.in_(execution_ids)))
