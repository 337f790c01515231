"""Who did what to what, from where (contract.md G21)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import audit as queries
from app.db.audit import AuditRow, Deed
from app.db.session import Database
from app.services.actors import Actor
from app.services.pages import Page, Paging

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    seq: int
    moment: datetime
    actor: str
    action: str
    target: str
    address: str
    request_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check of the chain: `broken_at` is the first row that does not fit."""

    rows: int
    head: str
    broken_at: int | None = None


async def record(connection: AsyncConnection, actor: Actor, action: str, target: str = "") -> None:
    """Write down what an actor does, in the transaction that does it."""
    await queries.append(connection, _deed(actor, action, target), datetime.now(UTC))


async def record_by_operator(connection: AsyncConnection, action: str, target: str, workspace_id: str | None = None) -> None:
    """Write down what was done by a command on the server's own machine."""
    await queries.append(connection, Deed(workspace_id, "", "operator", action, target, "command"), datetime.now(UTC))


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Deed, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, actor: Actor, action: str, target: str) -> None:
        """Write down what has been done by a service that keeps no record itself; returns when it is on disk.

        Whatever comes while a transaction is under way shares the next one.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((_deed(actor, action, target), written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                async with self._database.write(counts=False) as connection:
                    for deed, _ in taken:
                        await queries.append(connection, deed, datetime.now(UTC))
            except Exception as error:
                for _, written in taken:
                    if not written.done():
                        written.set_exception(error)
                continue
            for _, written in taken:
                if not written.done():
                    written.set_result(None)

    async def list(self, actor: Actor, paging: Paging) -> Page[AuditEntry]:
        """What was done in the actor's workspace, the newest first."""
        actor.demand("audit.read")
        paging = paging.checked("ts")
        async with self._database.read() as connection:
            total, rows = await queries.page(
                connection, actor.workspace_id, paging.page * paging.size, paging.size, paging.q.strip()
            )
        return Page([_entry(row) for row in rows], total, paging.page, paging.size)

    async def verify(self) -> Verdict:
        """Read the whole chain and compute it once more."""
        count, head = 0, queries.FIRST
        while True:
            async with self._database.read() as connection:
                rows = await queries.after(connection, count, BATCH)
            for row in rows:
                if row.seq != count + 1 or row.previous != head or queries.chained(row) != row.hash:
                    return Verdict(count, head.hex(), count + 1)
                count, head = row.seq, row.hash
            if len(rows) < BATCH:
                return Verdict(count, head.hex())


def _deed(actor: Actor, action: str, target: str) -> Deed:
    name = f"{actor.username} (key)" if actor.key_id else actor.username
    return Deed(actor.workspace_id, actor.user_id, name, action, target, actor.address, actor.request_id)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.seq, row.moment, row.actor, row.action, row.target, row.address, row.request_id, row.hash.hex())
