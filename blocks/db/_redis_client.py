"""Talks to Redis and what speaks its protocol. The connection goes to the address that was checked."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as RedisTimeout

from app.sdk import BlockError, File, Json, Reached, Visit

DEFAULT_PORT = 6379
MAX_BYTES = 1_800_000
UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


@dataclass(frozen=True, slots=True)
class Request:
    """One operation, whose texts are final."""

    operation: str
    key: str
    value: Json
    field: str
    ttl_ms: int | None
    only_if: str
    amount: int
    limit: int
    as_json: bool


class NamedConnection(Connection):
    """A connection that may be secured for a name."""

    def __init__(self, *, named_context: ssl.SSLContext | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._named_context = named_context

    def _connection_arguments(self) -> Mapping[str, Any]:
        return {**super()._connection_arguments(), "ssl": self._named_context}


async def run(visit: Visit, request: Request) -> Json:
    """The value that an operation gives; a key that is not there gives None."""
    async with connected(visit) as (redis, reached):
        try:
            found = await OPERATIONS[request.operation](redis, request)
        except RedisError as error:
            raise refused(error, reached) from None
    return _plain(found, request.as_json)


@asynccontextmanager
async def connected(visit: Visit) -> AsyncIterator[tuple[Redis, Reached]]:
    """A connection to what the credential names."""
    login = visit.login
    address = login.address("redis", "rediss")
    if address.path and not address.path.isdecimal():
        message = f"the credential `{login.name}`: behind the host belongs the number of the database"
        raise BlockError("CREDENTIAL_INVALID", message, retryable=False)
    reached = await visit.reach(address.host, address.port or DEFAULT_PORT)
    pool = ConnectionPool(
        connection_class=NamedConnection,
        max_connections=1,
        host=reached.address,
        port=reached.port,
        db=int(address.path or 0),
        username=address.username or None,
        password=address.password or None,
        named_context=reached.tls(login.get("authority")) if address.scheme == "rediss" else None,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=None,
        socket_timeout=None,  # the visit has a time limit
        client_name="blockyard",
    )
    redis = Redis(connection_pool=pool)
    try:
        yield redis, reached
    finally:
        await redis.aclose()
        await pool.disconnect()


def refused(error: RedisError, reached: Reached) -> BlockError:
    """What a failure means. Raises what has broken the connection."""
    place, told = f"{reached.host}:{reached.port}", str(error)[:200]
    if isinstance(error, (AuthenticationError, AuthorizationError, NoPermissionError)) or told.startswith(
        ("NOAUTH", "WRONGPASS")
    ):
        return BlockError("LOGIN_REFUSED", f"{place} refuses the connection: {told}", retryable=False)
    if isinstance(error, BusyLoadingError):
        return BlockError("DATABASE", f"{place} is loading its data", retryable=True)
    if isinstance(error, RedisTimeout):
        return BlockError("TIMEOUT", f"{place} did not answer in time")
    if isinstance(error, LostConnection):
        if (cause := _cause(error)) is not None:
            raise cause from None
        return BlockError("CONNECTION", f"{place} ended the connection before it was done")
    if isinstance(error, ResponseError) and told.startswith("WRONGTYPE"):
        return BlockError("WRONG_TYPE", "field `key`: what is stored there is of another kind than this needs", retryable=False)
    return BlockError(
        "DATABASE", f"{place} answers: {told}", retryable=told.startswith(("LOADING", "BUSY", "OOM", "CLUSTERDOWN"))
    )


def _cause(error: BaseException) -> OSError | None:
    cause = error.__cause__ or error.__context__
    return cause if isinstance(cause, OSError) else None


def _text(value: Json) -> str | bytes:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def _set(redis: Redis, request: Request) -> Json:
    done = await redis.set(
        request.key, _text(request.value), px=request.ttl_ms, nx=request.only_if == "absent", xx=request.only_if == "present"
    )
    return bool(done)


async def _get(redis: Redis, request: Request) -> Any:
    size = await redis.strlen(request.key)
    if size > MAX_BYTES:
        message = f"field `key`: what is stored there has {size:,} bytes; {MAX_BYTES:,} are allowed"
        raise BlockError("RESULT_TOO_LARGE", message, retryable=False)
    return await redis.get(request.key)


async def _increment(redis: Redis, request: Request) -> Json:
    value = await redis.incrby(request.key, request.amount)
    if request.ttl_ms is not None and value == request.amount:
        await redis.pexpire(request.key, request.ttl_ms)
    return value


async def _keys(redis: Redis, request: Request) -> Any:
    found: dict[bytes, None] = {}
    async for key in redis.scan_iter(match=request.key or "*", count=1000):
        found[key] = None
        if len(found) >= request.limit:
            break
    return sorted(found)


async def _set_fields(redis: Redis, request: Request) -> Json:
    values = {request.field: request.value} if request.field else request.value
    if not isinstance(values, dict) or not values:
        raise BlockError("VALUE_INVALID", "field `value`: must be an object with fields, or name one field", retryable=False)
    added = await redis.hset(request.key, mapping={name: _text(value) for name, value in values.items()})
    await _expire(redis, request)
    return added


async def _fields(redis: Redis, request: Request) -> Any:
    if request.field:
        return await redis.hget(request.key, request.field)
    if await redis.hlen(request.key) > request.limit:
        raise BlockError("RESULT_TOO_LARGE", f"field `key`: more than {request.limit} fields are there", retryable=False)
    return await redis.hgetall(request.key) or None


async def _push(redis: Redis, request: Request) -> Json:
    values = request.value if isinstance(request.value, list) else [request.value]
    if not values:
        return await redis.llen(request.key)
    length = await redis.rpush(request.key, *map(_text, values))
    await _expire(redis, request)
    return length


async def _add_to_set(redis: Redis, request: Request) -> Json:
    values = request.value if isinstance(request.value, list) else [request.value]
    added = await redis.sadd(request.key, *map(_text, values)) if values else 0
    await _expire(redis, request)
    return added


async def _members(redis: Redis, request: Request) -> Any:
    found: list[bytes] = []
    async for member in redis.sscan_iter(request.key, count=1000):
        found.append(member)
        if len(found) >= request.limit:
            break
    return sorted(found)


async def _append(redis: Redis, request: Request) -> Json:
    values = request.value if isinstance(request.value, dict) else {"value": request.value}
    fields: dict[Any, Any] = {name: _text(value) for name, value in values.items()}
    if not fields:
        raise BlockError("VALUE_INVALID", "field `value`: must be an object with fields", retryable=False)
    return await redis.xadd(request.key, fields)


async def _entries(redis: Redis, request: Request) -> Any:
    found = await redis.xrange(request.key, min=request.field or "-", count=request.limit)
    return [{"id": number, "fields": fields} for number, fields in found or []]


async def _lock(redis: Redis, request: Request) -> Json:
    return bool(await redis.set(request.key, _text(request.value), nx=True, px=request.ttl_ms or 60_000))


async def _expire(redis: Redis, request: Request) -> Json:
    return bool(await redis.pexpire(request.key, request.ttl_ms)) if request.ttl_ms is not None else None


OPERATIONS: dict[str, Callable[[Redis, Request], Awaitable[Any]]] = {
    "get": _get,
    "set": _set,
    "delete": lambda redis, request: redis.delete(request.key),
    "exists": lambda redis, request: redis.exists(request.key),
    "increment": _increment,
    "expire": _expire,
    "keys": _keys,
    "hash_set": _set_fields,
    "hash_get": _fields,
    "hash_delete": lambda redis, request: redis.hdel(request.key, request.field),
    "list_push": _push,
    "list_pop": lambda redis, request: redis.lpop(request.key),
    "list_read": lambda redis, request: redis.lrange(request.key, 0, request.limit - 1),
    "set_add": _add_to_set,
    "set_members": _members,
    "stream_add": _append,
    "stream_read": _entries,
    "publish": lambda redis, request: redis.publish(request.key, _text(request.value)),
    "lock": _lock,
    "unlock": lambda redis, request: redis.eval(UNLOCK, 1, request.key, _text(request.value)),
}


def _plain(value: Any, as_json: bool) -> Json:
    """What Redis answered as JSON: bytes are texts, or files where they are none."""
    match value:
        case bytes():
            try:
                text = value.decode()
            except UnicodeDecodeError:
                return File("value.bin", "application/octet-stream", value).value()
            return _parsed(text) if as_json else text
        case dict():
            return {str(_plain(name, False)): _plain(item, as_json) for name, item in value.items()}
        case list() | tuple() | set():
            return [_plain(item, as_json) for item in value]
    return value


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
