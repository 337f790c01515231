"""How fast a service may be asked: requests of one key take turns, in the order in which they come."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from app.sdk import BlockError, Pace

MAX_KEYS = 1_000
LONGEST_WAIT = 120.0


@dataclass
class _Lane:
    """The requests of one key."""

    level: float
    since: float
    free: asyncio.Semaphore | None
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def wait(self, pace: Pace) -> None:
        """Take one token of a bucket that is filled `per_second`."""
        async with self.turn:
            now = monotonic()
            self.level = min(float(pace.burst), self.level + (now - self.since) * pace.per_second)
            self.since = now
            if self.level < 1:
                await asyncio.sleep((1 - self.level) / pace.per_second)
                self.level, self.since = 1.0, monotonic()
            self.level -= 1


class Paces:
    """The lanes of all keys; those that nobody used for longest are forgotten first."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    @asynccontextmanager
    async def turn(self, pace: Pace | None, host: str) -> AsyncIterator[None]:
        """Wait until a request with this pace may go, and count it as under way. BlockError RATE_LIMITED after two minutes."""
        if pace is None:
            yield
            return
        lane = self._lane(pace)
        lane.waiting += 1
        try:
            async with _place(lane, pace, host):
                yield
        finally:
            lane.waiting -= 1

    def _lane(self, pace: Pace) -> _Lane:
        name = f"{pace.key}|{pace.per_second}|{pace.burst}|{pace.at_once}"
        lane = self._lanes.get(name)
        if lane is None:
            free = asyncio.Semaphore(pace.at_once) if pace.at_once else None
            lane = self._lanes[name] = _Lane(float(pace.burst), monotonic(), free)
            idle = [key for key, one in self._lanes.items() if not one.waiting and one is not lane]
            for old in idle[: max(0, len(self._lanes) - MAX_KEYS)]:
                del self._lanes[old]
        self._lanes.move_to_end(name)
        return lane


@asynccontextmanager
async def _place(lane: _Lane, pace: Pace, host: str) -> AsyncIterator[None]:
    taken = False
    try:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                if lane.free is not None:
                    taken = await lane.free.acquire()
                if pace.per_second > 0:
                    await lane.wait(pace)
        except TimeoutError:
            raise BlockError("RATE_LIMITED", f"Too many requests wait for {host}", retry_after=LONGEST_WAIT) from None
        yield
    finally:
        if taken and lane.free is not None:
            lane.free.release()
