"""Queries for what is to be driven now: each reads only open executions, however many have ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, is_open

LEASE: Final = timedelta(seconds=15)
MAX_SKEW: Final = timedelta(minutes=1)
"""The clocks of servers that share a database differ by less."""


def has_place() -> sa.ColumnElement[bool]:
    """A queued execution of a workflow with a concurrency limit waits until fewer than that many are under way.

    One that is to be cancelled needs no place: it is taken only to be ended.
    """
    other = executions.alias()
    under_way = _under_way(other, other.c.workflow_id == executions.c.workflow_id).scalar_subquery()
    return sa.or_(
        executions.c.status != "queued",
        executions.c.concurrency_limit.is_(None),
        executions.c.cancel_requested,
        under_way < executions.c.concurrency_limit,
    )


async def due(connection: AsyncConnection, now: datetime, limit: int, *, only_children: bool) -> list[str]:
    """Executions that somebody should drive now, the most urgent first: queued, woken, or left behind by a dead driver."""
    unlimited = sa.or_(executions.c.status == "running", executions.c.concurrency_limit.is_(None))
    begun = is_open() & executions.c.status.in_(("queued", "running")) & unlimited
    woken = executions.c.wake_at.is_not(None) & (executions.c.wake_at <= now)
    cancelled = executions.c.cancel_requested.is_(True) & is_open()
    wanted = [(begun, limit), (woken, limit), (cancelled, limit), *await _places(connection)]
    found: dict[str, tuple[int, datetime]] = {}
    for condition, most in wanted:
        query = sa.select(executions.c.id, executions.c.priority, executions.c.created_at).where(condition, is_free(now))
        if only_children:
            query = query.where(executions.c.parent_id.is_not(None))
        query = query.order_by(executions.c.priority.desc(), executions.c.created_at).limit(most)
        found |= {row.id: (-row.priority, row.created_at) for row in (await connection.execute(query)).all()}
    return sorted(found, key=found.__getitem__)[:limit]


async def _places(connection: AsyncConnection) -> Sequence[tuple[sa.ColumnElement[bool], int]]:
    """For each workflow with a queue: which executions stand in it, and how many of them there is place for."""
    queued = is_open() & (executions.c.status == "queued") & executions.c.concurrency_limit.is_not(None)
    limits = sa.select(executions.c.workflow_id, sa.func.max(executions.c.concurrency_limit)).where(queued)
    places = []
    for workflow_id, most in (await connection.execute(limits.group_by(executions.c.workflow_id))).all():
        begun = (await connection.execute(_under_way(executions, executions.c.workflow_id == workflow_id))).scalar_one()
        if begun < most:
            places.append((queued & (executions.c.workflow_id == workflow_id), most - begun))
    return places


def _under_way(table: Any, condition: sa.ColumnElement[bool]) -> sa.Select[int]:
    begun = table.c.status.in_(("running", "waiting"))
    return sa.select(sa.func.count()).select_from(table).where(condition, is_open(table), begun)


def is_free(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody holds its lease. One that ends later than any could was given before the clock was put back."""
    until = executions.c.lease_until
    return sa.or_(until.is_(None), until <= now, until > now + LEASE + MAX_SKEW)


async def overdue(connection: AsyncConnection, now: datetime) -> list[str]:
    """Open executions whose deadline is over."""
    over = executions.c.deadline_at.is_not(None) & (executions.c.deadline_at <= now) & is_open()
    return list((await connection.execute(sa.select(executions.c.id).where(over).limit(500))).scalars())


async def next_wake(connection: AsyncConnection) -> datetime | None:
    """The earliest moment at which a parked execution goes on."""
    query = sa.select(sa.func.min(executions.c.wake_at)).where(executions.c.wake_at.is_not(None))
    moment: datetime | None = (await connection.execute(query)).scalar()
    return moment
