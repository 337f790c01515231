"""Small values that outlive executions, as blocks use them. Every operation is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.db import kv
from app.db.session import Database
from app.engine.values import MAX_VALUE_BYTES, decode_stored, encode, lost_number
from app.sdk import BlockError, Json

MAX_NAMESPACE = 200
MAX_KEY = 500
MAX_KEYS = 10_000


class StateStore:
    """Makes the sdk's State for a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, workspace_id: str) -> WorkspaceState:
        return WorkspaceState(self.database, workspace_id)


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    database: Database
    workspace_id: str

    async def get(self, namespace: str, key: str) -> Json:
        _check(namespace, key)
        async with self.database.read() as connection:
            value = await kv.get(connection, self.workspace_id, namespace, key, datetime.now(UTC))
        return None if value is None else decode_stored(value)

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None:
        _check(namespace, key)
        now = datetime.now(UTC)
        async with self.database.write(counts=False) as connection:
            await kv.put(connection, self.workspace_id, namespace, key, _encoded(value), _expiry(now, ttl), now)

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        _check(namespace, key)
        now = datetime.now(UTC)
        async with self.database.write(counts=False) as connection:
            return await kv.add(connection, self.workspace_id, namespace, key, _encoded(value), _expiry(now, ttl), now)

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        _check(namespace, key)
        now = datetime.now(UTC)
        async with self.database.write(counts=False) as connection:
            stored = await kv.get(connection, self.workspace_id, namespace, key, now)
            if (None if stored is None else decode_stored(stored)) != expected:
                return False
            if stored is None:
                await kv.put(connection, self.workspace_id, namespace, key, _encoded(value), _expiry(now, ttl), now)
                return True
            return await kv.put_over(
                connection, self.workspace_id, namespace, key, stored, _encoded(value), _expiry(now, ttl), now
            )

    async def delete(self, namespace: str, key: str) -> bool:
        _check(namespace, key)
        async with self.database.write(counts=False) as connection:
            return await kv.delete(connection, self.workspace_id, namespace, key, datetime.now(UTC))

    async def keys(self, namespace: str, prefix: str = "", limit: int = 100) -> list[str]:
        async with self.database.read() as connection:
            return await kv.keys(connection, self.workspace_id, namespace, prefix, min(limit, MAX_KEYS), datetime.now(UTC))

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        _check(namespace, key)
        now = datetime.now(UTC)
        async with self.database.write(counts=False) as connection:
            stored = await kv.get(connection, self.workspace_id, namespace, key, now)
            bucket = {"tokens": float(burst), "at": now.timestamp()} if stored is None else decode_stored(stored)
            tokens = min(float(burst), bucket["tokens"] + max(0.0, now.timestamp() - bucket["at"]) * rate)
            if tokens < 1:
                return (1 - tokens) / rate
            filled_in = (burst - tokens + 1) / rate
            content = encode({"tokens": tokens - 1, "at": now.timestamp()})
            await kv.put(connection, self.workspace_id, namespace, key, content, now + timedelta(seconds=filled_in + 1), now)
        return 0.0


def _check(namespace: str, key: str) -> None:
    if not namespace or len(namespace) > MAX_NAMESPACE or not key or len(key) > MAX_KEY:
        raise BlockError("KEY_INVALID", f"a key has 1 to {MAX_KEY} characters", retryable=False)


def _encoded(value: Json) -> bytes:
    encoded = encode(value)
    if lost_number(value, encoded) is not None:
        message = "a number that is not finite cannot be stored, because JSON cannot express it"
        raise BlockError("VALUE_NOT_FINITE", message, retryable=False)
    if len(encoded) > MAX_VALUE_BYTES:
        raise BlockError("VALUE_TOO_LARGE", f"a stored value may have {MAX_VALUE_BYTES:,} bytes", retryable=False)
    return encoded


def _expiry(now: datetime, ttl: float | None) -> datetime | None:
    return None if ttl is None else now + timedelta(seconds=ttl)
