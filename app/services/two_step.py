"""The second step of signing in: codes of an authenticator app, each taken once, and recovery codes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pyotp
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.passwords import verify_password
from app.adapters.vault import Vault
from app.db import accounts as queries
from app.db import links
from app.db.accounts import UserRow
from app.db.session import Database
from app.sdk.lazy import lazy
from app.services.actors import Actor
from app.services.audit import record
from app.services.errors import ServiceError, invalid, not_found

if TYPE_CHECKING:
    import segno
else:
    segno = lazy("segno")

ISSUER: Final = "Blockyard"
STEP_SECONDS: Final = 30
WINDOW: Final = 1
RECOVERY_CODES: Final = 10
PENDING_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person scans or types into the app."""

    secret: str
    address: str
    picture: str
    """The address as a QR code, as SVG."""


class TwoStep:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def is_on(self, actor: Actor) -> bool:
        async with self._database.read() as connection:
            user = await queries.get_user(connection, actor.user_id)
        return user is not None and user.totp_secret is not None

    def begin(self, actor: Actor) -> Enrolment:
        """A new secret. Nothing is stored before a code shows that the app has it."""
        return self.enrolment(actor, pyotp.random_base32())

    def enrolment(self, actor: Actor, secret: str) -> Enrolment:
        """The same secret once more, after a code that did not fit."""
        secret = _checked_secret(secret)
        address = pyotp.TOTP(secret).provisioning_uri(name=actor.email, issuer_name=ISSUER)
        return Enrolment(secret, address, segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff"))

    async def confirm(self, actor: Actor, secret: str, code: str, password: str) -> list[str]:
        """Switch it on; returns the recovery codes, which nobody can read again. Raises 400 for a wrong code or password."""
        user = await self._check_password(actor, password)
        if user.totp_secret is not None:
            raise ServiceError("ALREADY_ON", "The second step is on already. Switch it off first.", 409)
        secret = _checked_secret(secret)
        step = _step_of(secret, code)
        if step is None:
            raise invalid("This code does not fit. Look at the app's newest one.", [{"field": "code", "message": "Try again."}])
        codes = ["-".join((secrets.token_hex(5), secrets.token_hex(5))) for _ in range(RECOVERY_CODES)]
        async with self._database.write() as connection:
            sealed = self._vault.seal(secret, actor.user_id)
            await queries.change_user(connection, actor.user_id, totp_secret=sealed, totp_step=step)
            await links.replace_recovery_codes(connection, actor.user_id, [_digest(text) for text in codes])
            await queries.delete_sessions_of(connection, actor.user_id, but=actor.session_id)
            await record(connection, actor, "account.two-step.on", actor.username)
        return codes

    async def switch_off(self, actor: Actor, password: str) -> None:
        """Raises 400 for a wrong password."""
        await self._check_password(actor, password)
        async with self._database.write() as connection:
            await remove(connection, actor.user_id)
            await record(connection, actor, "account.two-step.off", actor.username)

    async def passes(self, user: UserRow, code: str) -> bool:
        """Whether a code of the app, or a recovery code, is right and has not been used. It is used up by this."""
        if user.totp_secret is None:
            return True
        step = _step_of(self._vault.unseal(user.totp_secret, user.id), code)
        async with self._database.write() as connection:
            if step is not None:
                return await queries.take_step(connection, user.id, step)
            return await links.take_recovery_code(connection, user.id, _digest(code.strip().lower()))

    def pending(self, user: UserRow, now: datetime) -> str:
        """Shows for a few minutes that this person's password was right."""
        until = int(now.timestamp()) + PENDING_SECONDS
        return f"{user.id}.{until}.{self._proof(user, until)}"

    async def pending_user(self, pending: str, now: datetime) -> UserRow:
        """Raises 401 when this is forged or took too long."""
        user_id, _, rest = pending.partition(".")
        until, _, proof = rest.partition(".")
        async with self._database.read() as connection:
            user = await queries.get_user(connection, user_id[:36])
        fits = user is not None and until.isascii() and until.isdigit() and len(until) < 12
        if user is None or not fits or not hmac.compare_digest(proof.encode(), self._proof(user, int(until)).encode()):
            raise ServiceError("UNAUTHORIZED", "Sign in once more.", 401)
        if int(until) < now.timestamp() or user.disabled_at is not None:
            raise ServiceError("UNAUTHORIZED", "That took too long. Sign in once more.", 401)
        return user

    def _proof(self, user: UserRow, until: int) -> str:
        return self._vault.fingerprint(f"second-step:{user.id}:{until}:{user.password_hash}")

    async def _check_password(self, actor: Actor, password: str) -> UserRow:
        async with self._database.read() as connection:
            user = await queries.get_user(connection, actor.user_id)
        if user is None:
            raise not_found("user", actor.user_id)
        if not await verify_password(user.password_hash or None, password[:1_000]):
            raise invalid("This is not your password.", [{"field": "password", "message": "Enter your password."}])
        return user


async def remove(connection: AsyncConnection, user_id: str) -> None:
    """Switch the second step off for a user."""
    await queries.change_user(connection, user_id, totp_secret=None, totp_step=None)
    await links.replace_recovery_codes(connection, user_id, [])


def _checked_secret(secret: str) -> str:
    if len(secret) != 32 or not set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise invalid("This secret is none. Begin once more.")
    return secret


def _step_of(secret: str, code: str) -> int | None:
    """The time step that a code belongs to; None when it does not fit any that is near."""
    code = "".join(code.split())
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    now = int(time.time()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    steps = range(now - WINDOW, now + WINDOW + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)), None)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
