"""Queries about users, workspaces and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import memberships, sessions, users, workspaces


@dataclass(frozen=True, slots=True)
class UserRow:
    id: str
    email: str
    username: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session with its user and that user's role in the session's workspace."""

    token_hash: bytes
    user_id: str
    email: str
    username: str
    workspace_id: str
    role: str
    csrf_token: str
    expires_at: datetime


async def has_account(connection: AsyncConnection) -> bool:
    """Whether anybody can sign in; the local user of `--no-auth` has no password and cannot."""
    query = sa.select(sa.exists().where(users.c.password_hash != ""))
    return bool((await connection.execute(query)).scalar())


async def find_user(connection: AsyncConnection, login: str) -> UserRow | None:
    query = sa.select(users.c.id, users.c.email, users.c.username, users.c.password_hash).where(
        sa.or_(users.c.email == login.lower(), users.c.username == login), users.c.password_hash != ""
    )
    row = (await connection.execute(query)).first()
    return None if row is None else UserRow(*row)


async def insert_user(connection: AsyncConnection, user: UserRow, now: datetime) -> None:
    await connection.execute(sa.insert(users).values(**_values(user), created_at=now))


async def update_user(connection: AsyncConnection, user: UserRow) -> None:
    await connection.execute(sa.update(users).where(users.c.id == user.id).values(**_values(user)))


def _values(user: UserRow) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "username": user.username, "password_hash": user.password_hash}


async def local_user(connection: AsyncConnection) -> UserRow | None:
    query = sa.select(users.c.id, users.c.email, users.c.username, users.c.password_hash).where(users.c.password_hash == "")
    row = (await connection.execute(query)).first()
    return None if row is None else UserRow(*row)


async def first_user(connection: AsyncConnection) -> UserRow | None:
    query = sa.select(users.c.id, users.c.email, users.c.username, users.c.password_hash).order_by(users.c.created_at)
    row = (await connection.execute(query)).first()
    return None if row is None else UserRow(*row)


async def insert_workspace(
    connection: AsyncConnection, workspace_id: str, name: str, user_id: str, role: str, now: datetime
) -> None:
    """A workspace with its first member."""
    await connection.execute(sa.insert(workspaces).values(id=workspace_id, name=name, created_at=now))
    await connection.execute(sa.insert(memberships).values(workspace_id=workspace_id, user_id=user_id, role=role))


async def membership(connection: AsyncConnection, user_id: str) -> tuple[str, str] | None:
    """The workspace and role of a user."""
    query = sa.select(memberships.c.workspace_id, memberships.c.role).where(memberships.c.user_id == user_id).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else (row.workspace_id, row.role)


async def insert_session(connection: AsyncConnection, session: SessionRow, now: datetime, address: str, user_agent: str) -> None:
    await connection.execute(
        sa.insert(sessions).values(
            token_hash=session.token_hash,
            user_id=session.user_id,
            workspace_id=session.workspace_id,
            csrf_token=session.csrf_token,
            created_at=now,
            expires_at=session.expires_at,
            address=address[:64],
            user_agent=user_agent[:255],
        )
    )


async def find_session(connection: AsyncConnection, token_hash: bytes, now: datetime) -> SessionRow | None:
    query = (
        sa.select(
            sessions.c.token_hash,
            users.c.id,
            users.c.email,
            users.c.username,
            sessions.c.workspace_id,
            memberships.c.role,
            sessions.c.csrf_token,
            sessions.c.expires_at,
        )
        .join(users, users.c.id == sessions.c.user_id)
        .join(memberships, sa.and_(memberships.c.user_id == users.c.id, memberships.c.workspace_id == sessions.c.workspace_id))
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else SessionRow(*row)


async def delete_session(connection: AsyncConnection, token_hash: bytes) -> None:
    await connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))


async def delete_expired_sessions(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
