"""Queries about what parked steps wait for: approvals and events. The journal writes the rows, people and calls answer them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import decisions, executions, signals, steps, users, workflows

Wanted = Literal["pending", "decided", "all"]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """`waits` tells whether the step is still parked for this very signal, in an execution that still goes on."""

    id: str
    workspace_id: str
    execution_id: str
    block_id: str
    iteration: str
    seq: int
    kind: str
    name: str
    data: bytes | None
    status: str
    payload: bytes | None
    created_at: datetime
    expires_at: datetime | None
    answered_at: datetime | None
    workflow_id: str
    workflow_name: str
    execution_status: str
    waits: bool

    def is_open(self, now: datetime) -> bool:
        """Whether an answer still counts."""
        return self.status == "open" and self.waits and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What one person decided about one approval; `form` is encoded JSON."""

    signal_id: str
    user_id: str
    username: str
    email: str
    decision: str
    note: str
    form: bytes | None
    created_at: datetime


_WAITS = steps.c.seq.is_not(None) & executions.c.status.in_(("running", "waiting"))
_OF_SIGNALS = ("workflow_id", "workflow_name", "execution_status", "waits")
_COLUMNS = (
    *(signals.c[name] for name in SignalRow.__dataclass_fields__ if name not in _OF_SIGNALS),
    executions.c.workflow_id,
    workflows.c.name.label("workflow_name"),
    executions.c.status.label("execution_status"),
    _WAITS.label("waits"),
)
_PARKED = sa.and_(
    steps.c.execution_id == signals.c.execution_id,
    steps.c.block_id == signals.c.block_id,
    steps.c.iteration == signals.c.iteration,
    steps.c.seq == signals.c.seq,
    steps.c.status == "waiting",
)
_SIGNALS = (
    signals.join(executions, executions.c.id == signals.c.execution_id)
    .join(workflows, workflows.c.id == executions.c.workflow_id)
    .outerjoin(steps, _PARKED)
)


def _pending(now: datetime) -> sa.ColumnElement[bool]:
    """The status is written out, not bound: SQLite uses a partial index only when it sees its condition in the query."""
    is_open = signals.c.status == sa.literal("open", literal_execute=True)
    return sa.and_(is_open, sa.or_(signals.c.expires_at.is_(None), signals.c.expires_at > now), _WAITS)


def _of_kind(workspace_id: str, kind: str) -> sa.ColumnElement[bool]:
    return sa.and_(signals.c.workspace_id == workspace_id, signals.c.kind == kind)


async def _count(connection: AsyncConnection, query: sa.Select[Any]) -> int:
    return int((await connection.execute(sa.select(sa.func.count()).select_from(query.subquery()))).scalar_one())


async def find(connection: AsyncConnection, signal_id: str, *, kind: str, workspace_id: str | None = None) -> SignalRow | None:
    """One signal; within a writing transaction nobody else changes it until the end."""
    query = sa.select(*_COLUMNS).select_from(_SIGNALS).where(signals.c.id == signal_id, signals.c.kind == kind)
    if workspace_id is not None:
        query = query.where(signals.c.workspace_id == workspace_id)
    row = (await connection.execute(query)).first()
    return None if row is None else SignalRow(*row)


async def listed(
    connection: AsyncConnection,
    workspace_id: str,
    kind: str,
    wanted: Wanted,
    now: datetime,
    *,
    offset: int,
    limit: int,
    order: str,
) -> tuple[Sequence[SignalRow], int]:
    """One page of a workspace's signals by when they came, and how many there are. Only pending ones are counted with joins."""
    found, pending = _of_kind(workspace_id, kind), _pending(now)
    waiting = sa.select(signals.c.id).select_from(_SIGNALS).where(found, pending)
    if wanted == "pending":
        total = await _count(connection, waiting)
        found &= pending
    else:
        total = await _count(connection, sa.select(signals.c.id).where(found))
    if wanted == "decided":
        total -= await _count(connection, waiting)
        found &= sa.not_(pending)
    moment = signals.c.created_at
    query = sa.select(*_COLUMNS).select_from(_SIGNALS).where(found)
    query = query.order_by(moment.asc() if order == "asc" else moment.desc(), signals.c.id).offset(offset).limit(limit)
    return [SignalRow(*row) for row in (await connection.execute(query)).all()], total


async def count_pending(connection: AsyncConnection, workspace_id: str, kind: str, now: datetime, at_most: int) -> int:
    """How many signals wait for an answer; counting ends at `at_most`."""
    some = sa.select(signals.c.id).select_from(_SIGNALS).where(_of_kind(workspace_id, kind), _pending(now))
    return await _count(connection, some.limit(at_most))


async def pending_of(connection: AsyncConnection, execution_id: str, kind: str, now: datetime) -> Sequence[SignalRow]:
    """What an execution waits for now."""
    query = sa.select(*_COLUMNS).select_from(_SIGNALS).where(signals.c.execution_id == execution_id, signals.c.kind == kind)
    query = query.where(_pending(now)).order_by(signals.c.created_at)
    return [SignalRow(*row) for row in (await connection.execute(query)).all()]


async def awaiting_event(connection: AsyncConnection, workspace_id: str, name: str, now: datetime) -> Sequence[SignalRow]:
    """Everything in a workspace that waits for an event of this name."""
    found = _of_kind(workspace_id, "event") & (signals.c.name == name)
    query = sa.select(*_COLUMNS).select_from(_SIGNALS).where(found, _pending(now)).order_by(signals.c.created_at)
    return [SignalRow(*row) for row in (await connection.execute(query)).all()]


async def answer(connection: AsyncConnection, row: SignalRow, payload: bytes, now: datetime) -> bool:
    """Answer a signal and wake its execution; False when somebody else has answered it."""
    mine = sa.update(signals).where(signals.c.id == row.id, signals.c.status == "open")
    result = await connection.execute(mine.values(status="answered", payload=payload, answered_at=now))
    if result.rowcount != 1:
        return False
    parked = sa.update(executions).where(executions.c.id == row.execution_id, executions.c.status == "waiting")
    await connection.execute(parked.values(wake_at=now))
    return True


async def insert_decision(
    connection: AsyncConnection, signal_id: str, user_id: str, decision: str, note: str, form: bytes | None, now: datetime
) -> None:
    await connection.execute(
        sa.insert(decisions).values(
            signal_id=signal_id, user_id=user_id, decision=decision, note=note, form=form, created_at=now
        )
    )


async def decisions_of(connection: AsyncConnection, signal_ids: Collection[str]) -> Sequence[DecisionRow]:
    """Who decided what about these approvals, in that order."""
    columns: list[Any] = [
        decisions.c.signal_id,
        decisions.c.user_id,
        users.c.username,
        users.c.email,
        *(decisions.c[name] for name in ("decision", "note", "form", "created_at")),
    ]
    query = sa.select(*columns).join(users, users.c.id == decisions.c.user_id).where(decisions.c.signal_id.in_(signal_ids))
    return [DecisionRow(*row) for row in (await connection.execute(query.order_by(decisions.c.created_at))).all()]

