"""The database: one writer at a time, readers beside it that see one moment, migrations at start."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.db.changes import Changes

READERS = 4
BUSY_TIMEOUT_MS = 10_000
REVISION_LENGTH = 4
NOTICES_THE_DEAD = "-c client_connection_check_interval=2000"
"""PostgreSQL would end a query, and give back its locks, only long after the connection of whoever asked is gone."""
ONE_WRITER = "SELECT pg_advisory_xact_lock(20260601)"
"""PostgreSQL's BEGIN IMMEDIATE: who writes sees all that was written before, and nobody else writes until the end."""


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
    """Two engines over one database: updates are lost unless writers take turns, and readers must not pay for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.changes = Changes()
        """Counts every transaction that may have changed what people made; the journal's own do not count."""
        self.turn = asyncio.Lock()
        """Held by whoever writes, so that writers of this process queue here and not in the database."""
        self.path = sa.make_url(url).database or "" if url.startswith("sqlite") else ""
        """SQLite's file; empty for other databases."""
        self.is_sole_writer = url.startswith("sqlite")
        if self.is_sole_writer:
            self._writer = _engine(url, 1, connect_args={"factory": _Connection})
            self._reader = _engine(url, READERS)
            _configure(self._writer, "PRAGMA synchronous=FULL", "BEGIN IMMEDIATE")
            _configure(self._reader, "PRAGMA query_only=ON", "BEGIN")
        else:
            one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._writer = _engine(url, 1, pool_pre_ping=True, connect_args={"options": NOTICES_THE_DEAD})
            self._reader = _engine(url, READERS, pool_pre_ping=True, execution_options=one_moment)
            _begin_with(self._writer, ONE_WRITER)
            _hide_details(self._writer)
            _hide_details(self._reader)

    @asynccontextmanager
    async def write(self, *, counts: bool = True) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back by an exception."""
        try:
            async with self.turn, self._writer.begin() as connection:
                yield connection
        finally:
            if counts:
                self.changes.add()

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


def _engine(url: str, connections: int, **more: Any) -> AsyncEngine:
    return create_async_engine(url, pool_size=connections, max_overflow=0, pool_timeout=60, hide_parameters=True, **more)


def _configure(engine: AsyncEngine, pragma: str, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for statement in (f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", "PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON", pragma):
            cursor.execute(statement)
        cursor.close()

    _begin_with(engine, begin)


def _begin_with(engine: AsyncEngine, statement: str) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(statement)


def _hide_details(engine: AsyncEngine) -> None:
    """PostgreSQL tells the values of a row that it refuses, in the lines after the first."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def failed(context: sa.engine.ExceptionContext) -> None:
        for error in (context.original_exception, context.sqlalchemy_exception):
            if error is not None:
                error.args = (str(error.args[0] if error.args else error).partition("\n")[0],)


def _upgrade(connection: sa.Connection) -> None:
    """Alembic, ten megabytes and half a second, is imported only when there is something to do."""
    migrations = Path(__file__).parent / "migrations"
    newest = max(path.name[:REVISION_LENGTH] for path in (migrations / "versions").glob("0*.py"))
    if _revision(connection) == newest:
        return
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    import_module("alembic.command").upgrade(config, "head")


def _revision(connection: sa.Connection) -> str | None:
    """The migration that this database has reached; None when it is new."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found
