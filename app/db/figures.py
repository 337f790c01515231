"""Queries for figures over all workspaces: never over more than what is new since the last look, or is still open.

Ids of executions begin with the moment of their making, so that a range of ids is a range of time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.step_rows import unpacked
from app.db.tables import executions, flow_details, groups, is_open, steps, workflows

Ends = Sequence[tuple[str, str, str, int]]
"""Workflow, status, trigger, and how many."""
_KINDS = (executions.c.workflow_id, executions.c.status, executions.c.trigger)


def beginning(moment: datetime) -> str:
    """What is less than the id of every execution that was made from this moment on, and more than all others."""
    text = f"{int(moment.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}"


def _between(after: str, until: str) -> sa.ColumnElement[bool]:
    return (executions.c.id > after) & (executions.c.id <= until) if until else executions.c.id > after


async def ended(connection: AsyncConnection, after: str, until: str = "") -> Ends:
    """How those in a range of ids have ended that have."""
    query = sa.select(*_KINDS, sa.func.count()).where(_between(after, until), sa.not_(is_open())).group_by(*_KINDS)
    return [(row[0], row[1], row[2], row[3]) for row in (await connection.execute(query)).all()]


async def still_open(connection: AsyncConnection, after: str, until: str, limit: int) -> Sequence[str]:
    """The ids in a range that have not ended."""
    query = sa.select(executions.c.id).where(_between(after, until), is_open()).limit(limit)
    return list((await connection.execute(query)).scalars())


async def ended_of(connection: AsyncConnection, ids: Collection[str]) -> Sequence[tuple[str, str, str, str]]:
    """Id, workflow, status and trigger of those of these that have ended."""
    query = sa.select(executions.c.id, *_KINDS).where(executions.c.id.in_(ids), sa.not_(is_open()))
    return [(row[0], row[1], row[2], row[3]) for row in (await connection.execute(query)).all()]


async def newest(connection: AsyncConnection, after: str, until: str, limit: int) -> Sequence[str]:
    query = sa.select(executions.c.id).where(_between(after, until)).order_by(executions.c.id.desc()).limit(limit)
    return list((await connection.execute(query)).scalars())


async def step_durations(connection: AsyncConnection, ids: Collection[str]) -> Sequence[float]:
    """How many milliseconds each finished step of these executions took."""
    kept = sa.select(executions.c.id, executions.c.finished_steps).where(executions.c.id.in_(ids))
    packed = (await connection.execute(kept)).all()
    found = [row["duration_ms"] for execution_id, raw in packed for row in unpacked(execution_id, raw)]
    apart = [execution_id for execution_id, raw in packed if raw is None]
    query = sa.select(steps.c.duration_ms).where(steps.c.execution_id.in_(apart))
    found += (await connection.execute(query)).scalars()
    return [duration for duration in found if duration is not None]


async def group_names(connection: AsyncConnection, workflow_ids: Collection[str]) -> dict[str, str]:
    """The group of each workflow that has one."""
    query = (
        sa.select(flow_details.c.workflow_id, groups.c.name)
        .select_from(flow_details.join(groups, groups.c.id == flow_details.c.group_id))
        .where(flow_details.c.workflow_id.in_(workflow_ids))
    )
    return {row[0]: row[1] for row in (await connection.execute(query)).all()}


async def open_now(connection: AsyncConnection) -> Sequence[tuple[str, int, datetime | None]]:
    """Status, number and the oldest of the executions that have not ended."""
    query = sa.select(executions.c.status, sa.func.count(), sa.func.min(executions.c.created_at)).where(is_open())
    return [(row[0], row[1], row[2]) for row in (await connection.execute(query.group_by(executions.c.status))).all()]


async def workflow_states(connection: AsyncConnection) -> Sequence[tuple[str, int]]:
    query = sa.select(workflows.c.state, sa.func.count()).where(workflows.c.deleted_at.is_(None)).group_by(workflows.c.state)
    return [(row[0], row[1]) for row in (await connection.execute(query)).all()]
