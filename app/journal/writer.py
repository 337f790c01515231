"""Group commit: one task takes all that is pending and writes it in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.session import Database
from app.db.tables import executions, signals, steps
from app.engine.events import TERMINAL
from app.journal.records import Fenced

Row = dict[str, Any]

REPLACEABLE = ("waiting", "retrying", "cancelled")
"""A step that was recorded as done stays as it is; only one of these gives way to a later record."""


@dataclass(slots=True)
class Batch:
    """What one execution wants to have written together. `changes` apply to its row when driver and epoch still hold."""

    execution_id: str
    epoch: int
    insert: Row | None = None
    changes: Row = field(default_factory=dict)
    steps: list[Row] = field(default_factory=list)
    signals: list[Row] = field(default_factory=list)
    done: asyncio.Future[None] | None = None


class Writer:
    """The one task that writes. When a shared transaction fails, each batch is tried alone, so that one cannot spoil others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[Batch] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="journal-writer")

    def submit(self, batch: Batch) -> asyncio.Future[None]:
        """Queue a batch; the future is done when it is on disk, and raises Fenced or the database's error."""
        batch.done = asyncio.get_running_loop().create_future()
        batch.done.add_done_callback(_retrieved)
        self._pending.append(batch)
        self._wake.set()
        return batch.done

    async def close(self) -> None:
        """Write what is pending, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not (self._closing and not self._pending):
            await self._wake.wait()
            self._wake.clear()
            batches, self._pending = self._pending, []
            if batches:
                await self._commit(batches)

    async def _commit(self, batches: list[Batch]) -> None:
        try:
            async with self._database.write(counts=False) as connection:
                fenced = await write_batches(connection, batches)
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


async def write_batches(connection: AsyncConnection, batches: Sequence[Batch]) -> set[int]:
    """Write batches within a transaction; returns the numbers of those whose driver was overtaken."""
    fenced: set[int] = set()
    inserted = [batch.insert | batch.changes for batch in batches if batch.insert is not None]
    if inserted:
        await connection.execute(sa.insert(executions), inserted)
    for number, batch in enumerate(batches):
        if batch.insert is None and not await _update(connection, batch):
            fenced.add(number)
    rows = [row for number, batch in enumerate(batches) if number not in fenced for row in batch.steps]
    if rows:
        await connection.execute(_upsert_steps(connection.dialect.name), rows)
    written = [batch for number, batch in enumerate(batches) if number not in fenced]
    awaited = [row for batch in written for row in batch.signals]
    if awaited:
        await connection.execute(sa.insert(signals), awaited)
    for batch in written:
        status = batch.changes.get("status")
        if status == "waiting":
            await connection.execute(_wake_if_answered(batch.execution_id))
        elif status in TERMINAL and status != "completed":
            await _close_waiting(connection, batch.execution_id)
    return fenced


def _wake_if_answered(execution_id: str) -> Any:
    """A signal may have come between a step's parking and its execution's."""
    came = (
        sa.exists()
        .where(signals.c.execution_id == execution_id, signals.c.status == "answered")
        .where(steps.c.execution_id == execution_id, steps.c.block_id == signals.c.block_id)
        .where(steps.c.iteration == signals.c.iteration, steps.c.seq == signals.c.seq, steps.c.status == "waiting")
    )
    return sa.update(executions).where(executions.c.id == execution_id, came).values(wake_at=executions.c.created_at)


async def _close_waiting(connection: AsyncConnection, execution_id: str) -> None:
    """Nothing waits any more in an execution that has ended."""
    waiting = sa.or_(steps.c.status == "waiting", steps.c.status == "retrying")
    await connection.execute(sa.update(steps).where(steps.c.execution_id == execution_id, waiting).values(status="cancelled"))
    awaited = sa.update(signals).where(signals.c.execution_id == execution_id, signals.c.status == "open")
    await connection.execute(awaited.values(status="cancelled"))


async def _update(connection: AsyncConnection, batch: Batch) -> bool:
    guard = sa.update(executions).where(
        executions.c.id == batch.execution_id, executions.c.epoch == batch.epoch, executions.c.status.not_in(TERMINAL)
    )
    result = await connection.execute(guard.values(**(batch.changes or {"epoch": batch.epoch})))
    return bool(result.rowcount == 1)


def _upsert_steps(dialect: str) -> Any:
    insert = postgresql.insert(steps) if dialect == "postgresql" else sqlite.insert(steps)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[steps.c.execution_id, steps.c.block_id, steps.c.iteration],
        set_={column.name: new[column.name] for column in steps.c if not column.primary_key},
        where=sa.or_(*(steps.c.status == status for status in REPLACEABLE)),
    )
