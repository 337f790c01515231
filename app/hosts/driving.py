"""One drive of one execution, as the host knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from app.engine.events import Event, StepFinished
from app.engine.runner import Runner
from app.hosts.handles import Handle
from app.hosts.telling import Teller
from app.journal.recorder import JournalRecorder
from app.journal.records import NewExecution
from app.sdk import Json

HISTORY_LIMIT = 20_000


class Drive:
    """Hears every event of its execution, remembers it for late watchers and passes on the answer to the caller."""

    def __init__(self, execution: NewExecution, teller: Teller, handles: Mapping[str, Handle]) -> None:
        self.execution = execution
        self.task: asyncio.Task[None] | None = None
        self.cancel = False
        self.response: Json = None
        self.runner: Runner | None = None
        self.recorder: JournalRecorder | None = None
        self.history: list[Event] = []
        self._teller = teller
        self._handles = handles

    def hear(self, event: Event) -> None:
        if len(self.history) < HISTORY_LIMIT:
            self.history.append(event)
        if self.recorder is None:
            return
        if type(event) is StepFinished and event.response is not None and self.response is None:
            self.response = event.response
            if (handle := self._handles.get(self.execution.id)) is not None:
                self.recorder.when_durable(partial(handle.answered, event.response))
        if self._teller.has_listeners:
            self._teller.tell(self.execution, self.recorder, event)
