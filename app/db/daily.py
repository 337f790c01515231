"""How often workflows ran, day by day: what small charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions

MOST_ROWS = 20_000


async def ends(
    connection: AsyncConnection, workspace_id: str, workflow_id: str, since: datetime
) -> Sequence[tuple[datetime, str, datetime | None, datetime | None]]:
    """When the executions of a workflow came, how they stand, when they began and ended; the newest where there are many."""
    query = (
        sa.select(executions.c.created_at, executions.c.status, executions.c.started_at, executions.c.finished_at)
        .where(executions.c.workspace_id == workspace_id, executions.c.workflow_id == workflow_id)
        .where(executions.c.created_at >= since)
        .order_by(executions.c.created_at.desc())
        .limit(MOST_ROWS)
    )
    return [(row[0], row[1], row[2], row[3]) for row in (await connection.execute(query)).all()]
