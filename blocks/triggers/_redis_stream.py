"""Listens to a stream of Redis as a member of a group: what is not acknowledged comes again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError, ResponseError

from app.sdk import Visit
from blocks.db._redis_client import connected, refused

LOOK_MS = 2_000
AT_ONCE = 50
NEW, PENDING = ">", "0"


@dataclass(frozen=True, slots=True)
class Wanted:
    stream: str
    group: str
    member: str
    from_beginning: bool


Entry = tuple[str, dict[bytes, bytes]]
Take = Callable[[Sequence[Entry]], Awaitable[None]]


async def listen(visit: Visit, wanted: Wanted, seconds: float, take: Take, works: Callable[[], Awaitable[None]]) -> None:
    """Give entries to `take` as they come, and acknowledge them when it is done; ends after so many seconds."""
    async with connected(visit) as (redis, reached):
        try:
            try:
                start = "0" if wanted.from_beginning else "$"
                await redis.xgroup_create(wanted.stream, wanted.group, id=start, mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
            await works()
            end = asyncio.get_running_loop().time() + seconds
            after = PENDING  # first what an earlier listener has got and not acknowledged
            while asyncio.get_running_loop().time() < end:
                found = await redis.xreadgroup(
                    wanted.group, wanted.member, {wanted.stream: after}, count=AT_ONCE, block=LOOK_MS if after == NEW else None
                )
                entries = [entry for part in _parts(found) for entry in part]
                if not entries:
                    after = NEW
                    continue
                await take([(_text(number), fields) for number, fields in entries if fields])
                await redis.xack(wanted.stream, wanted.group, *[number for number, _ in entries])
        except RedisError as error:
            raise refused(error, reached) from None


def _parts(found: object) -> list[list[tuple[bytes, dict[bytes, bytes]]]]:
    """The entries of each stream, however the protocol in use tells them."""
    if isinstance(found, dict):
        return [entries[0] if entries and isinstance(entries[0], list) else entries for entries in found.values()]
    return [entries for _, entries in found] if isinstance(found, list) else []


def _text(number: bytes | str) -> str:
    return number.decode() if isinstance(number, bytes) else number
