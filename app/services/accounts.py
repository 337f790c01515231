"""People come in: the owner's account, signing in and out, and who stands behind a cookie or a token (security.md)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.adapters.passwords import hash_password, verify_password
from app.adapters.tokens import Tokens
from app.adapters.vault import Vault
from app.db import accounts as queries
from app.db.accounts import SessionRow, UserRow
from app.db.audit import Deed
from app.db.audit import append as append_deed
from app.db.session import Database
from app.services.actors import Actor
from app.services.api_keys import PREFIX, ApiKeys
from app.services.audit import record
from app.services.errors import ServiceError, invalid, not_found
from app.services.permissions import role_named
from app.services.texts import is_email
from app.services.throttle import Throttle
from app.services.two_step import TwoStep

SESSION_LIFE = timedelta(days=30)
TOKEN_LIFE = timedelta(days=1)
USE_IS_NOTED_EVERY = timedelta(minutes=5)
MIN_PASSWORD = 10
MAX_PASSWORD = 1_000
BROWSER, PROGRAM = "browser", "token"


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the caller gets: `token` goes into a cookie, or is a signed token, and is stored nowhere."""

    token: str
    actor: Actor
    created_at: datetime
    expires_at: datetime


class Accounts:
    """`setup_token` is asked for by the setup page where it can be reached from other machines."""

    def __init__(self, database: Database, vault: Vault, setup_token: str = "") -> None:
        self._database = database
        self._setup_token = setup_token
        self._throttle = Throttle()
        self._has_account = False
        self._tokens = Tokens(vault.fingerprint("json web tokens"))
        self.keys = ApiKeys(database)
        self.two_step = TwoStep(database, vault)

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
        user = await self.make_owner(email, username, password, token, address)
        return await self._open_session(user, BROWSER, address, user_agent)

    async def make_owner(self, email: str, username: str, password: str, token: str, address: str) -> UserRow:
        """The first account, which may do everything. Raises as `create_owner`."""
        self._refuse_when_throttled(f"setup:{address}")
        if self._setup_token and not hmac.compare_digest(token.strip().encode(), self._setup_token.encode()):
            self._throttle.failed(f"setup:{address}")
            raise ServiceError("SETUP_TOKEN_WRONG", "The setup token is not the one printed in the terminal.", 403)
        email, username = checked_account(email, username, password)
        hashed = await hash_password(password)
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            if await queries.has_account(connection):
                raise ServiceError("ALREADY_SET_UP", "The owner's account exists already. Sign in instead.", 409)
            local = await queries.local_user(connection)
            user = UserRow(local.id if local else str(uuid4()), email, username, hashed, operator=True)
            if local:
                await queries.update_user(connection, user)
            else:
                await queries.insert_user(connection, user, now)
                await queries.insert_workspace(connection, str(uuid4()), "My workspace", user.id, "admin", now)
        self._has_account = True
        return user

    async def sign_in(
        self, login: str, password: str, address: str, user_agent: str, *, code: str = "", kind: str = BROWSER
    ) -> NewSession:
        """Open a session. Raises 401 with one answer for every reason, 429 after too many failures.

        With two steps a right password alone is answered by 401 CODE_NEEDED, whose `pending` the second step takes.
        """
        login = login.strip()[:254]
        keys = (f"address:{address}", f"login:{login.lower()}")
        self._refuse_when_throttled(*keys)
        async with self._database.read() as connection:
            user = await queries.find_user(connection, login)
        if not await verify_password(user.password_hash if user else None, password[:MAX_PASSWORD]) or user is None:
            self._throttle.failed(*keys)
            await self._note_refusal(user, address)
            raise ServiceError("UNAUTHORIZED", "E-mail or username and password do not fit together.", 401)
        if user.totp_secret is not None:
            if not code:
                pending = self.two_step.pending(user, datetime.now(UTC))
                raise ServiceError("CODE_NEEDED", "Enter the code that your app shows.", 401, data={"pending": pending})
            await self._take_code(user, code, address)
        self._throttle.succeeded(*keys)
        return await self._open_session(user, kind, address, user_agent)

    async def finish_sign_in(self, pending: str, code: str, address: str, user_agent: str) -> NewSession:
        """The second step. Raises 401 for a wrong or used code, 429 after too many."""
        user = await self.two_step.pending_user(pending, datetime.now(UTC))
        await self._take_code(user, code, address)
        return await self._open_session(user, BROWSER, address, user_agent)

    async def sign_out(self, actor: Actor) -> None:
        async with self._database.write() as connection:
            await queries.delete_session(connection, actor.user_id, actor.session_id)

    async def find(self, token: str) -> Actor | None:
        """The actor of a session cookie, or None when it is unknown, expired or revoked."""
        return await self._of_session(token, BROWSER, "")

    async def find_bearer(self, token: str, address: str) -> Actor | None:
        """The actor of an API key or a signed token. Raises 403 for a key that is used from a foreign address."""
        if token.startswith(PREFIX):
            return await self.keys.find(token, address)
        session = self._tokens.session_of(token)
        return await self._of_session(session, PROGRAM, address) if session else None

    async def at_work_in(self, actor: Actor, workspace_id: str) -> Actor:
        """The same person in another workspace. Raises 404 where they are no member; a key belongs to one workspace."""
        if workspace_id == actor.workspace_id:
            return actor
        async with self._database.read() as connection:
            role = None if actor.key_id else await queries.role_in(connection, workspace_id[:36], actor.user_id)
        if role is None:
            raise not_found("workspace", workspace_id)
        return replace(actor, workspace_id=workspace_id, role=role_named(role))

    async def local_actor(self) -> Actor:
        """Who works while authentication is off: the owner when there is one, else a local user without password."""
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            user = await queries.first_user(connection)
            if user is None:
                user = UserRow(str(uuid4()), "local@localhost", "local", "", operator=True)
                await queries.insert_user(connection, user, now)
                await queries.insert_workspace(connection, str(uuid4()), "My workspace", user.id, "admin", now)
            workspace_id, role = await queries.membership(connection, user.id) or ("", "viewer")
        return Actor(user.id, user.username, user.email, workspace_id, role_named(role), operator=True)

    async def open_for(self, user: UserRow, address: str, user_agent: str) -> NewSession:
        """A session for somebody who has just shown by a link who they are."""
        return await self._open_session(user, BROWSER, address, user_agent)

    async def _take_code(self, user: UserRow, code: str, address: str) -> None:
        keys = (f"code:{user.id}", f"address:{address}")
        self._refuse_when_throttled(*keys)
        if not await self.two_step.passes(user, code[:100]):
            self._throttle.failed(*keys)
            await self._note_refusal(user, address)
            raise ServiceError("UNAUTHORIZED", "This code is wrong, or it was used before. Wait for the next one.", 401)
        self._throttle.succeeded(*keys)

    async def _of_session(self, token: str, kind: str, address: str) -> Actor | None:
        now = datetime.now(UTC)
        async with self._database.read() as connection:
            row = await queries.find_session(connection, _digest(token), kind, now)
        if row is None:
            return None
        if now - row.seen_at > USE_IS_NOTED_EVERY:
            async with self._database.write(counts=False) as connection:
                await queries.touch_session(connection, row.id, now, address or row.address)
        return _actor(row)

    async def _open_session(self, user: UserRow, kind: str, address: str, user_agent: str) -> NewSession:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        ends = now + (SESSION_LIFE if kind == BROWSER else TOKEN_LIFE)
        async with self._database.write() as connection:
            await queries.delete_expired_sessions(connection, now)
            place = await queries.membership(connection, user.id)
            if place is None:
                raise ServiceError("NO_WORKSPACE", "You are a member of no workspace. Ask somebody to invite you.", 403)
            row = SessionRow(
                str(uuid4()),
                _digest(token),
                kind,
                user.id,
                user.email,
                user.username,
                user.operator,
                *place,
                secrets.token_urlsafe(32),
                now,
                now,
                ends,
                address,
                user_agent,
            )
            await queries.insert_session(connection, row)
            actor = replace(_actor(row), address=address)
            await record(connection, actor, "session.open", user.username)
        shown = token if kind == BROWSER else self._tokens.issue(user.id, token, ends)
        return NewSession(shown, actor, now, ends)

    async def _note_refusal(self, user: UserRow | None, address: str) -> None:
        """Failed tries are written down for people that exist: what else was typed could be a password."""
        if user is None:
            return
        async with self._database.write(counts=False) as connection:
            place = await queries.membership(connection, user.id)
            deed = Deed(place[0] if place else None, user.id, user.username, "session.refused", user.username, address)
            await append_deed(connection, deed, datetime.now(UTC))

    def _refuse_when_throttled(self, *keys: str) -> None:
        wait = self._throttle.wait(*keys)
        if wait > 0:
            raise _too_many(wait)


