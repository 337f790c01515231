"""Values that workspaces keep by namespace and key (contract.md C18, G20)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.db import kv_entries as queries
from app.db.kv_entries import EntryRow
from app.db.session import Database
from app.engine.values import NotJson, decode, decode_stored, encode
from app.sdk import PRIVATE_NAMESPACES, Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.pages import Page, Paging
from app.services.texts import is_line

MAX_NAMESPACE = 200
MAX_KEY = 500
MAX_VALUE_BYTES = 1_000_000
MAX_TTL_MS = 31_536_000_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    namespace: str
    key: str
    value: Json
    revision: int
    expires_at: datetime | None
    updated_at: datetime

    @property
    def id(self) -> str:
        """One word for namespace and key."""
        return base64.urlsafe_b64encode(encode([self.namespace, self.key])).decode().rstrip("=")


class KeyValues:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor, namespace: str | None, paging: Paging) -> Page[Entry]:
        """One page of a namespace, or of everything that is not private to blocks."""
        actor.demand("state.read")
        if namespace is not None:
            _check(namespace, "-")
        asked = paging.checked("key", "updated_at")
        order = paging.order or "asc"
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection,
                actor.workspace_id,
                namespace,
                PRIVATE_NAMESPACES,
                asked.q,
                asked.sort,
                order,
                asked.page * asked.size,
                asked.size,
                datetime.now(UTC),
            )
        return Page([_entry(row) for row in rows], total, asked.page, asked.size)

    async def get(self, actor: Actor, namespace: str, key: str) -> Entry:
        """Raises 404."""
        actor.demand("state.read")
        _check(namespace, key)
        async with self._database.read() as connection:
            row = await queries.find(connection, actor.workspace_id, namespace, key, datetime.now(UTC))
        if row is None:
            raise _missing(namespace, key)
        return _entry(row)

    async def put(
        self, actor: Actor, namespace: str, key: str, value: Json, ttl_ms: int | None = None, if_match: int | None = None
    ) -> tuple[Entry, bool]:
        """Set a value; the entry, and whether it is new. Raises 412 when `if_match` is not its revision (0: must be new)."""
        actor.demand("state.write")
        _check(namespace, key)
        encoded = encode(value)
        if len(encoded) > MAX_VALUE_BYTES:
            raise ServiceError("TOO_LARGE", f"A stored value may have {MAX_VALUE_BYTES:,} bytes.", 413)
        if ttl_ms is not None and not 1 <= ttl_ms <= MAX_TTL_MS:
            raise invalid("`ttl` must be a number of milliseconds, at least 1.", [{"field": "ttl", "message": "is out of range"}])
        now = datetime.now(UTC)
        expires_at = None if ttl_ms is None else now + timedelta(milliseconds=ttl_ms)
        async with self._database.write(counts=False) as connection:
            old = await queries.find(connection, actor.workspace_id, namespace, key, now)
            revision = 0 if old is None else old.revision
            if if_match is not None and if_match != revision:
                raise ServiceError("STALE_REVISION", f"The value is at revision {revision}.", 412, data={"revision": revision})
            row = EntryRow(namespace, key, encoded, revision + 1, expires_at, now)
            await queries.write(connection, actor.workspace_id, row)
        return _entry(row), old is None

    async def delete(self, actor: Actor, namespace: str, key: str) -> None:
        """Raises 404."""
        actor.demand("state.write")
        _check(namespace, key)
        async with self._database.write(counts=False) as connection:
            if await queries.find(connection, actor.workspace_id, namespace, key, datetime.now(UTC)) is None:
                raise _missing(namespace, key)
            await queries.delete(connection, actor.workspace_id, namespace, key)


def place_of(entry_id: str) -> tuple[str, str]:
    """Namespace and key of an entry's id. Raises 404 for what is none."""
    try:
        raw = decode(base64.urlsafe_b64decode(entry_id + "=" * (-len(entry_id) % 4)))
    except (ValueError, binascii.Error, NotJson):
        raw = None
    if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, str) for part in raw)):
        raise not_found("entry", entry_id)
    return raw[0], raw[1]


def _check(namespace: str, key: str) -> None:
    for name, text, longest in (("namespace", namespace, MAX_NAMESPACE), ("key", key, MAX_KEY)):
        if not 1 <= len(text) <= longest or not is_line(text):
            message = f"must have 1 to {longest} printable characters"
            raise invalid(f"`{name}` {message}.", [{"field": name, "message": message}])
    if namespace.startswith(PRIVATE_NAMESPACES):
        message = "belongs to blocks"
        raise invalid(f"The namespace `{namespace}` {message}.", [{"field": "namespace", "message": message}])


def _entry(row: EntryRow) -> Entry:
    return Entry(row.namespace, row.key, decode_stored(row.value), row.revision, row.expires_at, row.updated_at)


def _missing(namespace: str, key: str) -> ServiceError:
    return ServiceError("KEY_NOT_FOUND", f"There is no value `{key[:200]}` in `{namespace[:200]}`.", 404)
