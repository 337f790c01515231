"""Queries about users and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import identities, memberships, sessions, users, workspaces


@dataclass(frozen=True, slots=True)
class UserRow:
    id: str
    email: str
    username: str
    password_hash: str
    operator: bool = False
    disabled_at: datetime | None = None
    workspace_id: str | None = None
    """Where this person worked last."""
    totp_secret: bytes | None = None
    totp_step: int | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session with its user and that user's role in the session's workspace."""

    id: str
    token_hash: bytes
    kind: str
    user_id: str
    email: str
    username: str
    operator: bool
    workspace_id: str
    role: str
    csrf_token: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


_USER = tuple(users.c[name] for name in UserRow.__dataclass_fields__)
_SESSION = (
    sessions.c.id,
    sessions.c.token_hash,
    sessions.c.kind,
    users.c.id,
    users.c.email,
    users.c.username,
    users.c.operator,
    sessions.c.workspace_id,
    memberships.c.role,
    sessions.c.csrf_token,
    sessions.c.created_at,
    sessions.c.seen_at,
    sessions.c.expires_at,
    sessions.c.address,
    sessions.c.user_agent,
)


async def has_account(connection: AsyncConnection) -> bool:
    """Whether anybody can sign in; the local user of `--no-auth` has no password and cannot."""
    query = sa.select(sa.exists().where(users.c.password_hash != ""))
    return bool((await connection.execute(query)).scalar())


async def find_user(connection: AsyncConnection, login: str) -> UserRow | None:
    """The user with this e-mail or username who can sign in."""
    name = sa.or_(users.c.email == login.lower(), sa.func.lower(users.c.username) == login.lower())
    return await _user(connection, name, users.c.password_hash != "", users.c.disabled_at.is_(None))


async def get_user(connection: AsyncConnection, user_id: str) -> UserRow | None:
    return await _user(connection, users.c.id == user_id)


async def user_named(connection: AsyncConnection, login: str) -> UserRow | None:
    """By e-mail or username, whether or not this user can sign in."""
    return await _user(connection, sa.or_(users.c.email == login.lower(), sa.func.lower(users.c.username) == login.lower()))


async def local_user(connection: AsyncConnection) -> UserRow | None:
    return await _user(connection, users.c.password_hash == "")


async def first_user(connection: AsyncConnection) -> UserRow | None:
    return await _user(connection)


async def _user(connection: AsyncConnection, *conditions: sa.ColumnElement[bool]) -> UserRow | None:
    row = (await connection.execute(sa.select(*_USER).where(*conditions).order_by(users.c.created_at).limit(1))).first()
    return None if row is None else UserRow(*row)


async def all_users(connection: AsyncConnection) -> Sequence[UserRow]:
    return [UserRow(*row) for row in (await connection.execute(sa.select(*_USER).order_by(users.c.created_at))).all()]


async def insert_user(connection: AsyncConnection, user: UserRow, now: datetime) -> None:
    await connection.execute(sa.insert(users).values(**_values(user), created_at=now))


async def update_user(connection: AsyncConnection, user: UserRow) -> None:
    await connection.execute(sa.update(users).where(users.c.id == user.id).values(**_values(user)))


async def change_user(connection: AsyncConnection, user_id: str, **values: Any) -> bool:
    """Set some columns of a user. False when there is no such user."""
    return bool((await connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))).rowcount)


async def take_step(connection: AsyncConnection, user_id: str, step: int) -> bool:
    """Use up a time step of a user's codes. False when it, or a later one, was used before."""
    is_newer = sa.or_(users.c.totp_step.is_(None), users.c.totp_step < step)
    query = sa.update(users).where(users.c.id == user_id, is_newer).values(totp_step=step)
    return bool((await connection.execute(query)).rowcount)


def _values(user: UserRow) -> dict[str, Any]:
    return {name: getattr(user, name) for name in UserRow.__dataclass_fields__}


