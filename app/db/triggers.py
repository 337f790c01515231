"""Queries about triggers: keys, schedules and events that start workflows beside the blocks in their graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import triggers, workflows
from app.db.workflows import COLUMNS, WorkflowRow


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """`config` is encoded JSON; `anchor`, `planned_at`, `next_run_at` and `runs` are those of a schedule."""

    id: str
    workspace_id: str
    workflow_id: str
    type: str
    key_hash: bytes | None
    sealed_key: bytes | None
    config: bytes
    enabled: bool
    anchor: datetime
    planned_at: datetime | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    runs: int
    created_by: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(triggers.c[name] for name in TriggerRow.__dataclass_fields__)
_WIDTH = len(_COLUMNS)
_BOTH = triggers.join(workflows, workflows.c.id == triggers.c.workflow_id)
_THERE = workflows.c.deleted_at.is_(None)


async def listed(
    connection: AsyncConnection, workspace_id: str, type: str, workflow_id: str, order: str, offset: int, limit: int
) -> tuple[Sequence[TriggerRow], int]:
    """One page, by age; `type` and `workflow_id` may be empty. Those of deleted workflows are left out."""
    found = sa.and_(triggers.c.workspace_id == workspace_id, _THERE)
    if type:
        found &= triggers.c.type == type
    if workflow_id:
        found &= triggers.c.workflow_id == workflow_id
    total = (await connection.execute(sa.select(sa.func.count()).select_from(_BOTH).where(found))).scalar_one()
    key = triggers.c.created_at
    query = sa.select(*_COLUMNS).select_from(_BOTH).where(found)
    query = query.order_by(key.asc() if order == "asc" else key.desc(), triggers.c.id).offset(offset).limit(limit)
    return [TriggerRow(*row) for row in (await connection.execute(query)).all()], total


async def find(connection: AsyncConnection, workspace_id: str, trigger_id: str) -> TriggerRow | None:
    query = sa.select(*_COLUMNS).select_from(_BOTH)
    query = query.where(triggers.c.id == trigger_id, triggers.c.workspace_id == workspace_id, _THERE)
    row = (await connection.execute(query)).first()
    return None if row is None else TriggerRow(*row)


async def by_key(connection: AsyncConnection, key_hash: bytes) -> tuple[TriggerRow, WorkflowRow] | None:
    query = sa.select(*_COLUMNS, *COLUMNS).select_from(_BOTH).where(triggers.c.key_hash == key_hash, _THERE)
    row = (await connection.execute(query)).first()
    return None if row is None else (TriggerRow(*row[:_WIDTH]), WorkflowRow(*row[_WIDTH:]))


async def listening(connection: AsyncConnection, workspace_id: str) -> Sequence[tuple[TriggerRow, WorkflowRow]]:
    """The enabled event triggers of a workspace with their workflows, as far as those are switched on."""
    query = sa.select(*_COLUMNS, *COLUMNS).select_from(_BOTH)
    query = query.where(triggers.c.workspace_id == workspace_id, triggers.c.type == "event", triggers.c.enabled)
    rows = (await connection.execute(query.where(_THERE, workflows.c.enabled))).all()
    return [(TriggerRow(*row[:_WIDTH]), WorkflowRow(*row[_WIDTH:])) for row in rows]


async def due(connection: AsyncConnection, now: datetime) -> Sequence[tuple[TriggerRow, WorkflowRow]]:
    """Schedules whose next run has come."""
    query = sa.select(*_COLUMNS, *COLUMNS).select_from(_BOTH)
    query = query.where(triggers.c.next_run_at <= now).order_by(triggers.c.next_run_at).limit(100)
    rows = (await connection.execute(query)).all()
    return [(TriggerRow(*row[:_WIDTH]), WorkflowRow(*row[_WIDTH:])) for row in rows]


async def insert(connection: AsyncConnection, row: TriggerRow) -> None:
    await connection.execute(sa.insert(triggers).values(**asdict(row)))


async def update(connection: AsyncConnection, trigger_id: str, **values: Any) -> None:
    await connection.execute(sa.update(triggers).where(triggers.c.id == trigger_id).values(**values))


async def advance(connection: AsyncConnection, row: TriggerRow, **values: Any) -> bool:
    """Take one run's turn; False when somebody else has taken it, or the schedule has been changed or is gone."""
    same = sa.and_(
        triggers.c.id == row.id, triggers.c.next_run_at == row.next_run_at, triggers.c.updated_at == row.updated_at
    )
    return (await connection.execute(sa.update(triggers).where(same).values(**values))).rowcount == 1


async def delete(connection: AsyncConnection, trigger_id: str) -> None:
    await connection.execute(sa.delete(triggers).where(triggers.c.id == trigger_id))
