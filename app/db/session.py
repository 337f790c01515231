"""The database: one writer at a time with BEGIN IMMEDIATE, readers beside it, migrations at start."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

READERS = 4
BUSY_TIMEOUT_MS = 10_000


class _Connection(sqlite3.Connection):
    """Gives its lock back when it is closed.

    SQLite keeps a closed connection, and its transaction, for as long as one statement of it is unfinished: after a
    task was cancelled in the middle of a read, that is until the garbage collector comes by.
    """

    def close(self) -> None:
        if self.in_transaction:
            self.rollback()
        super().close()


class Database:
    """Two engines over one database. SQLite loses updates without BEGIN IMMEDIATE, and readers must not pay for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.changes = 0
        """Grows with every transaction that may have changed what people made; the journal's own do not count."""
        self.turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if url.startswith("sqlite") else nullcontext()
        """Held by whoever writes into SQLite, so that writers of this process queue here and not in its busy loop."""
        self.path = sa.make_url(url).database or "" if url.startswith("sqlite") else ""
        """SQLite's file; empty for other databases."""
        self.is_sole_writer = url.startswith("sqlite")
        if self.is_sole_writer:
            self._writer = create_async_engine(
                url, pool_size=1, max_overflow=0, pool_timeout=60, hide_parameters=True, connect_args={"factory": _Connection}
            )
            self._reader = create_async_engine(url, pool_size=READERS, max_overflow=0, pool_timeout=60, hide_parameters=True)
            _configure(self._writer, "PRAGMA synchronous=FULL", "BEGIN IMMEDIATE")
            _configure(self._reader, "PRAGMA query_only=ON", "BEGIN")
        else:
            self._writer = create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
            self._reader = self._writer

    @asynccontextmanager
    async def write(self, *, counts: bool = True) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back by an exception."""
        try:
            async with self.turn, self._writer.begin() as connection:
                yield connection
        finally:
            self.changes += counts

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view that cannot write."""
        async with self._reader.connect() as connection:
            yield connection

    async def migrate(self) -> None:
        """Bring the schema to the newest migration."""
        async with self._writer.begin() as connection:
            await connection.run_sync(_upgrade)

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()


def _configure(engine: AsyncEngine, pragma: str, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for statement in (f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", "PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON", pragma):
            cursor.execute(statement)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
