"""Queries about ended executions of which nobody has been told yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, workflows


@dataclass(frozen=True, slots=True)
class EndedRow:
    """An ended execution with what is told about it; `error` is encoded JSON."""

    id: str
    workspace_id: str
    workflow_id: str
    workflow_name: str
    settings: bytes | None
    status: str
    trigger: str
    user_id: str | None
    error: bytes | None
    started_at: datetime | None
    finished_at: datetime


async def pending(connection: AsyncConnection, limit: int) -> Sequence[EndedRow]:
    """The oldest of them."""
    named: dict[str, sa.Column[Any]] = {"workflow_name": workflows.c.name, "settings": workflows.c.settings}
    columns = [named[name] if name in named else executions.c[name] for name in EndedRow.__dataclass_fields__]
    query = (
        sa.select(*columns)
        .select_from(executions.join(workflows, workflows.c.id == executions.c.workflow_id))
        .where(executions.c.followed_up.is_(False), executions.c.finished_at.is_not(None))
        .order_by(executions.c.finished_at)
        .limit(limit)
    )
    return [EndedRow(*row) for row in (await connection.execute(query)).all()]


async def claim(connection: AsyncConnection, *execution_ids: str) -> int:
    """Take them over; how many nobody else has taken."""
    update = sa.update(executions).where(executions.c.id.in_(execution_ids), executions.c.followed_up.is_(False))
    return (await connection.execute(update.values(followed_up=True))).rowcount


async def triggers_above(connection: AsyncConnection, execution_id: str) -> set[str]:
    """What has started an execution, and all those that it was started by."""
    here = sa.select(executions.c.trigger, executions.c.parent_id).where(executions.c.id == execution_id)
    above = here.cte("above", recursive=True)
    further = sa.select(executions.c.trigger, executions.c.parent_id).where(executions.c.id == above.c.parent_id)
    return set((await connection.execute(sa.select(above.union(further).c.trigger))).scalars())
