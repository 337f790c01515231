"""What the host is lent, and what a caller can wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.engine.assignment import Assignment
from app.engine.chronicle import now
from app.engine.context import Environment
from app.engine.program import Program
from app.journal.records import Claimed, Ended, NewExecution
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class LoadedProgram:
    """A revision's program and what executions tell about their workflow."""

    program: Program
    workflow: Mapping[str, Json]


class Lender(Protocol):
    """Gives the host what it needs of the rest: programs, and the services that an execution may use."""

    async def program(self, workflow_id: str, revision: int) -> LoadedProgram:
        """Raises WorkflowBroken when there can be none, Unavailable when there is none now."""

    async def environment(self, execution: NewExecution) -> Environment: ...


class WorkflowBroken(LookupError):
    """What an execution is to run is not there any more, or cannot be read; the message tells people what is wrong."""


class Unavailable(Exception):
    """Something that lends does not answer now."""


class HostStopped(Exception):
    """This process ends; the execution is on disk and goes on with the next one."""


class Handle:
    """What a caller can wait for. `answer` is the response block's, or None when the execution ends without one."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Json] = loop.create_future()
        self.ended: asyncio.Future[Ended] = loop.create_future()

    def answered(self, response: Json) -> None:
        if not self.answer.done():
            self.answer.set_result(response)

    def finish(self, ended: Ended, response: Json = None) -> None:
        if not self.ended.done():
            self.ended.set_result(ended)
        self.answered(response)

    def fail(self, error: Exception) -> None:
        """The execution could not even be put on disk."""
        for future in (self.answer, self.ended):
            if not future.done():
                future.set_exception(error)
                future.exception()


def assignment_of(claimed: Claimed, loaded: LoadedProgram) -> Assignment:
    """What a runner needs to drive a claimed execution."""
    execution = claimed.execution
    return Assignment(
        execution.id,
        loaded.program,
        loaded.program.entries(execution.start_block),
        execution.input,
        execution.trigger,
        execution.mode,
        loaded.workflow,
        execution.request,
        claimed.epoch,
        claimed.steps,
        execution.depth,
        use_pins=bool((execution.options or {}).get("use_pins")),
        only=_only(execution.options),
    )


def _only(options: Json) -> frozenset[str] | None:
    named = (options or {}).get("only")
    return None if named is None else frozenset(named)


def is_overdue(execution: NewExecution) -> bool:
    """Whether an execution should have ended by now."""
    return execution.deadline_at is not None and execution.deadline_at <= now()
