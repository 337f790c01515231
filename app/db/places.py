"""Where an execution belongs, over all workspaces."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, workflows


async def place(connection: AsyncConnection, execution_id: str) -> tuple[str, str, str] | None:
    """Workspace, workflow and its name."""
    query = (
        sa.select(executions.c.workspace_id, executions.c.workflow_id, workflows.c.name)
        .select_from(executions.join(workflows, workflows.c.id == executions.c.workflow_id))
        .where(executions.c.id == execution_id)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else (row[0], row[1], row[2])

