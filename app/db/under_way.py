"""Queries about open executions: those of one workflow, and the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.step_rows import unpacked
from app.db.tables import executions, is_open, steps, workflows


async def lock(connection: AsyncConnection, workflow_id: str) -> None:
    """Let nobody else start this workflow within a limit until the transaction ends; SQLite has one writer anyway."""
    await connection.execute(sa.select(workflows.c.id).where(workflows.c.id == workflow_id).with_for_update())


async def open_executions(connection: AsyncConnection, workflow_id: str) -> Sequence[str]:
    """The open executions of a workflow, the newest first, without those that are to be cancelled."""
    query = (
        sa.select(executions.c.id)
        .where(executions.c.workflow_id == workflow_id, is_open(), executions.c.cancel_requested.is_(False))
        .order_by(executions.c.created_at.desc(), executions.c.id.desc())
    )
    return (await connection.execute(query)).scalars().all()


async def oldest_queued(connection: AsyncConnection) -> tuple[str, str, datetime] | None:
    """Id, workflow and arrival of the execution that has waited longest for its turn."""
    query = sa.select(executions.c.id, executions.c.workflow_id, executions.c.created_at)
    queued = query.where(is_open(), executions.c.status == "queued").order_by(executions.c.created_at).limit(1)
    row = (await connection.execute(queued)).first()
    return None if row is None else (row.id, row.workflow_id, row.created_at)


async def request_cancel(connection: AsyncConnection, execution_ids: Sequence[str]) -> None:
    """Note that these are to end."""
    update = sa.update(executions).where(executions.c.id.in_(execution_ids), is_open())
    await connection.execute(update.values(cancel_requested=True))


async def workflows_above(connection: AsyncConnection, execution_id: str) -> set[str]:
    """The workflows of an execution and of all that it was started by."""
    parents = sa.select(executions.c.workflow_id, executions.c.parent_id).where(executions.c.id == execution_id)
    above = parents.cte("above", recursive=True)
    further = sa.select(executions.c.workflow_id, executions.c.parent_id).where(executions.c.id == above.c.parent_id)
    return set((await connection.execute(sa.select(above.union(further).c.workflow_id))).scalars())


async def recorded_response(connection: AsyncConnection, execution_id: str) -> bytes | None:
    """The answer that an execution's first response block has given, as encoded JSON."""
    kept = sa.select(executions.c.finished_steps).where(executions.c.id == execution_id)
    for row in unpacked(execution_id, (await connection.execute(kept)).scalar()):
        if row["response"] is not None:
            return bytes(row["response"])
    query = sa.select(steps.c.response).where(steps.c.execution_id == execution_id, steps.c.response.is_not(None))
    found: bytes | None = (await connection.execute(query.order_by(steps.c.seq).limit(1))).scalar()
    return found
