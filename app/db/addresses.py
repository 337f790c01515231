"""Queries about the names under which workflows are called from outside."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import webhooks, workflows

MOST = 50


async def webhooks_of_name(connection: AsyncConnection, name: str) -> Sequence[str]:
    """The webhook ids of the workflows with this name, in whatever workspace."""
    query = (
        sa.select(webhooks.c.webhook_id)
        .select_from(webhooks.join(workflows, workflows.c.id == webhooks.c.workflow_id))
        .where(workflows.c.name == name, workflows.c.deleted_at.is_(None))
        .distinct()
        .order_by(webhooks.c.webhook_id)
        .limit(MOST)
    )
    return list((await connection.execute(query)).scalars())
