"""Queries about workspaces and who belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import memberships, sessions, users, workspaces


@dataclass(frozen=True, slots=True)
class MemberRow:
    user_id: str
    username: str
    email: str
    role: str
    disabled_at: datetime | None
    two_step: bool


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace as one of its members sees it."""

    id: str
    name: str
    role: str
    created_at: datetime


_MEMBER = (
    users.c.id,
    users.c.username,
    users.c.email,
    memberships.c.role,
    users.c.disabled_at,
    users.c.totp_secret.is_not(None),
)


async def members(connection: AsyncConnection, workspace_id: str) -> Sequence[MemberRow]:
    query = (
        sa.select(*_MEMBER)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.workspace_id == workspace_id)
        .order_by(users.c.username)
    )
    return [MemberRow(*row) for row in (await connection.execute(query)).all()]


async def workspaces_of(connection: AsyncConnection, user_id: str) -> Sequence[WorkspaceRow]:
    query = (
        sa.select(workspaces.c.id, workspaces.c.name, memberships.c.role, workspaces.c.created_at)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(workspaces.c.name, workspaces.c.id)
    )
    return [WorkspaceRow(*row) for row in (await connection.execute(query)).all()]


async def name_of(connection: AsyncConnection, workspace_id: str) -> str:
    return str((await connection.execute(sa.select(workspaces.c.name).where(workspaces.c.id == workspace_id))).scalar() or "")


async def rename(connection: AsyncConnection, workspace_id: str, name: str) -> None:
    await connection.execute(sa.update(workspaces).where(workspaces.c.id == workspace_id).values(name=name))


async def add_member(connection: AsyncConnection, workspace_id: str, user_id: str, role: str) -> None:
    await connection.execute(sa.insert(memberships).values(workspace_id=workspace_id, user_id=user_id, role=role))


async def set_role(connection: AsyncConnection, workspace_id: str, user_id: str, role: str) -> None:
    this = sa.and_(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
    await connection.execute(sa.update(memberships).where(this).values(role=role))


async def remove_member(connection: AsyncConnection, workspace_id: str, user_id: str) -> None:
    """The member, and the sessions in which they work there."""
    ended = sa.and_(sessions.c.workspace_id == workspace_id, sessions.c.user_id == user_id)
    await connection.execute(sa.delete(sessions).where(ended))
    this = sa.and_(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
    await connection.execute(sa.delete(memberships).where(this))
