"""Queries about stored values as people list, read and change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import kv


@dataclass(frozen=True, slots=True)
class EntryRow:
    """`value` is encoded JSON."""

    namespace: str
    key: str
    value: bytes
    revision: int
    expires_at: datetime | None
    updated_at: datetime


_COLUMNS = tuple(kv.c[name] for name in EntryRow.__dataclass_fields__)
SORTS = {"key": kv.c.key, "updated_at": kv.c.updated_at}


def _alive(workspace_id: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(kv.c.workspace_id == workspace_id, sa.or_(kv.c.expires_at.is_(None), kv.c.expires_at > now))


async def find(connection: AsyncConnection, workspace_id: str, namespace: str, key: str, now: datetime) -> EntryRow | None:
    query = sa.select(*_COLUMNS).where(_alive(workspace_id, now), kv.c.namespace == namespace, kv.c.key == key)
    row = (await connection.execute(query)).first()
    return None if row is None else EntryRow(*row)


async def listed(
    connection: AsyncConnection,
    workspace_id: str,
    namespace: str | None,
    private: Sequence[str],
    q: str,
    sort: str,
    order: str,
    offset: int,
    limit: int,
    now: datetime,
) -> tuple[Sequence[EntryRow], int]:
    """One page of the entries of a namespace, or of all that do not begin as the private ones; `q` is a part of the key."""
    found = _alive(workspace_id, now)
    if namespace is not None:
        found &= kv.c.namespace == namespace
    for prefix in private:
        found &= ~kv.c.namespace.startswith(prefix, autoescape=True)
    if q:
        found &= kv.c.key.icontains(q, autoescape=True)
    total = (await connection.execute(sa.select(sa.func.count()).select_from(kv).where(found))).scalar_one()
    column = SORTS[sort]
    keys = (column.asc() if order == "asc" else column.desc(), kv.c.namespace, kv.c.key)
    query = sa.select(*_COLUMNS).where(found).order_by(*keys).offset(offset).limit(limit)
    return [EntryRow(*row) for row in (await connection.execute(query)).all()], total


async def write(connection: AsyncConnection, workspace_id: str, row: EntryRow) -> None:
    """Set an entry as it is given, over whatever is there."""
    at = sa.and_(kv.c.workspace_id == workspace_id, kv.c.namespace == row.namespace, kv.c.key == row.key)
    values: dict[str, Any] = {name: getattr(row, name) for name in EntryRow.__dataclass_fields__}
    if (await connection.execute(sa.update(kv).where(at).values(**values))).rowcount == 0:
        await connection.execute(sa.insert(kv).values(workspace_id=workspace_id, **values))


async def delete(connection: AsyncConnection, workspace_id: str, namespace: str, key: str) -> None:
    at = sa.and_(kv.c.workspace_id == workspace_id, kv.c.namespace == namespace, kv.c.key == key)
    await connection.execute(sa.delete(kv).where(at))
