"""What people do about themselves, and the links that let somebody in once (security.md)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.passwords import hash_password, verify_password
from app.db import accounts as queries
from app.db import links as link_queries
from app.db import workspaces as workspace_queries
from app.db.accounts import SessionRow, UserRow
from app.db.links import LinkRow
from app.db.session import Database
from app.services.accounts import MAX_PASSWORD, Accounts, NewSession, checked_account, password_problems
from app.services.actors import Actor
from app.services.audit import record
from app.services.errors import ServiceError, invalid, not_found
from app.services.members import checked_role, insert_new
from app.services.permissions import role_named
from app.services.texts import is_email

INVITE, RESET = "invite", "reset"
INVITE_LIFE: Final = timedelta(days=7)
RESET_LIFE: Final = timedelta(hours=24)
MAX_INVITATIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Invitation:
    """What somebody with an invitation may know before following it."""

    id: str
    workspace: str
    role: str
    email: str
    expires_at: datetime


class People:
    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def sessions(self, actor: Actor) -> Sequence[SessionRow]:
        """Where this person is signed in."""
        actor.demand("account.write")
        async with self._database.read() as connection:
            return await queries.sessions_of(connection, actor.user_id, datetime.now(UTC))

    async def end_session(self, actor: Actor, session_id: str) -> None:
        """Raises 404 for a session of somebody else or none."""
        actor.demand("account.write")
        async with self._database.write() as connection:
            if not await queries.delete_session(connection, actor.user_id, session_id):
                raise not_found("session", session_id)
            await record(connection, actor, "session.end", actor.username)

    async def end_other_sessions(self, actor: Actor) -> None:
        actor.demand("account.write")
        async with self._database.write() as connection:
            await queries.delete_sessions_of(connection, actor.user_id, but=actor.session_id)
            await record(connection, actor, "session.end-others", actor.username)

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Ends all other sessions. Raises 400 when the old one is wrong or the new one too short."""
        actor.demand("account.write")
        async with self._database.read() as connection:
            user = await queries.get_user(connection, actor.user_id)
        if user is None or not await verify_password(user.password_hash or None, old[:MAX_PASSWORD]):
            raise invalid("This is not your password.", [{"field": "old", "message": "Enter your password of today."}])
        _check_password(new)
        hashed = await hash_password(new)
        async with self._database.write() as connection:
            await queries.change_user(connection, actor.user_id, password_hash=hashed)
            await queries.delete_sessions_of(connection, actor.user_id, but=actor.session_id)
            await record(connection, actor, "account.password", actor.username)

    # -- invitations ---------------------------------------------------------------------------------------------------

    async def invite(self, actor: Actor, email: str, role: str) -> tuple[Invitation, str]:
        """A link into this workspace, for one person, and its token, which is shown once."""
        actor.demand("members.write")
        chosen, email = checked_role(role), email.strip().lower()
        if email and not is_email(email):
            raise invalid("Enter an e-mail address such as you@example.com.", [{"field": "email", "message": "is no address"}])
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        link = LinkRow(
            str(uuid4()), _digest(token), INVITE, actor.workspace_id, None, chosen, email, actor.user_id, now, now + INVITE_LIFE
        )
        async with self._database.write() as connection:
            await link_queries.delete_expired(connection, now)
            if len(await link_queries.invitations(connection, actor.workspace_id, now)) >= MAX_INVITATIONS:
                raise ServiceError("TOO_MANY_INVITATIONS", "Withdraw some of the open invitations first.", 409)
            await link_queries.insert(connection, link)
            await record(connection, actor, "member.invite", f"{email or 'anybody with the link'}: {chosen}")
            name = await workspace_queries.name_of(connection, actor.workspace_id)
        return Invitation(link.id, name, chosen, email, link.expires_at), token

    async def invitations(self, actor: Actor) -> Sequence[Invitation]:
        """Those that nobody has followed yet."""
        actor.demand("members.read")
        async with self._database.read() as connection:
            rows = await link_queries.invitations(connection, actor.workspace_id, datetime.now(UTC))
            name = await workspace_queries.name_of(connection, actor.workspace_id)
        return [Invitation(row.id, name, row.role or "", row.email, row.expires_at) for row in rows]

    async def withdraw(self, actor: Actor, invitation_id: str) -> None:
        actor.demand("members.write")
        async with self._database.write() as connection:
            if not await link_queries.delete_invitation(connection, actor.workspace_id, invitation_id):
                raise not_found("invitation", invitation_id)
            await record(connection, actor, "member.uninvite", invitation_id)

    async def look_at_invitation(self, token: str) -> Invitation:
        """Raises 404 for a link that is unknown, used up or too old."""
        async with self._database.read() as connection:
            link = await self._link(connection, token, INVITE)
            name = await workspace_queries.name_of(connection, link.workspace_id or "")
        return Invitation(link.id, name, link.role or "", link.email, link.expires_at)

    async def join(self, actor: Actor, token: str) -> None:
        """Somebody who has an account follows an invitation."""
        async with self._database.write() as connection:
            link = await self._use(connection, token, INVITE)
            workspace_id = link.workspace_id or ""
            if await queries.role_in(connection, workspace_id, actor.user_id) is not None:
                raise ServiceError("ALREADY_MEMBER", "You belong to this workspace already.", 409)
            await workspace_queries.add_member(connection, workspace_id, actor.user_id, link.role or "viewer")
            await queries.change_user(connection, actor.user_id, workspace_id=workspace_id)
            if actor.session_id:
                await queries.move_session(connection, actor.session_id, workspace_id)
            await record(connection, _within(actor, link), "member.join", f"{actor.username}: {link.role}")

    async def join_as_new(
        self, token: str, email: str, username: str, password: str, address: str, user_agent: str
    ) -> NewSession:
        """Somebody without an account follows an invitation and is signed in. Raises 400, 404, 409."""
        await self.look_at_invitation(token)
        email, username = checked_account(email, username, password)
        hashed = await hash_password(password)
        async with self._database.write() as connection:
            link = await self._use(connection, token, INVITE)
            user = UserRow(str(uuid4()), email, username, hashed, workspace_id=link.workspace_id)
            role = role_named(link.role or "viewer")
            await insert_new(connection, user, link.workspace_id or "", role)
            newcomer = Actor(user.id, username, email, link.workspace_id or "", role, address=address)
            await record(connection, newcomer, "member.join", f"{username}: {role}")
        return await self._accounts.open_for(user, address, user_agent)

    # -- new passwords -------------------------------------------------------------------------------------------------

    async def reset_password(self, token: str, password: str, address: str) -> None:
        """Set a new password by a link, once; ends every session. Raises 404 for a bad link, 400 for a bad password."""
        async with self._database.read() as connection:
            await self._link(connection, token, RESET)
        _check_password(password)
        hashed = await hash_password(password)
        async with self._database.write() as connection:
            link = await self._use(connection, token, RESET)
            user = await queries.get_user(connection, link.user_id or "")
            if user is None or user.disabled_at is not None:
                raise not_found("link", "")
            await queries.change_user(connection, user.id, password_hash=hashed)
            await queries.delete_sessions_of(connection, user.id)
            place = await queries.membership(connection, user.id) or ("", "viewer")
            actor = Actor(user.id, user.username, user.email, place[0], role_named(place[1]), address=address)
            await record(connection, actor, "account.reset", user.username)

    async def check_reset(self, token: str) -> None:
        """Raises 404 for a link that is unknown, used up or too old."""
        async with self._database.read() as connection:
            await self._link(connection, token, RESET)

    async def _link(self, connection: AsyncConnection, token: str, kind: str) -> LinkRow:
        link = await link_queries.find(connection, _digest(token[:200]), kind, datetime.now(UTC))
        if link is None:
            raise ServiceError("LINK_NOT_FOUND", "This link is not valid any more. Ask for a new one.", 404)
        return link

    async def _use(self, connection: AsyncConnection, token: str, kind: str) -> LinkRow:
        link = await self._link(connection, token, kind)
        await link_queries.take(connection, link.id)
        return link


async def make_reset_link(connection: AsyncConnection, user: UserRow) -> str:
    """A new password link for a user; earlier ones end. Returns its token, which is stored nowhere."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    await link_queries.delete_resets(connection, user.id)
    link = LinkRow(str(uuid4()), _digest(token), RESET, None, user.id, None, user.email, None, now, now + RESET_LIFE)
    await link_queries.insert(connection, link)
    return token


def _within(actor: Actor, link: LinkRow) -> Actor:
    return Actor(
        actor.user_id,
        actor.username,
        actor.email,
        link.workspace_id or "",
        role_named(link.role or "viewer"),
        address=actor.address,
        request_id=actor.request_id,
    )


def _check_password(password: str) -> None:
    problems = password_problems(password)
    if problems:
        raise invalid(problems[0]["message"], problems)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
