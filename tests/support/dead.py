"""Drivers that died, or slept: executions that they left behind, and the pens that they still hold."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from app.db.session import Database
from app.engine.events import ExecutionStarted, StepFinished
from app.journal.journal import Journal
from app.journal.recorder import JournalRecorder
from tests.support.journals import new_execution

LONG_AGO = timedelta(minutes=1)
"""Longer than any lease."""


@asynccontextmanager
async def dead_driver(database: Database) -> AsyncIterator[Journal]:
    """The journal of a driver in another process; what it began a minute ago is left behind."""
    journal = Journal(database, driver="driver-dead")
    journal.start()
    try:
        yield journal
    finally:
        await journal.close()


async def left_behind(journal: Journal, *steps: StepFinished, **more: Any) -> tuple[str, JournalRecorder]:
    """An execution that the dead driver began, with what it recorded; and its pen."""
    began = datetime.now(UTC) - LONG_AGO
    new = new_execution(created_at=began, **more)
    recorder = journal.recorder(new, 1, lambda event: None, is_new=True)
    recorder.record(ExecutionStarted(1, began, "api"))
    for step in steps:
        recorder.record(step)
    await recorder.durable()
    return new.id, recorder
