"""Workspaces, who belongs to them, and with which role (contract.md G2, G23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.passwords import hash_password
from app.db import accounts as account_queries
from app.db import keys as key_queries
from app.db import links as link_queries
from app.db import workspaces as queries
from app.db.accounts import UserRow
from app.db.session import Database
from app.db.workspaces import MemberRow
from app.services.accounts import checked_account
from app.services.actors import Actor, Role
from app.services.audit import record
from app.services.errors import ServiceError, invalid, not_found
from app.services.permissions import ROLES, role_named
from app.services.texts import is_line

MAX_WORKSPACES: Final = 50


@dataclass(frozen=True, slots=True)
class Workspace:
    id: str
    name: str
    role: str
    is_current: bool
    created_at: datetime


class Members:
    """A workspace always keeps somebody who may manage it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def workspaces(self, actor: Actor) -> Sequence[Workspace]:
        """Those that the actor belongs to; of a key, the one that it is for."""
        actor.demand("workspaces.read")
        async with self._database.read() as connection:
            rows = await queries.workspaces_of(connection, actor.user_id)
        return [
            Workspace(row.id, row.name, row.role, row.id == actor.workspace_id, row.created_at)
            for row in rows
            if not actor.key_id or row.id == actor.workspace_id
        ]

    async def create_workspace(self, actor: Actor, name: str) -> Workspace:
        actor.demand("workspaces.write")
        if actor.key_id:
            raise ServiceError("FORBIDDEN", "A key belongs to one workspace and cannot make another.", 403)
        name, now, workspace_id = _checked_name(name), datetime.now(UTC), str(uuid4())
        async with self._database.write() as connection:
            if len(await queries.workspaces_of(connection, actor.user_id)) >= MAX_WORKSPACES:
                raise ServiceError("TOO_MANY_WORKSPACES", f"You may belong to {MAX_WORKSPACES} workspaces.", 409)
            await account_queries.insert_workspace(connection, workspace_id, name, actor.user_id, "admin", now)
            await record(connection, actor, "workspace.create", name)
        return Workspace(workspace_id, name, "admin", False, now)

    async def rename_workspace(self, actor: Actor, name: str) -> None:
        actor.demand("workspaces.write")
        name = _checked_name(name)
        async with self._database.write() as connection:
            await queries.rename(connection, actor.workspace_id, name)
            await record(connection, actor, "workspace.rename", name)

    async def switch(self, actor: Actor, workspace_id: str) -> None:
        """From now on the session works in this workspace, and so does the next one. Raises 404."""
        actor.demand("account.write")
        async with self._database.write() as connection:
            if await account_queries.role_in(connection, workspace_id[:36], actor.user_id) is None:
                raise not_found("workspace", workspace_id)
            await account_queries.change_user(connection, actor.user_id, workspace_id=workspace_id)
            if actor.session_id:
                await account_queries.move_session(connection, actor.session_id, workspace_id)

    async def list(self, actor: Actor) -> Sequence[MemberRow]:
        actor.demand("members.read")
        async with self._database.read() as connection:
            return await queries.members(connection, actor.workspace_id)

    async def add(self, actor: Actor, email: str, username: str, password: str, role: str) -> UserRow:
        """A new user who belongs to this workspace. Raises 400 with every problem, 409 when the name is taken."""
        actor.demand("members.write")
        chosen = checked_role(role)
        email, username = checked_account(email, username, password)
        user = UserRow(str(uuid4()), email, username, await hash_password(password))
        async with self._database.write() as connection:
            await insert_new(connection, user, actor.workspace_id, chosen)
            await record(connection, actor, "member.add", f"{username}: {chosen}")
        return user

    async def set_role(self, actor: Actor, user_id: str, role: str) -> None:
        """Raises 404 for those who are no members, 409 when nobody would be left to manage the workspace."""
        actor.demand("members.write")
        chosen = checked_role(role)
        async with self._database.write() as connection:
            member = await self._member(connection, actor, user_id)
            if chosen != "admin":
                await self._keep_an_admin(connection, actor, user_id)
                await link_queries.delete_invitations_by(connection, user_id, actor.workspace_id)
            await queries.set_role(connection, actor.workspace_id, user_id, chosen)
            await record(connection, actor, "member.role", f"{member.username}: {member.role} to {chosen}")

    async def remove(self, actor: Actor, user_id: str) -> None:
        """Ends their sessions here and revokes their keys of this workspace. Raises as `set_role`."""
        actor.demand("members.write")
        async with self._database.write() as connection:
            member = await self._member(connection, actor, user_id)
            await self._keep_an_admin(connection, actor, user_id)
            await key_queries.delete_of(connection, user_id, actor.workspace_id)
            await link_queries.delete_invitations_by(connection, user_id, actor.workspace_id)
            await queries.remove_member(connection, actor.workspace_id, user_id)
            await record(connection, actor, "member.remove", member.username)

    async def _member(self, connection: AsyncConnection, actor: Actor, user_id: str) -> MemberRow:
        rows = await queries.members(connection, actor.workspace_id)
        member = next((row for row in rows if row.user_id == user_id), None)
        if member is None:
            raise not_found("member", user_id)
        return member

    async def _keep_an_admin(self, connection: AsyncConnection, actor: Actor, leaving: str) -> None:
        rows = await queries.members(connection, actor.workspace_id)
        if not any(row.role == "admin" and row.user_id != leaving and row.disabled_at is None for row in rows):
            raise ServiceError("LAST_ADMIN", "Somebody must stay who may manage this workspace.", 409)


async def insert_new(connection: AsyncConnection, user: UserRow, workspace_id: str, role: Role) -> None:
    """A new user with a place in a workspace. Raises 409 when e-mail or username is taken."""
    for taken in (user.email, user.username):
        if await account_queries.user_named(connection, taken) is not None:
            raise ServiceError("NAME_TAKEN", "There is already a user with this e-mail or username.", 409)
    try:
        await account_queries.insert_user(connection, user, datetime.now(UTC))
    except IntegrityError:
        raise ServiceError("NAME_TAKEN", "There is already a user with this e-mail or username.", 409) from None
    await queries.add_member(connection, workspace_id, user.id, role)


def checked_role(role: str) -> Role:
    if role not in ROLES:
        raise invalid(f"`role` must be one of {', '.join(ROLES)}.", [{"field": "role", "message": "Choose a role."}])
    return role_named(role)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 100 or not is_line(name):
        raise invalid("Give the workspace a name of up to 100 characters.", [{"field": "name", "message": "Enter a name."}])
    return name
