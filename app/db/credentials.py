"""Queries about credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import credentials


@dataclass(frozen=True, slots=True)
class CredentialRow:
    id: str
    workspace_id: str
    name: str
    type: str
    data: bytes
    created_by: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(credentials.c[name] for name in CredentialRow.__dataclass_fields__)


async def listed(connection: AsyncConnection, workspace_id: str) -> Sequence[CredentialRow]:
    query = sa.select(*_COLUMNS).where(credentials.c.workspace_id == workspace_id).order_by(credentials.c.name)
    return [CredentialRow(*row) for row in (await connection.execute(query)).all()]


async def get(connection: AsyncConnection, workspace_id: str, credential_id: str) -> CredentialRow | None:
    query = sa.select(*_COLUMNS).where(credentials.c.workspace_id == workspace_id, credentials.c.id == credential_id)
    row = (await connection.execute(query)).first()
    return None if row is None else CredentialRow(*row)


async def insert(connection: AsyncConnection, row: CredentialRow) -> None:
    await connection.execute(
        sa.insert(credentials).values(**{name: getattr(row, name) for name in CredentialRow.__dataclass_fields__})
    )


async def change(connection: AsyncConnection, credential_id: str, **values: Any) -> None:
    await connection.execute(sa.update(credentials).where(credentials.c.id == credential_id).values(**values))


async def delete(connection: AsyncConnection, workspace_id: str, credential_id: str) -> bool:
    """False when there is no such credential in this workspace."""
    query = sa.delete(credentials).where(credentials.c.workspace_id == workspace_id, credentials.c.id == credential_id)
    return bool((await connection.execute(query)).rowcount)
