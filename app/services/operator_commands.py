"""What the person at the server's own machine does by command; each deed is in the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.passwords import hash_password
from app.db import accounts as queries
from app.db import keys as key_queries
from app.db import links as link_queries
from app.db.accounts import UserRow
from app.db.keys import KeyRow
from app.db.session import Database
from app.services.accounts import checked_account
from app.services.audit import record_by_operator
from app.services.errors import not_found
from app.services.members import checked_role, insert_new
from app.services.people import make_reset_link
from app.services.two_step import remove


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key with its owner's username."""

    key: KeyRow
    owner: str


class OperatorCommands:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(self) -> Sequence[UserRow]:
        async with self._database.read() as connection:
            return await queries.all_users(connection)

    async def create_user(self, email: str, username: str, role: str, workspace_of: str) -> tuple[str, str]:
        """A user in the workspace of another one: their e-mail, and the token of the link where they choose a password."""
        password = secrets.token_urlsafe(32)
        chosen = checked_role(role)
        email, username = checked_account(email, username, password)
        user = UserRow(str(uuid4()), email, username, await hash_password(password))
        async with self._database.write() as connection:
            other = await queries.user_named(connection, workspace_of) if workspace_of else await queries.first_user(connection)
            place = await queries.membership(connection, other.id) if other else None
            if place is None:
                raise not_found("user", workspace_of or "of the first workspace")
            await insert_new(connection, user, place[0], chosen)
            await record_by_operator(connection, "member.add", f"{username}: {chosen}", place[0])
            return user.email, await make_reset_link(connection, user)

    async def reset_link(self, login: str) -> tuple[str, str]:
        """A user's e-mail, and the token of a link where they choose a new password."""
        async with self._database.write() as connection:
            user = await _user(connection, login)
            await record_by_operator(connection, "account.reset-link", user.username)
            return user.email, await make_reset_link(connection, user)

    async def set_disabled(self, login: str, disabled: bool) -> None:
        """A disabled user cannot sign in, their sessions end, and their keys are refused."""
        async with self._database.write() as connection:
            user = await _user(connection, login)
            await queries.change_user(connection, user.id, disabled_at=datetime.now(UTC) if disabled else None)
            if disabled:
                await queries.delete_sessions_of(connection, user.id)
                await link_queries.delete_invitations_by(connection, user.id)
            await record_by_operator(connection, "account.disable" if disabled else "account.enable", user.username)

    async def remove_second_step(self, login: str) -> None:
        """For those who have lost both app and recovery codes."""
        async with self._database.write() as connection:
            user = await _user(connection, login)
            await remove(connection, user.id)
            await record_by_operator(connection, "account.two-step.off", user.username)

    async def keys(self) -> Sequence[ListedKey]:
        async with self._database.read() as connection:
            return [ListedKey(key, owner.username) for key, owner in await key_queries.all_keys(connection)]

    async def revoke_key(self, key_id: str) -> str:
        """The name of the key that is dead now. Raises 404."""
        async with self._database.write() as connection:
            found = next((key for key, _ in await key_queries.all_keys(connection) if key.id == key_id), None)
            if found is None:
                raise not_found("key", key_id)
            await key_queries.delete(connection, found.workspace_id, key_id)
            await record_by_operator(connection, "key.revoke", found.name, found.workspace_id)
        return found.name


async def _user(connection: AsyncConnection, login: str) -> UserRow:
    found = await queries.user_named(connection, login)
    if found is None:
        raise not_found("user", login)
    return found
