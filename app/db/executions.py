"""Queries for people who look at executions; the journal writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.step_rows import unpacked
from app.db.tables import executions, steps, workflows


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    id: str
    workflow_id: str
    workflow_name: str
    revision: int
    status: str
    mode: str
    trigger: str
    start_block: str | None
    parent_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    wake_at: datetime | None
    retry_of: str | None


@dataclass(frozen=True, slots=True)
class ExecutionData:
    """The large parts of an execution, as encoded JSON."""

    input: bytes
    output: bytes | None
    error: bytes | None


@dataclass(frozen=True, slots=True)
class StepRow:
    block_id: str
    iteration: str
    seq: int
    status: str
    ports: bytes
    input: bytes | None
    output: bytes | None
    error: bytes | None
    log: bytes | None
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    wake_at: datetime | None
    duration_ms: float | None


_LISTED = (
    executions.c.id,
    executions.c.workflow_id,
    workflows.c.name,
    *(executions.c[name] for name in ExecutionRow.__dataclass_fields__ if name not in ("id", "workflow_id", "workflow_name")),
)
MAX_COUNTED = 10_000
"""Counting a million rows takes longer than everything else on the page; "10,000 or more" says as much."""
SORTS = {"created_at": executions.c.created_at}


async def listed(
    connection: AsyncConnection,
    workspace_id: str,
    *,
    status: str,
    workflow_id: str,
    q: str,
    order: str,
    offset: int,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> tuple[Sequence[ExecutionRow], int]:
    """One page of executions, newest first unless `order` is asc, and how many there are, counted no further than MAX_COUNTED.

    `q` is the beginning of an id; `after` the moment and the id of the execution that the page begins behind.
    """
    found = executions.c.workspace_id == workspace_id
    if status:
        found &= executions.c.status == status
    if workflow_id:
        found &= executions.c.workflow_id == workflow_id
    if q:
        found &= executions.c.id.startswith(q, autoescape=True)
    counted = sa.select(executions.c.id).where(found).limit(MAX_COUNTED).subquery()
    total = (await connection.execute(sa.select(sa.func.count()).select_from(counted))).scalar_one()
    keys = (executions.c.created_at, executions.c.id)
    if after is not None:
        found &= _behind(*after, order)
    query = (
        sa.select(*_LISTED)
        .select_from(executions.join(workflows, workflows.c.id == executions.c.workflow_id))
        .where(found)
        .order_by(*(key.asc() if order == "asc" else key.desc() for key in keys))
        .offset(offset)
        .limit(limit)
    )
    return [ExecutionRow(*row) for row in (await connection.execute(query)).all()], total


def _behind(moment: datetime, execution_id: str, order: str) -> sa.ColumnElement[bool]:
    """The bound on the moment alone lets the index be used."""
    created, own = executions.c.created_at, executions.c.id
    if order == "asc":
        return (created >= moment) & ((created > moment) | (own > execution_id))
    return (created <= moment) & ((created < moment) | (own < execution_id))


async def find(connection: AsyncConnection, workspace_id: str, execution_id: str) -> tuple[ExecutionRow, ExecutionData] | None:
    query = (
        sa.select(*_LISTED, executions.c.input, executions.c.output, executions.c.error)
        .select_from(executions.join(workflows, workflows.c.id == executions.c.workflow_id))
        .where(executions.c.workspace_id == workspace_id, executions.c.id == execution_id)
    )
    row: Any = (await connection.execute(query)).first()
    return None if row is None else (ExecutionRow(*row[:-3]), ExecutionData(*row[-3:]))


async def whole(connection: AsyncConnection, workspace_id: str, execution_id: str) -> Any:
    """The whole row of an execution, or None."""
    query = sa.select(executions).where(executions.c.workspace_id == workspace_id, executions.c.id == execution_id)
    return (await connection.execute(query)).one_or_none()


async def find_steps(connection: AsyncConnection, execution_id: str) -> Sequence[StepRow]:
    """The recorded steps of an execution, in the order in which they were recorded."""
    names = tuple(StepRow.__dataclass_fields__)
    kept = sa.select(executions.c.finished_steps).where(executions.c.id == execution_id)
    rows = unpacked(execution_id, (await connection.execute(kept)).scalar())
    if rows:
        return [StepRow(*(row[name] for name in names)) for row in rows]
    query = sa.select(*(steps.c[name] for name in names)).where(steps.c.execution_id == execution_id).order_by(steps.c.seq)
    return [StepRow(*row) for row in (await connection.execute(query)).all()]


async def newest(connection: AsyncConnection, workflow_id: str) -> str | None:
    """The id of a workflow's last execution."""
    query = (
        sa.select(executions.c.id)
        .where(executions.c.workflow_id == workflow_id)
        .order_by(executions.c.created_at.desc())
        .limit(1)
    )
    found: str | None = (await connection.execute(query)).scalar()
    return found
