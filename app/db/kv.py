"""Queries about small values by workspace, namespace and key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import kv


def _at(workspace_id: str, namespace: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(kv.c.workspace_id == workspace_id, kv.c.namespace == namespace, kv.c.key == key)


def _alive(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(kv.c.expires_at.is_(None), kv.c.expires_at > now)


async def get(connection: AsyncConnection, workspace_id: str, namespace: str, key: str, now: datetime) -> bytes | None:
    query = sa.select(kv.c.value).where(_at(workspace_id, namespace, key), _alive(now))
    value: bytes | None = (await connection.execute(query)).scalar()
    return value


async def put(
    connection: AsyncConnection,
    workspace_id: str,
    namespace: str,
    key: str,
    value: bytes,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Set a value, over whatever is there."""
    change: dict[str, Any] = {"value": value, "expires_at": expires_at, "updated_at": now, "revision": kv.c.revision + 1}
    result = await connection.execute(sa.update(kv).where(_at(workspace_id, namespace, key)).values(**change))
    if result.rowcount == 0:
        row = {"workspace_id": workspace_id, "namespace": namespace, "key": key}
        await connection.execute(sa.insert(kv).values(**row, value=value, expires_at=expires_at, updated_at=now, revision=1))


async def delete_expired(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(kv).where(kv.c.expires_at <= now))
