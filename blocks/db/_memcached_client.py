"""Talks to Memcached. The connection goes to the address that was checked."""

from __future__ import annotations

from dataclasses import dataclass

from aiomcache import Client
from aiomcache.exceptions import ClientException

from app.sdk import BlockError, Visit


@dataclass(frozen=True, slots=True)
class Request:
    """One operation; `seconds` 0 never ends."""

    operation: str
    key: bytes
    value: bytes
    seconds: int
    amount: int


async def run(visit: Visit, host: str, port: int, request: Request) -> bytes | bool | int | None:
    """The value that an operation gives; a key that is not there gives None."""
    reached = await visit.reach(host, port)
    client = Client(reached.address, reached.port, pool_size=1)
    try:
        return await _done(client, request)
    except ClientException as error:
        told = " ".join(part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in error.args)[:200]
        if "NOT_FOUND" in told:
            return None
        if "non-numeric" in told:
            raise BlockError("WRONG_TYPE", "field `key`: what is stored there is no number", retryable=False) from None
        if not told.strip() or told.endswith(": "):
            raise EOFError from None
        raise BlockError("DATABASE", f"{reached.host}:{reached.port} answers: {told}", retryable=False) from None
    finally:
        await client.close()


async def _done(client: Client, request: Request) -> bytes | bool | int | None:
    match request.operation:
        case "get":
            return await client.get(request.key)
        case "set":
            return await client.set(request.key, request.value, exptime=request.seconds)
        case "add":
            return await client.add(request.key, request.value, exptime=request.seconds)
        case "delete":
            return await client.delete(request.key)
        case "touch":
            return await client.touch(request.key, request.seconds)
    if request.amount < 0:
        return await client.decr(request.key, -request.amount)
    return await client.incr(request.key, request.amount)
