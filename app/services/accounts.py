"""People: the owner's account, signing in and out, sessions (security.md)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.adapters.passwords import hash_password, verify_password
from app.db import accounts as queries
from app.db.accounts import SessionRow, UserRow
from app.db.session import Database
from app.services.actors import Actor, Role
from app.services.errors import ServiceError, invalid
from app.services.throttle import Throttle

SESSION_LIFE = timedelta(days=30)
MIN_PASSWORD = 10
MAX_PASSWORD = 1_000


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser gets: the token goes into its cookie and is stored nowhere."""

    token: str
    actor: Actor
    created_at: datetime
    expires_at: datetime


class Accounts:
    """`setup_token` is asked for by the setup page where it can be reached from other machines."""

    def __init__(self, database: Database, setup_token: str = "") -> None:
        self._database = database
        self._setup_token = setup_token
        self._throttle = Throttle()
        self._has_account = False

    @property
    def needs_token(self) -> bool:
        return bool(self._setup_token)

    async def needs_setup(self) -> bool:
        """Whether nobody can sign in yet."""
        if not self._has_account:
            async with self._database.read() as connection:
                self._has_account = await queries.has_account(connection)
        return not self._has_account

    async def create_owner(
        self, email: str, username: str, password: str, token: str, address: str, user_agent: str
    ) -> NewSession:
        """Make the first account and sign it in. Raises 409 when there is one, 403 for a wrong setup token."""
        if self._throttle.wait(f"setup:{address}") > 0:
            raise _too_many(self._throttle.wait(f"setup:{address}"))
        if self._setup_token and not hmac.compare_digest(token.strip().encode(), self._setup_token.encode()):
            self._throttle.failed(f"setup:{address}")
            raise ServiceError("SETUP_TOKEN_WRONG", "The setup token is not the one printed in the terminal.", 403)
        email, username = _checked(email, username, password)
        hashed = await hash_password(password)
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            if await queries.has_account(connection):
                raise ServiceError("ALREADY_SET_UP", "The owner's account exists already. Sign in instead.", 409)
            local = await queries.local_user(connection)
            user = UserRow(local.id if local else str(uuid4()), email, username, hashed)
            if local:
                await queries.update_user(connection, user)
            else:
                await queries.insert_user(connection, user, now)
                await queries.insert_workspace(connection, str(uuid4()), "My workspace", user.id, "admin", now)
        self._has_account = True
        return await self._open_session(user, address, user_agent)

    async def sign_in(self, login: str, password: str, address: str, user_agent: str) -> NewSession:
        """Open a session. Raises 401 with one answer for every reason, 429 after too many failures."""
        login = login.strip()[:254]
        keys = (f"address:{address}", f"login:{login.lower()}")
        wait = self._throttle.wait(*keys)
        if wait > 0:
            raise _too_many(wait)
        async with self._database.read() as connection:
            user = await queries.find_user(connection, login)
        if not await verify_password(user.password_hash if user else None, password[:MAX_PASSWORD]) or user is None:
            self._throttle.failed(*keys)
            raise ServiceError("UNAUTHORIZED", "E-mail or username and password do not fit together.", 401)
        self._throttle.succeeded(*keys)
        return await self._open_session(user, address, user_agent)

    async def sign_out(self, actor: Actor) -> None:
        async with self._database.write() as connection:
            await queries.delete_session(connection, actor.session_hash)

    async def find(self, token: str) -> Actor | None:
        """The actor of a session cookie, or None when it is unknown, expired or revoked."""
        async with self._database.read() as connection:
            row = await queries.find_session(connection, _digest(token), datetime.now(UTC))
        return None if row is None else _actor(row)

    async def local_actor(self) -> Actor:
        """Who works while authentication is off: the owner when there is one, else a local user without password."""
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            user = await queries.first_user(connection)
            if user is None:
                user = UserRow(str(uuid4()), "local@localhost", "local", "")
                await queries.insert_user(connection, user, now)
                await queries.insert_workspace(connection, str(uuid4()), "My workspace", user.id, "admin", now)
            workspace_id, role = await queries.membership(connection, user.id) or ("", "viewer")
        return Actor(user.id, user.username, user.email, workspace_id, _role(role))

    async def _open_session(self, user: UserRow, address: str, user_agent: str) -> NewSession:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        async with self._database.write() as connection:
            await queries.delete_expired_sessions(connection, now)
            workspace_id, role = await queries.membership(connection, user.id) or ("", "viewer")
            row = SessionRow(
                _digest(token),
                user.id,
                user.email,
                user.username,
                workspace_id,
                role,
                secrets.token_urlsafe(32),
                now + SESSION_LIFE,
            )
            await queries.insert_session(connection, row, now, address, user_agent)
        return NewSession(token, _actor(row), now, row.expires_at)


def _actor(row: SessionRow) -> Actor:
    return Actor(row.user_id, row.username, row.email, row.workspace_id, _role(row.role), row.csrf_token, row.token_hash)


def _role(name: str) -> Role:
    roles: dict[str, Role] = {"viewer": "viewer", "executor": "executor", "editor": "editor", "admin": "admin"}
    return roles[name]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _too_many(wait: float) -> ServiceError:
    seconds = int(wait) + 1
    return ServiceError("TOO_MANY_TRIES", f"Too many failed tries. Wait {seconds} seconds.", 429, data={"retry_after": seconds})


def _checked(email: str, username: str, password: str) -> tuple[str, str]:
    """Raises 400 with every problem of a new account."""
    email, username = email.strip().lower(), username.strip()
    problems = []
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,189}", email):
        problems.append({"field": "email", "message": "Enter an e-mail address such as you@example.com."})
    if not re.fullmatch(r"[A-Za-z0-9._-]{2,64}", username):
        problems.append({"field": "username", "message": "Use 2 to 64 letters, digits, dots, dashes or underscores."})
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        problems.append({"field": "password", "message": f"Use at least {MIN_PASSWORD} characters."})
    if problems:
        raise invalid("Some of this does not fit: " + " ".join(str(problem["message"]) for problem in problems), problems)
    return email, username
