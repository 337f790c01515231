"""Queries for the operator, over all workspaces: where an execution belongs, and figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import deliveries, executions, is_open, workflows


async def place(connection: AsyncConnection, execution_id: str) -> tuple[str, str, str] | None:
    """Workspace, workflow and its name."""
    query = (
        sa.select(executions.c.workspace_id, executions.c.workflow_id, workflows.c.name)
        .select_from(executions.join(workflows, workflows.c.id == executions.c.workflow_id))
        .where(executions.c.id == execution_id)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else (row[0], row[1], row[2])


async def by_status(connection: AsyncConnection) -> Sequence[tuple[str, int]]:
    """How many executions are on record with each status."""
    query = sa.select(executions.c.status, sa.func.count()).group_by(executions.c.status)
    return [(row[0], row[1]) for row in (await connection.execute(query)).all()]


async def open_executions(connection: AsyncConnection) -> Sequence[tuple[str, int, datetime | None]]:
    """Status, number and the oldest of those that have not ended."""
    query = sa.select(executions.c.status, sa.func.count(), sa.func.min(executions.c.created_at)).where(is_open())
    return [(row[0], row[1], row[2]) for row in (await connection.execute(query.group_by(executions.c.status))).all()]


async def workflow_states(connection: AsyncConnection) -> Sequence[tuple[str, int]]:
    query = sa.select(workflows.c.state, sa.func.count()).where(workflows.c.deleted_at.is_(None)).group_by(workflows.c.state)
    return [(row[0], row[1]) for row in (await connection.execute(query)).all()]


async def delivery_states(connection: AsyncConnection) -> Sequence[tuple[str, int]]:
    query = sa.select(deliveries.c.status, sa.func.count()).group_by(deliveries.c.status)
    return [(row[0], row[1]) for row in (await connection.execute(query)).all()]
