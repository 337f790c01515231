"""The permanent loops of a host: find what was left behind, heed what is to end, keep the leases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any, Protocol

from app.engine.chronicle import now
from app.journal.journal import Journal
from app.journal.queues import LEASE

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
HEED_SECONDS = 0.5


class Driving(Protocol):
    """What the loops ask of their host."""

    def driven(self) -> list[str]:
        """The ids of the executions that are driven here now."""

    @property
    def most(self) -> int:
        """How many may be."""

    @property
    def put_off(self) -> int:
        """How many due ones are left alone for a while."""

    async def take(self, execution_id: str, *, even_when_full: bool = False) -> None: ...
    def cancel_soon(self, execution_id: str) -> None: ...


class Upkeep:
    """One process of a server sweeps: it finds what is due, whoever started it. The others heed what it wants to end."""

    def __init__(self, journal: Journal, host: Driving) -> None:
        self._journal = journal
        self._host = host
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []

    def start(self, *, sweeps: bool) -> None:
        self._loops = [asyncio.create_task(loop) for loop in self._work(sweeps)]

    def _work(self, sweeps: bool) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._sweep() if sweeps else self._heed()
        yield self._keep_leases()

    async def stop(self) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    def hurry(self) -> None:
        """Something is due now."""
        self._wake.set()

    async def _sweep(self) -> None:
        while True:
            try:
                pause = await self._sweep_once()
            except Exception:
                logger.exception("sweep failed; it is tried again")
                pause = SWEEP_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # before Python 3.12, wait_for may swallow the cancellation that ends us
                    await self._wake.wait()
            self._wake.clear()

    async def _sweep_once(self) -> float:
        """Seconds until the next time."""
        for execution_id in await self._journal.overdue(now()):
            self._host.cancel_soon(execution_id)
        room = self._host.most - len(self._host.driven())
        full = room <= 0
        most = (self._host.most if full else room) + self._host.put_off
        for execution_id in await self._journal.due(now(), most, only_children=full):
            await self._host.take(execution_id, even_when_full=full)
        wake_at = None if full else await self._journal.next_wake()
        return SWEEP_SECONDS if wake_at is None else min(SWEEP_SECONDS, max(0.01, (wake_at - now()).total_seconds()))

    async def _heed(self) -> None:
        while True:
            await asyncio.sleep(HEED_SECONDS)
            try:
                driven = self._host.driven()
                for execution_id in await self._journal.to_cancel(driven) if driven else ():
                    self._host.cancel_soon(execution_id)
            except Exception:
                logger.exception("asking what is to be cancelled failed; it is tried again")

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._journal.renew(self._host.driven(), now())
            except Exception:
                logger.exception("renewing leases failed; it is tried again")
