"""How executions are remembered: accepted, recorded, claimed, found again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.session import Database
from app.db.tables import executions, is_open
from app.engine.events import TERMINAL, Event
from app.journal import claims, queues
from app.journal.batches import Batch
from app.journal.copies import copy_steps
from app.journal.queues import LEASE
from app.journal.recorder import JournalRecorder
from app.journal.records import Claimed, Copy, Ended, Fenced, JournalClosed, NewExecution
from app.journal.rows import execution_row, read_json
from app.journal.writer import Writer

logger = logging.getLogger(__name__)


class Journal:
    """One journal over one database; every append bears the epoch of its claim."""

    def __init__(self, database: Database, driver: str) -> None:
        self._database = database
        self._writer = Writer(database)
        self.driver = driver
        self.ends_are_news: Callable[[str], bool] = lambda workspace_id: False
        """Whether how an execution of a workspace ends is left to be followed up, also when it did not fail."""

    def start(self) -> None:
        self._writer.start()

    @property
    def lag(self) -> float:
        """How long what is recorded took to be on disk, at the longest since this was last asked, in seconds."""
        return self._writer.lag

    async def close(self) -> None:
        await self._writer.close()

    def recorder(
        self, execution: NewExecution, epoch: int, listener: Callable[[Event], None], *, is_new: bool = False
    ) -> JournalRecorder:
        """Where a driver's events go. One that is new is written with the first of them."""
        insert = execution_row(execution, self.driver, epoch, LEASE) if is_new else None
        batch = Batch(execution.id, epoch, insert)
        return JournalRecorder(self._writer, batch, execution.workspace_id, listener, self.ends_are_news)

    async def accept(self, new: NewExecution) -> None:
        """Put an execution on disk as queued; whoever has a free place drives it."""
        await self._writer.submit(Batch(new.id, 0, execution_row(new, None, 0, LEASE)))

    async def accept_within(self, connection: AsyncConnection, new: NewExecution, copy: Copy | None = None) -> None:
        """Accept in somebody's transaction, so that the execution and what led to it stand or fall together.

        `copy` names recorded steps of an older execution that count as this one's own, as if a first driver had run them.
        """
        epoch = 0 if copy is None else 1
        await connection.execute(sa.insert(executions), [execution_row(new, None, epoch, LEASE)])
        if copy is not None and copy.block_ids:
            await copy_steps(connection, copy, new.id)

    async def claim(self, execution_id: str, now: datetime) -> Claimed | None:
        """Take an execution that nobody drives; None when somebody does, or when it has ended."""
        try:
            async with self._database.write(counts=False) as connection:
                return await claims.claim(connection, execution_id, self.driver, now)
        except claims.UNREADABLE:
            logger.exception("execution %s cannot be read; it ends as failed", execution_id)
        async with self._database.write(counts=False) as connection:
            await claims.end_unreadable(connection, execution_id, now)
        return None

    async def release(self, execution_id: str, epoch: int) -> None:
        """Give an unfinished execution back, for the next claim to take at once."""
        await self._writer.submit(Batch(execution_id, epoch, changes={"lease_until": None, "driver": None}))

    async def tried_to_release(self, execution_id: str, epoch: int) -> bool:
        """Give it back if it is still ours; False when the database does not work now."""
        try:
            with suppress(Fenced):
                await self.release(execution_id, epoch)
        except (OSError, SQLAlchemyError, JournalClosed):
            return False
        return True

    async def release_all(self) -> None:
        """Drop every lease. Only for the one process that owns the database, before it drives anything."""
        async with self._database.write(counts=False) as connection:
            await connection.execute(
                sa.update(executions).where(executions.c.status.not_in(TERMINAL)).values(lease_until=None, driver=None)
            )

    async def release_driver(self, driver: str) -> None:
        """Drop the leases of a driver that is known to be dead, for the next claims to take at once."""
        left = sa.update(executions).where(executions.c.driver == driver, is_open())
        async with self._database.write(counts=False) as connection:
            await connection.execute(left.values(lease_until=None, driver=None))

    async def to_cancel(self, execution_ids: Sequence[str]) -> list[str]:
        """Those of these executions that somebody, perhaps in another process, wants to end."""
        wanted = sa.select(executions.c.id).where(executions.c.cancel_requested.is_(True), is_open())
        async with self._database.read() as connection:
            return list((await connection.execute(wanted.where(executions.c.id.in_(execution_ids)))).scalars())

    async def renew(self, execution_ids: Sequence[str], now: datetime) -> None:
        """Prolong the leases of executions that this driver is driving."""
        async with self._database.write(counts=False) as connection:
            for start in range(0, len(execution_ids), 500):
                await connection.execute(
                    sa.update(executions)
                    .where(executions.c.id.in_(execution_ids[start : start + 500]), executions.c.driver == self.driver)
                    .values(lease_until=now + LEASE)
                )

    async def due(self, now: datetime, limit: int, *, only_children: bool = False) -> list[str]:
        """Executions that somebody should drive now, the most urgent first."""
        async with self._database.read() as connection:
            return await queues.due(connection, now, limit, only_children=only_children)

    async def overdue(self, now: datetime) -> list[str]:
        """Open executions whose deadline is over."""
        async with self._database.read() as connection:
            return await queues.overdue(connection, now)

    async def next_wake(self) -> datetime | None:
        """The earliest moment at which a parked execution goes on."""
        async with self._database.read() as connection:
            return await queues.next_wake(connection)

    async def request_cancel(self, execution_id: str) -> bool:
        """Note that an execution is to end; False when it has ended already."""
        request = sa.update(executions).where(executions.c.id == execution_id, executions.c.status.not_in(TERMINAL))
        async with self._database.write(counts=False) as connection:
            return (await connection.execute(request.values(cancel_requested=True))).rowcount == 1

    async def is_driven_elsewhere(self, execution_id: str, now: datetime) -> bool:
        """Whether another driver holds the lease of an open execution."""
        held = (executions.c.lease_until > now) & (executions.c.driver != self.driver) & is_open()
        async with self._database.read() as connection:
            query = sa.select(executions.c.id).where(executions.c.id == execution_id, held)
            return (await connection.execute(query)).first() is not None

    async def ended(self, execution_id: str) -> Ended | None:
        """The end of an execution, or None while it goes on."""
        columns = (executions.c.id, executions.c.status, executions.c.output, executions.c.error)
        query = sa.select(*columns).where(executions.c.id == execution_id, executions.c.status.in_(TERMINAL))
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Ended(row.id, row.status, read_json(row.output), read_json(row.error))

    async def child(self, parent_id: str, parent_key: str) -> str | None:
        """The execution that a step has started before, if any: a step run again finds its child again."""
        query = sa.select(executions.c.id).where(executions.c.parent_id == parent_id, executions.c.parent_key == parent_key)
        async with self._database.read() as connection:
            found: str | None = (await connection.execute(query)).scalar()
            return found

    async def children(self, parent_id: str) -> list[str]:
        """The open executions that an execution has started."""
        query = sa.select(executions.c.id).where(executions.c.parent_id == parent_id, is_open())
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