def _actor(row: SessionRow) -> Actor:
    return Actor(
        row.user_id, row.username, row.email, row.workspace_id, role_named(row.role), row.csrf_token, row.id, row.operator
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _too_many(wait: float) -> ServiceError:
    seconds = int(wait) + 1
    return ServiceError("TOO_MANY_TRIES", f"Too many failed tries. Wait {seconds} seconds.", 429, data={"retry_after": seconds})


def checked_account(email: str, username: str, password: str) -> tuple[str, str]:
    """Raises 400 with every problem of a new account. Without an e-mail there is one that reaches nobody."""
    username = username.strip()
    email = email.strip().lower() or f"{username.lower()}@localhost"
    problems = []
    if not is_email(email):
        problems.append({"field": "email", "message": "Enter an e-mail address such as you@example.com."})
    if not re.fullmatch(r"[A-Za-z0-9._-]{2,64}", username):
        problems.append({"field": "username", "message": "Use 2 to 64 letters, digits, dots, dashes or underscores."})
    problems += password_problems(password)
    if problems:
        raise invalid("Some of this does not fit: " + " ".join(str(problem["message"]) for problem in problems), problems)
    return email, username


def password_problems(password: str) -> list[dict[str, str]]:
    """What is wrong with a new password."""
    if MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return []
    return [{"field": "password", "message": f"Use at least {MIN_PASSWORD} characters."}]
