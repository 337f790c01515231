"""One transaction of the journal: on SQLite in a thread of its own with plain statements, elsewhere through SQLAlchemy."""

from __future__ import annotations

import asyncio
import fcntl
import re
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from app.db.session import BUSY_TIMEOUT_MS, Database
from app.db.tables import EPOCH, MICROSECOND
from app.db.tables.base import stored
from app.journal.batches import Batch, Row, Statement, writing


class Transactions(Protocol):
    async def write(self, batches: Sequence[Batch]) -> set[int]:
        """Write all of them or none; returns the numbers of those whose driver was overtaken."""

    async def close(self) -> None: ...


def transactions_of(database: Database) -> Transactions:
    """The fastest way to write into this database."""
    return ThreadTransactions(database) if database.path else PortableTransactions(database)


class PortableTransactions:
    """Any database that SQLAlchemy knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, batches: Sequence[Batch]) -> set[int]:
        async with self._database.write(counts=False) as connection:
            steps = writing(batches, connection.dialect.name)
            statement, rows = next(steps)
            while True:
                result = await connection.execute(statement, list(rows))
                try:
                    statement, rows = steps.send(result.rowcount)
                except StopIteration as end:
                    fenced: set[int] = end.value
                    return fenced

    async def close(self) -> None:
        """It has nothing of its own."""


class ThreadTransactions:
    """SQLite through one connection in one thread: a transaction costs one hop there and one back.

    Whoever else writes in this process has its turn through the same `Database`; the journals of several processes take
    turns by a lock on a file beside it. So nobody waits in SQLite's own busy loop, which sleeps ever longer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._connection: sqlite3.Connection | None = None
        self._turns = Path(f"{database.path}-turn")

    async def write(self, batches: Sequence[Batch]) -> set[int]:
        async with self._database.turn:
            written = asyncio.get_running_loop().run_in_executor(self._thread, self._write, batches)
            try:
                return await asyncio.shield(written)
            except asyncio.CancelledError:
                await asyncio.wait((written,))  # the turn ends only when the thread has let go of the database
                raise
            except sqlite3.Error as error:
                raise sa.exc.DBAPIError.instance(None, None, error, sqlite3.Error) from None

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._lock.close()
            self._connection = None

    def _write(self, batches: Sequence[Batch]) -> set[int]:
        if self._connection is None:
            self._connection = _connect(self._database.path)
            self._lock = self._turns.open("w")
        cursor = self._connection.cursor()
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            return self._transaction(cursor, batches)
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _transaction(self, cursor: sqlite3.Cursor, batches: Sequence[Batch]) -> set[int]:
        cursor.execute("BEGIN IMMEDIATE")
        try:
            fenced = _run(cursor, batches)
            cursor.execute("COMMIT")
        except BaseException:
            if cursor.connection.in_transaction:
                cursor.execute("ROLLBACK")
            raise
        return fenced


def _run(cursor: sqlite3.Cursor, batches: Sequence[Batch]) -> set[int]:
    steps = writing(batches, "sqlite")
    statement, rows = next(steps)
    while True:
        cursor.executemany(_text(statement), map(_plain, rows))
        try:
            statement, rows = steps.send(cursor.rowcount)
        except StopIteration as end:
            fenced: set[int] = end.value
            return fenced


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@cache
def _text(statement: Statement) -> str:
    """The statement as SQLite reads it, with a named place for each value."""
    dialect = sqlite.dialect(paramstyle="named")
    compiled = statement.compile(dialect=dialect)
    fixed = {name: _literal(value) for name, value in compiled.params.items() if value is not None}
    return re.sub(r":(\w+)", lambda place: fixed.get(place[1], place[0]), str(compiled))


def _literal(value: object) -> str:
    return str(sa.literal(value).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def _plain(row: Row) -> Row:
    """Values as the tables hold them: moments as integers, large content compressed."""
    return {name: _as_stored(value) for name, value in row.items()}


def _as_stored(value: object) -> object:
    if type(value) is datetime:
        return (value - EPOCH) // MICROSECOND
    return stored(value) if type(value) is bytes else value
