"""Queries about API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import api_keys, memberships, users


@dataclass(frozen=True, slots=True)
class KeyRow:
    id: str
    workspace_id: str
    user_id: str
    name: str
    token_hash: bytes
    hint: str
    scopes: str
    addresses: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    used_from: str | None


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose a key is, with the role that this person has now."""

    email: str
    username: str
    operator: bool
    role: str


_COLUMNS = tuple(api_keys.c[name] for name in KeyRow.__dataclass_fields__)
_OWNED = (*_COLUMNS, users.c.email, users.c.username, users.c.operator, memberships.c.role)


def _owned() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(*_OWNED)
        .join(users, users.c.id == api_keys.c.user_id)
        .join(memberships, sa.and_(memberships.c.user_id == users.c.id, memberships.c.workspace_id == api_keys.c.workspace_id))
    )


def _pair(row: sa.Row[tuple[object, ...]]) -> tuple[KeyRow, KeyOwner]:
    values = tuple(row)
    width = len(_COLUMNS)
    return KeyRow(*values[:width]), KeyOwner(*values[width:])  # type: ignore[arg-type]


async def find(connection: AsyncConnection, token_hash: bytes, now: datetime) -> tuple[KeyRow, KeyOwner] | None:
    """The key with this token, unless it has expired or its owner may not come in any more."""
    lives = sa.or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)
    query = _owned().where(api_keys.c.token_hash == token_hash, lives, users.c.disabled_at.is_(None))
    row = (await connection.execute(query)).first()
    return None if row is None else _pair(row)


async def listed(connection: AsyncConnection, workspace_id: str) -> Sequence[tuple[KeyRow, KeyOwner]]:
    query = _owned().where(api_keys.c.workspace_id == workspace_id).order_by(api_keys.c.name, api_keys.c.id)
    return [_pair(row) for row in (await connection.execute(query)).all()]


async def all_keys(connection: AsyncConnection) -> Sequence[tuple[KeyRow, KeyOwner]]:
    """Of every workspace."""
    query = _owned().order_by(api_keys.c.workspace_id, api_keys.c.name)
    return [_pair(row) for row in (await connection.execute(query)).all()]


async def count(connection: AsyncConnection, workspace_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(api_keys).where(api_keys.c.workspace_id == workspace_id)
    return int((await connection.execute(query)).scalar_one())


async def insert(connection: AsyncConnection, row: KeyRow) -> None:
    values = {name: getattr(row, name) for name in KeyRow.__dataclass_fields__}
    await connection.execute(sa.insert(api_keys).values(values))


async def used(connection: AsyncConnection, key_id: str, now: datetime, address: str) -> None:
    await connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(used_at=now, used_from=address[:64]))


async def delete(connection: AsyncConnection, workspace_id: str, key_id: str) -> str | None:
    """The name of the key that was deleted; None when this workspace has no such key."""
    here = sa.and_(api_keys.c.workspace_id == workspace_id, api_keys.c.id == key_id)
    name: str | None = (await connection.execute(sa.select(api_keys.c.name).where(here))).scalar()
    await connection.execute(sa.delete(api_keys).where(here))
    return name


async def delete_of(connection: AsyncConnection, user_id: str, workspace_id: str | None = None) -> None:
    """All keys of a user, or those in one workspace."""
    query = sa.delete(api_keys).where(api_keys.c.user_id == user_id)
    await connection.execute(query if workspace_id is None else query.where(api_keys.c.workspace_id == workspace_id))
