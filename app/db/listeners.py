"""Query about deployed workflows, for those who look for what starts them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import revisions, workflows
from app.db.tables import workspaces as all_workspaces
from app.db.workflows import COLUMNS, WorkflowRow


async def workspaces(connection: AsyncConnection) -> Sequence[str]:
    """Every workspace."""
    return (await connection.execute(sa.select(all_workspaces.c.id))).scalars().all()


async def deployed(connection: AsyncConnection, workspace_id: str) -> Sequence[tuple[WorkflowRow, bytes]]:
    """The deployed and enabled workflows of a workspace with the graph of the deployed revision, as it is stored."""
    revision = sa.and_(revisions.c.workflow_id == workflows.c.id, revisions.c.revision == workflows.c.deployed_revision)
    query = (
        sa.select(*COLUMNS, revisions.c.graph)
        .select_from(workflows.join(revisions, revision))
        .where(workflows.c.workspace_id == workspace_id, workflows.c.state == "deployed", workflows.c.enabled)
        .where(workflows.c.deleted_at.is_(None), workflows.c.trigger_count > 0)
    )
    return [(WorkflowRow(*row[:-1]), row.graph) for row in (await connection.execute(query)).all()]
