"""Collects the events of one execution until they are to be on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.engine.events import (
    Event,
    ExecutionFinished,
    ExecutionParked,
    StepFinished,
    StepParked,
    StepsSkipped,
    StepStarted,
    StepStreamed,
)
from app.engine.waiting import settled
from app.journal.batches import Batch
from app.journal.rows import end_values, signal_row
from app.journal.writer import Writer

UNRECORDED = frozenset({StepStarted, StepStreamed, StepsSkipped})
"""What is told and not kept: it follows from the rest, or matters only while it happens."""


class JournalRecorder:
    """Hands one execution's events to the writer when durability is asked for, or soon."""

    def __init__(
        self,
        writer: Writer,
        batch: Batch,
        workspace_id: str,
        listener: Callable[[Event], None],
        ends_are_news: Callable[[str], bool],
    ) -> None:
        self._writer = writer
        self._workspace_id = workspace_id
        self._batch = batch
        self._listener = listener
        self._ends_are_news = ends_are_news
        self._written: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self._expected = False

    def record(self, event: Event) -> None:
        if type(event) in UNRECORDED:
            self._listener(event)
            return
        if isinstance(event, StepFinished):
            self._batch.steps.append(event)
        elif isinstance(event, StepParked):
            self._batch.steps.append(event)
            if (row := signal_row(self._batch.execution_id, self._workspace_id, event)) is not None:
                self._batch.signals.append(row)
        elif isinstance(event, ExecutionParked):
            self._batch.changes |= {"status": "waiting", "wake_at": event.wake_at, "lease_until": None, "driver": None}
        elif isinstance(event, ExecutionFinished):
            self._batch.changes |= end_values(event, is_news=self._ends_are_news(self._workspace_id))
        if not self._expected:
            self._expected = True
            self._writer.expect(self)
        self._listener(event)

    async def durable(self) -> None:
        """Return when everything recorded so far is on disk. Raises the first failure there ever was, and then always."""
        self.flush()
        written = self._written
        if written is None:
            raise RuntimeError("durable() before anything was recorded")
        if not written.done():
            await settled(written)
        self._note(written)
        if self._failure is not None:
            raise self._failure

    def when_durable(self, then: Callable[[], None]) -> None:
        """Do something once all that is recorded by now is on disk; never when it does not get there."""
        asyncio.get_running_loop().call_soon(self._follow, then)  # what is recorded in this turn shares the transaction

    def _follow(self, then: Callable[[], None]) -> None:
        self.flush()
        if self._written is not None:
            self._written.add_done_callback(lambda written: None if written.exception() else then())

    def flush(self) -> None:
        """Hand over what was recorded. A gap in the record would be worse than its end, so nothing follows a failure."""
        if self._expected:
            self._expected = False
            self._writer.forget(self)
        batch = self._batch
        if self._failure is None and (batch.insert is not None or batch.changes or batch.steps or self._written is None):
            self._written = self._writer.submit(batch)
            self._written.add_done_callback(self._note)
            self._batch = Batch(batch.execution_id, batch.epoch)

    def _note(self, written: asyncio.Future[None]) -> None:
        if self._failure is None:
            self._failure = written.exception()
