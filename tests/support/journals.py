"""A migrated database with one workflow in it, and executions of that workflow."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from app.db.session import Database
from app.db.step_rows import unpacked
from app.db.tables import executions, steps, users, workflows, workspaces
from app.engine.events import ExecutionFinished, Failure, StepFinished, StepParked
from app.engine.values import encode
from app.journal.batches import Batch
from app.journal.records import NewExecution
from app.journal.transactions import ThreadTransactions
from app.sdk import Json

WORKSPACE, USER, WORKFLOW = "workspace-1", "user-1", "workflow-1"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def sqlite_url(directory: Path) -> str:
    return f"sqlite+aiosqlite:///{directory / 'journal.db'}"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at this address, migrated and with the workflow; can be opened again."""
    if url.startswith("sqlite"):
        _copy_where_none_is(await _template(), Path(url.partition(":///")[2]))
    database = Database(url)
    try:
        if not url.startswith("sqlite"):
            await _made(database)
        yield database
    finally:
        await database.close()


def _copy_where_none_is(template: Path, file: Path) -> None:
    if not file.exists():
        shutil.copy(template, file)


_templates: list[Path] = []


async def _template() -> Path:
    """A file with the workflow and nothing else, made once: migrating takes a tenth of a second."""
    if not _templates:
        directory = Path(mkdtemp(prefix="blockyard-journal-"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        database = Database(sqlite_url(directory))
        await _made(database)
        await database.close()
        _templates.append(directory / "journal.db")
    return _templates[0]


async def _made(database: Database) -> None:
    await database.migrate()
    await _seed(database)


async def _seed(database: Database) -> None:
    async with database.write() as connection:
        if (await connection.execute(sa.select(workspaces.c.id))).first() is not None:
            return
        await connection.execute(
            sa.insert(users).values(id=USER, email="a@example.com", username="a", password_hash="", created_at=NOW)
        )
        await connection.execute(sa.insert(workspaces).values(id=WORKSPACE, name="Home", created_at=NOW))
        await connection.execute(
            sa.insert(workflows).values(
                id=WORKFLOW, workspace_id=WORKSPACE, name="Flow", description="", state="internal", enabled=True,
                revision=1, block_count=0, created_by=USER, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip


def new_execution(id: str = "", **more: Any) -> NewExecution:
    usual: dict[str, Any] = {"input": {"n": 1}, "created_at": datetime.now(UTC), "trigger": "api", "mode": "live"}
    return NewExecution(
        id=id or str(uuid4()),
        workspace_id=WORKSPACE,
        workflow_id=WORKFLOW,
        revision=1,
        start_block=None,
        user_id=USER,
        **(usual | more),
    )


def finished(block_id: str, seq: int = 1, output: Json = None, **more: Any) -> StepFinished:
    """The event of a step that completed."""
    usual: dict[str, Any] = {"status": "completed", "ports": ("output",), "output": encode(output)}
    return StepFinished(seq, NOW, block_id, started_at=NOW, duration_ms=1.5, **(usual | more))


def parked(block_id: str, wake_at: datetime, seq: int = 1, output: Json = None) -> StepParked:
    return StepParked(seq, NOW, block_id, NOW, wake_at, encode(output))


def ended(seq: int = 9, status: Any = "completed", output: Json = None, error: Failure | None = None) -> ExecutionFinished:
    return ExecutionFinished(seq, NOW, status, encode(output), error)


async def row(database: Database, execution_id: str) -> Any:
    """The execution as it is on disk, or None."""
    async with database.read() as connection:
        return (await connection.execute(sa.select(executions).where(executions.c.id == execution_id))).one_or_none()


async def step_rows(database: Database, execution_id: str) -> dict[str, Any]:
    """The recorded steps by block, in the order of their numbers, however they are stored."""
    query = sa.select(steps).where(steps.c.execution_id == execution_id).order_by(steps.c.seq)
    whole = sa.select(executions.c.finished_steps).where(executions.c.id == execution_id)
    async with database.read() as connection:
        rows: dict[str, Any] = {step.block_id: step for step in await connection.execute(query)}
        kept = unpacked(execution_id, (await connection.execute(whole)).scalar())
    assert not (rows and kept), "steps are stored in one way"
    return rows or {step["block_id"]: SimpleNamespace(**step) for step in kept}


class Transactions:
    """Counts the write transactions of a database, and can make the next ones fail."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        self.failures = 0
        self.failed = asyncio.Event()
        sa.event.listen(database._writer.sync_engine, "begin", self._begun)
        write = ThreadTransactions._write

        def counted(transactions: ThreadTransactions, batches: Sequence[Batch]) -> set[int]:
            if transactions._database is database:
                self._begun(None)
            return write(transactions, batches)

        ThreadTransactions._write = counted  # type: ignore[method-assign, assignment]

    def _begun(self, connection: sa.Connection | None) -> None:
        self.count += 1
        if self.failures:
            self.failures -= 1
            self.failed.set()
            raise sa.exc.OperationalError("BEGIN", {}, Exception("disk I/O error"))
