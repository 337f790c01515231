"""Queries about small values by workspace, namespace and key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
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


async def put_over(
    connection: AsyncConnection,
    workspace_id: str,
    namespace: str,
    key: str,
    old: bytes,
    value: bytes,
    expires_at: datetime | None,
    now: datetime,
) -> bool:
    """Set a value only where `old` still is."""
    change: dict[str, Any] = {"value": value, "expires_at": expires_at, "updated_at": now, "revision": kv.c.revision + 1}
    there = sa.and_(_at(workspace_id, namespace, key), kv.c.value == old)
    result = await connection.execute(sa.update(kv).where(there).values(**change))
    return bool(result.rowcount)


async def delete(connection: AsyncConnection, workspace_id: str, namespace: str, key: str, now: datetime) -> bool:
    """True when there was a value whose time was not over."""
    known = await get(connection, workspace_id, namespace, key, now) is not None
    await connection.execute(sa.delete(kv).where(_at(workspace_id, namespace, key)))
    return known


async def keys(
    connection: AsyncConnection, workspace_id: str, namespace: str, prefix: str, limit: int, now: datetime
) -> list[str]:
    """The keys that begin with `prefix`, in order."""
    within = sa.and_(kv.c.workspace_id == workspace_id, kv.c.namespace == namespace, _alive(now))
    if prefix:
        within = sa.and_(within, sa.func.substr(kv.c.key, 1, len(prefix)) == prefix)
    found = await connection.execute(sa.select(kv.c.key).where(within).order_by(kv.c.key).limit(limit))
    return list(found.scalars())


async def add(
    connection: AsyncConnection,
    workspace_id: str,
    namespace: str,
    key: str,
    value: bytes,
    expires_at: datetime | None,
    now: datetime,
) -> bool:
    """Set a value only where there is none, or one whose time is over; True when it was set."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"value": value, "expires_at": expires_at, "updated_at": now, "revision": 1}
    statement = insert(kv).values(workspace_id=workspace_id, namespace=namespace, key=key, **row)
    place = [kv.c.workspace_id, kv.c.namespace, kv.c.key]
    over = statement.on_conflict_do_update(index_elements=place, set_=row, where=sa.not_(_alive(now)))
    return bool((await connection.execute(over)).rowcount)


async def delete_expired(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(kv).where(kv.c.expires_at <= now))
