"""Queries about approvals that were asked for and of which nobody has been told yet.

From when on a workspace's approvals are told, and which were, stands among its small values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import kv
from app.db.tables import EPOCH, MICROSECOND, executions, signals, workflows
from app.db.tables import kv as values

NAMESPACE = "approval.needed"
AFTER = "after"


@dataclass(frozen=True, slots=True)
class AskedRow:
    """An approval as it was asked for; `data` is the encoded question."""

    id: str
    execution_id: str
    block_id: str
    data: bytes | None
    created_at: datetime
    expires_at: datetime | None
    workflow_id: str
    user_id: str | None
    workflow_name: str


async def told_after(connection: AsyncConnection, workspace_id: str) -> datetime | None:
    """The moment from which on approvals are told; None when nobody was listening."""
    stored = await kv.get(connection, workspace_id, NAMESPACE, AFTER, EPOCH)
    return None if stored is None else EPOCH + int(stored) * MICROSECOND


async def tell_after(connection: AsyncConnection, workspace_id: str, moment: datetime, *, forgotten: datetime) -> None:
    """Set that moment, and forget which approvals were told before `forgotten`."""
    stored = str((moment - EPOCH) // MICROSECOND).encode()
    await kv.put(connection, workspace_id, NAMESPACE, AFTER, stored, None, moment)
    told = _here(workspace_id) & (values.c.key != AFTER) & (values.c.updated_at < forgotten)
    await connection.execute(sa.delete(values).where(told))


async def forget(connection: AsyncConnection, workspace_id: str) -> None:
    """Forget everything about a workspace."""
    await connection.execute(sa.delete(values).where(_here(workspace_id)))


async def untold(connection: AsyncConnection, workspace_id: str, after: datetime, limit: int) -> Sequence[AskedRow]:
    """The oldest approvals asked for after a moment of which nobody has been told."""
    columns: list[sa.Column[Any]] = [
        *(signals.c[name] for name in ("id", "execution_id", "block_id", "data", "created_at", "expires_at")),
        executions.c.workflow_id,
        executions.c.user_id,
        workflows.c.name,
    ]
    told = sa.exists().where(_here(workspace_id), values.c.key == signals.c.id)
    query = (
        sa.select(*columns)
        .join(executions, executions.c.id == signals.c.execution_id)
        .join(workflows, workflows.c.id == executions.c.workflow_id)
        .where(signals.c.workspace_id == workspace_id, signals.c.kind == "approval", signals.c.created_at > after)
        .where(sa.not_(told))
        .order_by(signals.c.created_at)
        .limit(limit)
    )
    return [AskedRow(*row) for row in (await connection.execute(query)).all()]


async def claim(connection: AsyncConnection, workspace_id: str, approval_id: str, now: datetime) -> bool:
    """Note that one of them is told; False when it was noted before."""
    return await kv.add(connection, workspace_id, NAMESPACE, approval_id, b"true", None, now)


def _here(workspace_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(values.c.workspace_id == workspace_id, values.c.namespace == NAMESPACE)
