"""Queries about credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import credential_shares, credentials, revisions


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
    restricted: bool = False
    source: str = "stored"


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A workflow or a person that may use a restricted credential; `kind` is `workflow` or `user`."""

    credential_id: str
    kind: str
    target_id: str


_COLUMNS = tuple(credentials.c[name] for name in CredentialRow.__dataclass_fields__)


async def listed(connection: AsyncConnection, workspace_id: str) -> Sequence[CredentialRow]:
    query = sa.select(*_COLUMNS).where(credentials.c.workspace_id == workspace_id).order_by(credentials.c.name)
    return [CredentialRow(*row) for row in (await connection.execute(query)).all()]


async def restricted(connection: AsyncConnection, workspace_id: str) -> Sequence[CredentialRow]:
    """Those that not everybody of the workspace may use."""
    query = sa.select(*_COLUMNS).where(credentials.c.workspace_id == workspace_id, credentials.c.restricted)
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
    shares = credential_shares.c
    await connection.execute(
        sa.delete(credential_shares).where(shares.workspace_id == workspace_id, shares.credential_id == credential_id)
    )
    query = sa.delete(credentials).where(credentials.c.workspace_id == workspace_id, credentials.c.id == credential_id)
    return bool((await connection.execute(query)).rowcount)


async def shares(connection: AsyncConnection, workspace_id: str) -> Sequence[ShareRow]:
    """What the restricted credentials of a workspace are shared with."""
    columns = tuple(credential_shares.c[name] for name in ShareRow.__dataclass_fields__)
    query = sa.select(*columns).where(credential_shares.c.workspace_id == workspace_id)
    return [ShareRow(*row) for row in (await connection.execute(query)).all()]


async def set_shares(connection: AsyncConnection, workspace_id: str, credential_id: str, rows: Sequence[ShareRow]) -> None:
    """Share a credential with these and with nobody else."""
    await connection.execute(sa.delete(credential_shares).where(credential_shares.c.credential_id == credential_id))
    if rows:
        values = [{"workspace_id": workspace_id, **{name: getattr(row, name) for name in _SHARE}} for row in rows]
        await connection.execute(sa.insert(credential_shares), values)


_SHARE = tuple(ShareRow.__dataclass_fields__)


async def author_of(connection: AsyncConnection, workflow_id: str, revision: int) -> str | None:
    """Who wrote a revision."""
    query = sa.select(revisions.c.author_id).where(revisions.c.workflow_id == workflow_id, revisions.c.revision == revision)
    found: str | None = (await connection.execute(query)).scalar()
    return found
