"""Queries about outbound webhooks: endpoints, deliveries and their attempts, and what they tell of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import deliveries, delivery_attempts, endpoints, executions, signals, workflows


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """`events` is an encoded list of names; `*` in one stands for anything."""

    id: str
    workspace_id: str
    url: str
    events: bytes
    description: str
    enabled: bool
    disabled_reason: str
    sealed_secret: bytes
    sealed_old_secret: bytes | None
    old_until: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: str
    workspace_id: str
    endpoint_id: str
    event_key: str
    type: str
    body: bytes
    status: str
    attempts: int
    next_at: datetime | None
    status_code: int | None
    error: str
    replay_of: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    delivery_id: str
    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str


@dataclass(frozen=True, slots=True)
class EndRow:
    """An execution that has ended; `error` is encoded JSON."""

    id: str
    workspace_id: str
    workflow_id: str
    workflow_name: str
    status: str
    mode: str
    trigger: str
    error: bytes | None
    started_at: datetime | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """An approval; `data` is the encoded question, `payload` the encoded decision."""

    id: str
    workspace_id: str
    execution_id: str
    workflow_id: str
    workflow_name: str
    data: bytes | None
    payload: bytes | None
    created_at: datetime
    expires_at: datetime | None
    answered_at: datetime | None


_ENDPOINT = tuple(endpoints.c[name] for name in EndpointRow.__dataclass_fields__)
_DELIVERY = tuple(deliveries.c[name] for name in DeliveryRow.__dataclass_fields__)
_WORDS: dict[str, sa.Column[Any]] = {"workflow_name": workflows.c.name, "workflow_id": executions.c.workflow_id}
_END: list[sa.Column[Any]] = [
    _WORDS[name] if name in _WORDS else executions.c[name] for name in EndRow.__dataclass_fields__
]
_QUESTION: list[sa.Column[Any]] = [
    _WORDS[name] if name in _WORDS else signals.c[name] for name in QuestionRow.__dataclass_fields__
]
_ENDED = executions.join(workflows, workflows.c.id == executions.c.workflow_id)
_ASKED = signals.join(executions, executions.c.id == signals.c.execution_id).join(
    workflows, workflows.c.id == executions.c.workflow_id
)


async def listed(
    connection: AsyncConnection, workspace_id: str, order: str, offset: int, limit: int
) -> tuple[Sequence[EndpointRow], int]:
    found = endpoints.c.workspace_id == workspace_id
    total = (await connection.execute(sa.select(sa.func.count()).select_from(endpoints).where(found))).scalar_one()
    key = endpoints.c.created_at.asc() if order == "asc" else endpoints.c.created_at.desc()
    query = sa.select(*_ENDPOINT).where(found).order_by(key, endpoints.c.id).offset(offset).limit(limit)
    return [EndpointRow(*row) for row in (await connection.execute(query)).all()], total


async def enabled(connection: AsyncConnection) -> Sequence[EndpointRow]:
    """Everybody who is to be told, in all workspaces."""
    query = sa.select(*_ENDPOINT).where(endpoints.c.enabled)
    return [EndpointRow(*row) for row in (await connection.execute(query)).all()]


async def find(connection: AsyncConnection, endpoint_id: str, workspace_id: str | None = None) -> EndpointRow | None:
    query = sa.select(*_ENDPOINT).where(endpoints.c.id == endpoint_id)
    query = query if workspace_id is None else query.where(endpoints.c.workspace_id == workspace_id)
    row = (await connection.execute(query)).first()
    return None if row is None else EndpointRow(*row)


async def insert(connection: AsyncConnection, row: EndpointRow) -> None:
    await connection.execute(sa.insert(endpoints).values(**asdict(row)))


async def update(connection: AsyncConnection, endpoint_id: str, **values: Any) -> None:
    await connection.execute(sa.update(endpoints).where(endpoints.c.id == endpoint_id).values(**values))


async def delete(connection: AsyncConnection, endpoint_id: str) -> None:
    """With all its deliveries."""
    ids = sa.select(deliveries.c.id).where(deliveries.c.endpoint_id == endpoint_id)
    await connection.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
    await connection.execute(sa.delete(deliveries).where(deliveries.c.endpoint_id == endpoint_id))
    await connection.execute(sa.delete(endpoints).where(endpoints.c.id == endpoint_id))


async def deliver(connection: AsyncConnection, row: DeliveryRow) -> bool:
    """Put a delivery into the queue; False when the endpoint is told of this already."""
    try:
        async with connection.begin_nested():
            await connection.execute(sa.insert(deliveries).values(**asdict(row)))
    except IntegrityError:
        return False
    return True


async def listed_deliveries(
    connection: AsyncConnection, endpoint_id: str, status: str, offset: int, limit: int
) -> tuple[Sequence[DeliveryRow], int]:
    """The newest first."""
    found = deliveries.c.endpoint_id == endpoint_id
    if status:
        found &= deliveries.c.status == status
    total = (await connection.execute(sa.select(sa.func.count()).select_from(deliveries).where(found))).scalar_one()
    query = sa.select(*_DELIVERY).where(found).order_by(deliveries.c.created_at.desc(), deliveries.c.id)
    return [DeliveryRow(*row) for row in (await connection.execute(query.offset(offset).limit(limit))).all()], total


async def delivery(connection: AsyncConnection, endpoint_id: str, delivery_id: str) -> DeliveryRow | None:
    query = sa.select(*_DELIVERY).where(deliveries.c.id == delivery_id, deliveries.c.endpoint_id == endpoint_id)
    row = (await connection.execute(query)).first()
    return None if row is None else DeliveryRow(*row)


async def attempts(connection: AsyncConnection, delivery_ids: Collection[str]) -> Sequence[AttemptRow]:
    columns = [delivery_attempts.c[name] for name in AttemptRow.__dataclass_fields__]
    query = sa.select(*columns).where(delivery_attempts.c.delivery_id.in_(delivery_ids)).order_by(delivery_attempts.c.number)
    return [AttemptRow(*row) for row in (await connection.execute(query)).all()]


async def due(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[DeliveryRow]:
    query = sa.select(*_DELIVERY).where(deliveries.c.next_at <= now).order_by(deliveries.c.next_at).limit(limit)
    return [DeliveryRow(*row) for row in (await connection.execute(query)).all()]


async def claim(connection: AsyncConnection, row: DeliveryRow, until: datetime) -> bool:
    """Take an attempt; whoever takes it and dies loses it at `until`."""
    same = sa.and_(deliveries.c.id == row.id, deliveries.c.next_at == row.next_at)
    return (await connection.execute(sa.update(deliveries).where(same).values(next_at=until))).rowcount == 1


async def record(connection: AsyncConnection, attempt: AttemptRow, **values: Any) -> None:
    await connection.execute(sa.insert(delivery_attempts).values(**asdict(attempt)))
    await connection.execute(sa.update(deliveries).where(deliveries.c.id == attempt.delivery_id).values(**values))


async def forget_before(connection: AsyncConnection, moment: datetime) -> None:
    """Take finished deliveries out of the log."""
    old = sa.select(deliveries.c.id).where(deliveries.c.finished_at < moment, deliveries.c.next_at.is_(None))
    await connection.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(old)))
    await connection.execute(sa.delete(deliveries).where(deliveries.c.id.in_(old)))


async def last_told(connection: AsyncConnection, endpoint_id: str) -> datetime | None:
    query = sa.select(sa.func.max(deliveries.c.created_at)).where(deliveries.c.endpoint_id == endpoint_id)
    found: datetime | None = (await connection.execute(query)).scalar()
    return found


async def ends(connection: AsyncConnection, execution_ids: Collection[str]) -> Sequence[EndRow]:
    query = sa.select(*_END).select_from(_ENDED).where(executions.c.id.in_(execution_ids), executions.c.finished_at.is_not(None))
    return [EndRow(*row) for row in (await connection.execute(query)).all()]


async def ends_since(connection: AsyncConnection, workspace_id: str, moment: datetime) -> Sequence[EndRow]:
    query = sa.select(*_END).select_from(_ENDED)
    query = query.where(executions.c.workspace_id == workspace_id, executions.c.finished_at > moment)
    return [EndRow(*row) for row in (await connection.execute(query.order_by(executions.c.finished_at))).all()]


async def questions(connection: AsyncConnection, signal_ids: Collection[str]) -> Sequence[QuestionRow]:
    query = sa.select(*_QUESTION).select_from(_ASKED).where(signals.c.id.in_(signal_ids), signals.c.kind == "approval")
    return [QuestionRow(*row) for row in (await connection.execute(query)).all()]


async def questions_since(connection: AsyncConnection, workspace_id: str, moment: datetime) -> Sequence[QuestionRow]:
    recent = sa.or_(signals.c.created_at > moment, signals.c.answered_at > moment)
    query = sa.select(*_QUESTION).select_from(_ASKED)
    query = query.where(signals.c.workspace_id == workspace_id, signals.c.kind == "approval", recent)
    return [QuestionRow(*row) for row in (await connection.execute(query.order_by(signals.c.created_at))).all()]
