"""API keys: for programs, with scopes, shown once, stored as a hash (contract.md C13, G1)."""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from app.db import keys as queries
from app.db.keys import KeyOwner, KeyRow
from app.db.session import Database
from app.services.actors import Actor
from app.services.audit import record
from app.services.errors import ServiceError, invalid, not_found
from app.services.networks import is_within, network
from app.services.permissions import SCOPES, role_named
from app.services.texts import is_line

PREFIX: Final = "by_live_"
RANDOM_CHARACTERS: Final = 40
LETTERS: Final = string.ascii_letters + string.digits
MAX_KEYS: Final = 200
MAX_ADDRESSES: Final = 20
USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed; `hint` is how its token begins."""

    id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    owner: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    used_from: str

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class ApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor) -> Sequence[ApiKey]:
        actor.demand("keys.read")
        async with self._database.read() as connection:
            return [_listed(row, owner) for row, owner in await queries.listed(connection, actor.workspace_id)]

    async def create(
        self,
        actor: Actor,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None = None,
        addresses: Sequence[str] = (),
    ) -> tuple[ApiKey, str]:
        """A new key of this actor's and its token, which nobody can read again. Raises 400 naming what does not fit."""
        actor.demand("keys.write")
        now = datetime.now(UTC)
        name = _checked_name(name)
        chosen = _checked_scopes(actor, scopes)
        networks = _checked_addresses(addresses)
        if expires_at is not None and expires_at <= now:
            raise _problem("expires_at", "The end must be in the future.")
        token = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(RANDOM_CHARACTERS))
        row = KeyRow(
            str(uuid4()),
            actor.workspace_id,
            actor.user_id,
            name,
            digest(token),
            token[: len(PREFIX) + 4],
            " ".join(chosen),
            " ".join(networks),
            now,
            expires_at,
            None,
            None,
        )
        async with self._database.write() as connection:
            if await queries.count(connection, actor.workspace_id) >= MAX_KEYS:
                raise ServiceError("TOO_MANY_KEYS", f"A workspace may have {MAX_KEYS} keys. Revoke one first.", 409)
            if actor.key_id:
                _refuse_longer_life(await queries.listed(connection, actor.workspace_id), actor.key_id, expires_at)
            await queries.insert(connection, row)
            await record(connection, actor, "key.create", f"{name} ({row.hint}…)")
        return _listed(row, KeyOwner(actor.email, actor.username, actor.operator, actor.role)), token

    async def revoke(self, actor: Actor, key_id: str) -> None:
        """Raises 404 for a key of another workspace or none."""
        actor.demand("keys.write")
        async with self._database.write() as connection:
            name = await queries.delete(connection, actor.workspace_id, key_id)
            if name is None:
                raise not_found("key", key_id)
            await record(connection, actor, "key.revoke", name)

    async def find(self, token: str, address: str) -> Actor | None:
        """Who calls with this token; None when it is unknown, expired or revoked. Raises 403 from a foreign address."""
        now = datetime.now(UTC)
        async with self._database.read() as connection:
            found = await queries.find(connection, digest(token), now)
        if found is None:
            return None
        row, owner = found
        if row.addresses and not is_within(address, [network(text) for text in row.addresses.split()]):
            raise ServiceError("ADDRESS_NOT_ALLOWED", "This key may not be used from this address.", 403)
        if row.used_at is None or now - row.used_at > USE_IS_NOTED_EVERY:
            async with self._database.write(counts=False) as connection:
                await queries.used(connection, row.id, now, address)
        return Actor(
            row.user_id,
            owner.username,
            owner.email,
            row.workspace_id,
            role_named(owner.role),
            operator=owner.operator,
            scopes=frozenset(row.scopes.split()),
            key_id=row.id,
        )


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _listed(row: KeyRow, owner: KeyOwner) -> ApiKey:
    return ApiKey(
        row.id,
        row.name,
        row.hint,
        tuple(row.scopes.split()),
        tuple(row.addresses.split()),
        owner.username,
        row.created_at,
        row.expires_at,
        row.used_at,
        row.used_from or "",
    )


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 100 or not is_line(name):
        raise _problem("name", "Give the key a name of up to 100 characters.")
    return name


def _checked_scopes(actor: Actor, scopes: Sequence[str]) -> tuple[str, ...]:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise _problem("scopes", f"`{unknown[0][:50]}` is no scope; there are {', '.join(SCOPES)}.")
    if not scopes:
        raise _problem("scopes", "Choose at least one scope.")
    if actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise ServiceError("FORBIDDEN", "A key cannot give more than it has.", 403)
    return tuple(scope for scope in SCOPES if scope in scopes)


def _checked_addresses(addresses: Sequence[str]) -> tuple[str, ...]:
    if len(addresses) > MAX_ADDRESSES:
        raise _problem("addresses", f"Name at most {MAX_ADDRESSES} addresses.")
    try:
        return tuple(str(network(text)) for text in addresses)
    except ValueError:
        raise _problem("addresses", "Write addresses or networks such as 203.0.113.7 or 10.0.0.0/8.") from None


def _problem(field: str, message: str) -> ServiceError:
    return invalid(message, [{"field": field, "message": message}])


def _refuse_longer_life(keys: Sequence[tuple[KeyRow, KeyOwner]], key_id: str, expires_at: datetime | None) -> None:
    own_end = next((key.expires_at for key, _ in keys if key.id == key_id), None)
    if own_end is not None and (expires_at is None or expires_at > own_end):
        raise ServiceError("FORBIDDEN", "A key cannot make one that lives longer than itself.", 403)
