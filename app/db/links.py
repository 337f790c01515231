"""Queries about what lets somebody in once: links and recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import links, recovery_codes


@dataclass(frozen=True, slots=True)
class LinkRow:
    id: str
    token_hash: bytes
    kind: str
    workspace_id: str | None
    user_id: str | None
    role: str | None
    email: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime


_COLUMNS = tuple(links.c[name] for name in LinkRow.__dataclass_fields__)


async def insert(connection: AsyncConnection, row: LinkRow) -> None:
    values = {name: getattr(row, name) for name in LinkRow.__dataclass_fields__}
    await connection.execute(sa.insert(links).values(values))


async def find(connection: AsyncConnection, token_hash: bytes, kind: str, now: datetime) -> LinkRow | None:
    query = sa.select(*_COLUMNS).where(links.c.token_hash == token_hash, links.c.kind == kind, links.c.expires_at > now)
    row = (await connection.execute(query)).first()
    return None if row is None else LinkRow(*row)


async def invitations(connection: AsyncConnection, workspace_id: str, now: datetime) -> Sequence[LinkRow]:
    """The invitations of a workspace that nobody has followed yet."""
    query = sa.select(*_COLUMNS).where(
        links.c.workspace_id == workspace_id, links.c.kind == "invite", links.c.expires_at > now
    )
    return [LinkRow(*row) for row in (await connection.execute(query.order_by(links.c.created_at))).all()]


async def take(connection: AsyncConnection, link_id: str) -> bool:
    """Use a link up. False when somebody else was faster."""
    return bool((await connection.execute(sa.delete(links).where(links.c.id == link_id))).rowcount)


async def delete_invitation(connection: AsyncConnection, workspace_id: str, link_id: str) -> bool:
    here = sa.and_(links.c.workspace_id == workspace_id, links.c.id == link_id, links.c.kind == "invite")
    return bool((await connection.execute(sa.delete(links).where(here))).rowcount)


async def delete_invitations_by(connection: AsyncConnection, user_id: str, workspace_id: str | None = None) -> None:
    """Those that somebody has made, everywhere or in one workspace: their word does not count any more."""
    query = sa.delete(links).where(links.c.created_by == user_id, links.c.kind == "invite")
    await connection.execute(query if workspace_id is None else query.where(links.c.workspace_id == workspace_id))


async def delete_resets(connection: AsyncConnection, user_id: str) -> None:
    await connection.execute(sa.delete(links).where(links.c.user_id == user_id, links.c.kind == "reset"))


async def delete_expired(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(links).where(links.c.expires_at <= now))


async def replace_recovery_codes(connection: AsyncConnection, user_id: str, hashes: Sequence[bytes]) -> None:
    await connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    if hashes:
        await connection.execute(sa.insert(recovery_codes), [{"user_id": user_id, "code_hash": code} for code in hashes])


async def take_recovery_code(connection: AsyncConnection, user_id: str, code_hash: bytes) -> bool:
    """Use a recovery code up. False when this user has no such code."""
    this = sa.and_(recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash)
    return bool((await connection.execute(sa.delete(recovery_codes).where(this))).rowcount)
