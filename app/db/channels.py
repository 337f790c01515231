"""Queries about channels: addresses under which workflows are reached from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import channels


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """`routes` is encoded JSON."""

    id: str
    workspace_id: str
    name: str
    kind: str
    auth_mode: str
    sealed_token: bytes | None
    enabled: bool
    routes: bytes
    created_by: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(channels.c[name] for name in ChannelRow.__dataclass_fields__)


async def listed(
    connection: AsyncConnection, workspace_id: str, q: str, order: str, offset: int, limit: int
) -> tuple[Sequence[ChannelRow], int]:
    found = channels.c.workspace_id == workspace_id
    if q:
        found &= channels.c.name.icontains(q, autoescape=True)
    total = (await connection.execute(sa.select(sa.func.count()).select_from(channels).where(found))).scalar_one()
    key = channels.c.name.desc() if order == "desc" else channels.c.name.asc()
    query = sa.select(*_COLUMNS).where(found).order_by(key).offset(offset).limit(limit)
    return [ChannelRow(*row) for row in (await connection.execute(query)).all()], total


async def find(connection: AsyncConnection, workspace_id: str, channel_id: str) -> ChannelRow | None:
    query = sa.select(*_COLUMNS).where(channels.c.id == channel_id, channels.c.workspace_id == workspace_id)
    row = (await connection.execute(query)).first()
    return None if row is None else ChannelRow(*row)


async def by_address(connection: AsyncConnection, text: str) -> ChannelRow | None:
    """By name or id, whatever the workspace: for calls from outside."""
    query = sa.select(*_COLUMNS).where(sa.or_(channels.c.name == text, channels.c.id == text))
    row = (await connection.execute(query)).first()
    return None if row is None else ChannelRow(*row)


async def insert(connection: AsyncConnection, row: ChannelRow) -> None:
    await connection.execute(sa.insert(channels).values(**asdict(row)))


async def update(connection: AsyncConnection, channel_id: str, **values: Any) -> None:
    await connection.execute(sa.update(channels).where(channels.c.id == channel_id).values(**values))


async def delete(connection: AsyncConnection, channel_id: str) -> None:
    await connection.execute(sa.delete(channels).where(channels.c.id == channel_id))
