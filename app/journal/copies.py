"""Recorded steps of an old execution that count as a new one's own."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.step_rows import unpacked
from app.db.tables import executions, steps
from app.journal.records import Copy

DONE = ("completed", "failed")


async def copy_steps(connection: AsyncConnection, copy: Copy, execution_id: str) -> None:
    """Take over the steps that `copy` names, numbered anew, as if a first driver had run them."""
    kept = sa.select(executions.c.finished_steps).where(executions.c.id == copy.execution_id)
    rows = unpacked(copy.execution_id, (await connection.execute(kept)).scalar())
    taken = [row for row in rows if row["block_id"] in copy.block_ids and row["status"] in DONE]
    if taken:
        own = [row | {"execution_id": execution_id, "seq": number} for number, row in enumerate(taken, 2)]
        await connection.execute(sa.insert(steps), own)
    if not rows:
        await _copy_rows(connection, copy, execution_id)


async def _copy_rows(connection: AsyncConnection, copy: Copy, execution_id: str) -> None:
    names = [column.name for column in steps.c]
    own = {"execution_id": sa.literal(execution_id), "seq": 1 + sa.func.row_number().over(order_by=steps.c.seq)}
    chosen = sa.select(*(own.get(name, steps.c[name]) for name in names)).where(
        steps.c.execution_id == copy.execution_id, steps.c.block_id.in_(copy.block_ids), steps.c.status.in_(DONE)
    )
    await connection.execute(sa.insert(steps).from_select(names, chosen))
