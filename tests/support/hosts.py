"""A real host on a real journal, driving graphs of tiny blocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.db.session import Database
from app.engine.graph import Graph
from app.engine.program import compile_program
from app.hosts.bus import EventBus
from app.hosts.embedded import EmbeddedHost
from app.hosts.handles import Handle, LoadedProgram
from app.hosts.preparing import PAUSES, Patience
from app.journal.journal import Journal
from app.journal.records import Ended, NewExecution
from app.sdk import Block, Context, Json, Output
from tests.support.journals import new_execution, opened, row, sqlite_url
from tests.support.tiny import Environment, Types, tiny

T = TypeVar("T")

LONG = 20.0
"""Seconds after which what was waited for will not come, however busy the machine is."""


async def until(ask: Callable[[], Awaitable[T | None]], seconds: float = 5) -> T:
    """What `ask` answers once that is something; it is asked again and again, because a database tells nobody."""
    async with asyncio.timeout(LONG):
        while (found := await ask()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


class Gate:
    """A block that waits until the test opens it; knows who came, who was stopped and who passed."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.came: list[str] = []
        self.stopped: list[str] = []
        self.passed: list[str] = []
        self._moved = asyncio.Condition()

    def block(self, type: str = "gate", **more: Any) -> Block:
        return tiny(type, self._execute, **more)

    async def _execute(self, context: Context, config: Any, value: Json) -> Output:
        await self._note(self.came, context.execution_id)
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            await self._note(self.stopped, context.execution_id)
            raise
        await self._note(self.passed, context.execution_id)
        return Output(value)

    async def _note(self, where: list[str], who: str) -> None:
        where.append(who)
        async with self._moved:
            self._moved.notify_all()

    async def has_come(self, count: int = 1) -> None:
        """Wait until so many executions stand at the gate."""
        async with asyncio.timeout(LONG), self._moved:
            await self._moved.wait_for(lambda: len(self.came) >= count)


@dataclass
class StageLender:
    """Lends one program to every execution; `error` makes the next lending fail, or the next `errors` of them."""

    loaded: LoadedProgram
    error: Exception | None = None
    errors: int = 1
    asked: int = 0

    async def program(self, workflow_id: str, revision: int) -> LoadedProgram:
        self.asked += 1
        if self.error is not None and self.errors > 0:
            self.errors -= 1
            raise self.error
        return self.loaded

    async def environment(self, execution: NewExecution) -> Environment:
        return Environment()


@dataclass
class Stage:
    database: Database
    journal: Journal
    bus: EventBus
    host: EmbeddedHost
    lender: StageLender

    async def start(self, **more: Any) -> tuple[str, Handle]:
        new = new_execution(**more)
        return new.id, await self.host.start(new)

    async def accept(self, **more: Any) -> str:
        new = new_execution(**more)
        await self.host.accept(new)
        return new.id

    async def ended(self, execution_id: str) -> Ended:
        """Wait for the end as the journal has it."""
        return await until(lambda: self.journal.ended(execution_id))

    async def idle(self) -> bool | None:
        """True when nothing is driven, else None."""
        return None if self.host.running else True

    async def reaches(self, execution_id: str, status: str) -> Any:
        """Wait until the execution has this status on disk."""

        async def ask() -> Any:
            found = await row(self.database, execution_id)
            return found if found is not None and found.status == status else None

        return await until(ask)


@asynccontextmanager
async def staged(
    directory: Path, drawn: Graph, known: Types, *, max_running: int = 500, drain: float = 0, pauses: Sequence[float] = PAUSES
) -> AsyncIterator[Stage]:
    """A host that drives `drawn`; one after another over the same directory they are like restarts of a server."""
    async with opened(sqlite_url(directory)) as database:
        workflow: Mapping[str, Json] = {"id": "workflow-1", "name": "Flow", "revision": 1}
        lender = StageLender(LoadedProgram(compile_program(drawn, known), workflow))
        journal = Journal(database, driver=f"driver-{id(lender)}")
        bus = EventBus()
        host = EmbeddedHost(journal, bus, max_running, Patience(pauses))
        await journal.release_all()
        journal.start()
        host.open(lender)
        try:
            yield Stage(database, journal, bus, host, lender)
        finally:
            await host.drain(drain)
            await journal.close()