async def insert_workspace(
    connection: AsyncConnection, workspace_id: str, name: str, user_id: str, role: str, now: datetime
) -> None:
    """A workspace with its first member."""
    await connection.execute(sa.insert(workspaces).values(id=workspace_id, name=name, created_at=now))
    await connection.execute(sa.insert(memberships).values(workspace_id=workspace_id, user_id=user_id, role=role))


async def membership(connection: AsyncConnection, user_id: str) -> tuple[str, str] | None:
    """The workspace where a user worked last (else any of theirs), and the role there."""
    query = (
        sa.select(memberships.c.workspace_id, memberships.c.role)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.user_id == user_id)
        .order_by(sa.case((memberships.c.workspace_id == users.c.workspace_id, 0), else_=1), memberships.c.workspace_id)
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else (row.workspace_id, row.role)


async def role_in(connection: AsyncConnection, workspace_id: str, user_id: str) -> str | None:
    """The role of a user in one workspace; None for those who are no members."""
    query = sa.select(memberships.c.role).where(memberships.c.user_id == user_id, memberships.c.workspace_id == workspace_id)
    role: str | None = (await connection.execute(query)).scalar()
    return role


async def insert_session(connection: AsyncConnection, session: SessionRow) -> None:
    await connection.execute(
        sa.insert(sessions).values(
            id=session.id,
            token_hash=session.token_hash,
            kind=session.kind,
            user_id=session.user_id,
            workspace_id=session.workspace_id,
            csrf_token=session.csrf_token,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            address=session.address[:64],
            user_agent=session.user_agent[:255],
        )
    )


async def find_session(connection: AsyncConnection, token_hash: bytes, kind: str, now: datetime) -> SessionRow | None:
    query = (
        sa.select(*_SESSION)
        .join(users, users.c.id == sessions.c.user_id)
        .join(memberships, sa.and_(memberships.c.user_id == users.c.id, memberships.c.workspace_id == sessions.c.workspace_id))
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.kind == kind,
            sessions.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
    )
    row = (await connection.execute(query)).first()
    return None if row is None else SessionRow(*tuple(row))


async def sessions_of(connection: AsyncConnection, user_id: str, now: datetime) -> Sequence[SessionRow]:
    """A user's sessions that have not expired, the last used first."""
    query = (
        sa.select(*_SESSION)
        .join(users, users.c.id == sessions.c.user_id)
        .join(memberships, sa.and_(memberships.c.user_id == users.c.id, memberships.c.workspace_id == sessions.c.workspace_id))
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc())
    )
    return [SessionRow(*tuple(row)) for row in (await connection.execute(query)).all()]


async def touch_session(connection: AsyncConnection, session_id: str, now: datetime, address: str) -> None:
    await connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(seen_at=now, address=address[:64]))


async def move_session(connection: AsyncConnection, session_id: str, workspace_id: str) -> None:
    """From now on this session works in another workspace."""
    await connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(workspace_id=workspace_id))


async def delete_session(connection: AsyncConnection, user_id: str, session_id: str) -> bool:
    """False when this user has no such session."""
    query = sa.delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id == session_id)
    return bool((await connection.execute(query)).rowcount)


async def delete_sessions_of(connection: AsyncConnection, user_id: str, *, but: str = "") -> None:
    """End all sessions of a user, except one that is named."""
    await connection.execute(sa.delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != but))


async def delete_expired_sessions(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))


async def user_of_identity(connection: AsyncConnection, issuer: str, subject: str) -> UserRow | None:
    """Who this is, according to an OpenID provider."""
    query = sa.select(identities.c.user_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
    user_id = (await connection.execute(query)).scalar()
    return None if user_id is None else await get_user(connection, user_id)


async def insert_identity(connection: AsyncConnection, issuer: str, subject: str, user_id: str, now: datetime) -> None:
    values = {"issuer": issuer, "subject": subject, "user_id": user_id, "created_at": now}
    await connection.execute(sa.insert(identities).values(values))
