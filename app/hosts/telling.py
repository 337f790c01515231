"""Passes on what happens in an execution: details to its watchers at once, all that matters once it is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from app.engine.events import Event, ExecutionFinished, ExecutionStarted
from app.hosts.bus import EventBus, asks_people, tell_execution, tell_workflow, tell_workspace
from app.journal.recorder import JournalRecorder
from app.journal.records import NewExecution


class Teller:
    """Tells watchers over the bus, and does what must wait for the disk beside the executions."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def has_listeners(self) -> bool:
        return self._bus.is_watched

    def tell(self, execution: NewExecution, recorder: JournalRecorder, event: Event) -> None:
        """Tell of one event. Whoever hears of a beginning, an end or a question wants to look at it, so it is on disk by then."""
        if not isinstance(event, ExecutionFinished):
            tell_execution(self._bus, execution.id, event)
        begins_or_ends = isinstance(event, (ExecutionStarted, ExecutionFinished))
        if (begins_or_ends and self._watched(execution)) or asks_people(event):
            recorder.when_durable(partial(self._announce, execution, event))

    def _watched(self, execution: NewExecution) -> bool:
        return self._bus.watched(f"workflow:{execution.workflow_id}") or self._bus.watched(f"execution:{execution.id}")

    def _announce(self, execution: NewExecution, event: Event) -> None:
        if isinstance(event, ExecutionFinished):
            tell_execution(self._bus, execution.id, event)
        tell_workflow(self._bus, execution.id, execution.workflow_id, execution.trigger, event)
        tell_workspace(self._bus, execution.workspace_id, execution.id, execution.workflow_id, event)

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something without anybody waiting for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for all that is still to be done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
