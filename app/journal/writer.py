"""Group commit: one task takes all that is pending and writes it in one transaction."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from app.db.session import Database
from app.journal.batches import Batch
from app.journal.records import Fenced, JournalClosed
from app.journal.transactions import transactions_of

TICK_SECONDS = 0.025
VISIBLE_AFTER = 2 * TICK_SECONDS
"""Seconds after which a running execution's events are on disk although nothing asked for it."""


class Unwritten(Protocol):
    """Has something to write."""

    def flush(self) -> None: ...


class Writer:
    """The one task that writes. When a shared transaction fails, each batch is tried alone, so that one cannot spoil others."""

    def __init__(self, database: Database) -> None:
        self._transactions = transactions_of(database)
        self._pending: list[Batch] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._young: dict[Unwritten, None] = {}
        self._old: dict[Unwritten, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._taken_at = 0.0
        self._longest = 0.0

    @property
    def lag(self) -> float:
        """The longest that a transaction took since this was last asked, in seconds, the one under way included."""
        under_way = time.monotonic() - self._taken_at if self._taken_at else 0.0
        longest, self._longest = max(self._longest, under_way), 0.0
        return longest

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="journal-writer")

    def submit(self, batch: Batch) -> asyncio.Future[None]:
        """Queue a batch; the future is done when it is on disk, and raises Fenced, JournalClosed or the database's error."""
        batch.done = asyncio.get_running_loop().create_future()
        batch.done.add_done_callback(_retrieved)
        if self._closing and (self._task is None or self._task.done()):
            batch.done.set_exception(JournalClosed())
            return batch.done
        self._pending.append(batch)
        self._wake.set()
        return batch.done

    def expect(self, unwritten: Unwritten) -> None:
        """Somebody has something to write that nobody waits for: it is flushed within two ticks, by one timer for all."""
        self._young[unwritten] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def forget(self, unwritten: Unwritten) -> None:
        self._young.pop(unwritten, None)
        self._old.pop(unwritten, None)

    def _tick(self) -> None:
        for unwritten in list(self._old):
            unwritten.flush()
        self._old, self._young = self._young, {}
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick) if self._old else None

    async def close(self) -> None:
        """Write what is pending, then stop; what comes later is refused. Again it does nothing."""
        if self._closing:
            return
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._wake.set()
        if self._task is not None:
            await self._task
        await self._transactions.close()

    async def _run(self) -> None:
        while not (self._closing and not self._pending):
            await self._wake.wait()
            self._wake.clear()
            batches, self._pending = self._pending, []
            if batches:
                self._taken_at = time.monotonic()
                await self._commit(batches)
                self._longest = max(self._longest, time.monotonic() - self._taken_at)
                self._taken_at = 0.0

    async def _commit(self, batches: list[Batch]) -> None:
        try:
            fenced = await self._transactions.write(batches)
        except Exception as error:
            if len(batches) == 1:
                _resolve(batches[0], error)
                return
            for batch in batches:
                await self._commit([batch])
            return
        for number, batch in enumerate(batches):
            _resolve(batch, Fenced(batch.execution_id) if number in fenced else None)


def _resolve(batch: Batch, error: BaseException | None) -> None:
    if batch.done is None or batch.done.done():
        return
    if error is None:
        batch.done.set_result(None)
    else:
        batch.done.set_exception(error)


def _retrieved(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
