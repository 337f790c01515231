"""Queries about idempotency keys: which execution a key stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, idempotency_keys


@dataclass(frozen=True, slots=True)
class KeyRow:
    """`fingerprint` tells what came with the key."""

    workflow_id: str
    key: str
    execution_id: str
    fingerprint: str
    created_at: datetime


_COLUMNS = tuple(idempotency_keys.c[name] for name in KeyRow.__dataclass_fields__)


async def take(connection: AsyncConnection, row: KeyRow, expired: datetime) -> KeyRow | None:
    """Let a key stand for an execution; what it stands for already, when that is younger than `expired` and not deleted."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {name: getattr(row, name) for name in KeyRow.__dataclass_fields__}
    is_there = sa.exists().where(executions.c.id == idempotency_keys.c.execution_id).correlate(idempotency_keys)
    replace = insert(idempotency_keys).on_conflict_do_update(
        index_elements=[idempotency_keys.c.workflow_id, idempotency_keys.c.key],
        set_={name: values[name] for name in ("execution_id", "fingerprint", "created_at")},
        where=sa.or_(idempotency_keys.c.created_at <= expired, sa.not_(is_there)),
    )
    if (await connection.execute(replace.values(**values))).rowcount == 1:
        return None
    query = sa.select(*_COLUMNS).where(idempotency_keys.c.workflow_id == row.workflow_id, idempotency_keys.c.key == row.key)
    return KeyRow(*(await connection.execute(query)).one())


async def delete_expired(connection: AsyncConnection, expired: datetime) -> None:
    await connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.created_at <= expired))
