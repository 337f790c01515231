"""Executions that cannot be prepared: some are tried again, some can only fail."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Literal

from app.engine.events import Failure
from app.engine.runner import Runner
from app.hosts.handles import Lender, Unavailable, WorkflowBroken, assignment_of, is_overdue
from app.journal.recorder import JournalRecorder
from app.journal.records import Claimed, NewExecution

logger = logging.getLogger(__name__)

PAUSES = (1.0, 5.0, 25.0, 125.0)
"""Seconds before the next attempts; when all of them have failed, so does the execution."""
PASSING = (Unavailable, OSError)
"""What passes some day, however long it takes."""

Ending = tuple[Literal["failed", "cancelled", "timed_out"], Failure]


async def prepared(lender: Lender, claimed: Claimed, recorder: JournalRecorder) -> Runner:
    """What drives a claimed execution."""
    execution = claimed.execution
    loaded = await lender.program(execution.workflow_id, execution.revision)
    return Runner(assignment_of(claimed, loaded), recorder, await lender.environment(execution))


def stopped(execution: NewExecution) -> tuple[Literal["cancelled", "timed_out"], Failure]:
    """How an execution ends that is stopped from outside."""
    if is_overdue(execution):
        return "timed_out", Failure("TIMED_OUT", "The execution was not finished by its deadline.")
    return "cancelled", Failure("CANCELLED", "The execution was cancelled.")


class Patience:
    """Who is to be tried again, and when. Only this process knows; after a restart everybody has all attempts again."""

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        self._pauses = pauses
        self._waiting: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def is_early(self, execution_id: str) -> bool:
        """Whether it is too early to try this one again."""
        return execution_id in self._waiting and time.monotonic() < self._waiting[execution_id][1]

    def forget(self, execution_id: str) -> None:
        self._waiting.pop(execution_id, None)

    def ending(self, claimed: Claimed, error: Exception, *, is_new: bool) -> Ending | None:
        """How an execution ends that could not be prepared; None: it is tried again.

        One that is new on no disk yet fails at once, because its caller waits.
        """
        execution = claimed.execution
        if claimed.cancel_requested or is_overdue(execution):
            return self._ended(execution.id, *stopped(execution))
        if isinstance(error, WorkflowBroken) or type(error) is LookupError:
            return self._ended(execution.id, "failed", _not_started(str(error)))
        logger.error("an execution could not be prepared", exc_info=error, extra={"execution_id": execution.id})
        if not is_new and self._is_put_off(execution.id, isinstance(error, PASSING)):
            return None
        return self._ended(execution.id, "failed", _not_started(f"an internal error ({type(error).__name__})"))

    def _is_put_off(self, execution_id: str, passes: bool) -> bool:
        attempts, _ = self._waiting.get(execution_id, (0, 0.0))
        if attempts >= len(self._pauses) and not passes:
            return False
        pause = self._pauses[min(attempts, len(self._pauses) - 1)]
        counted = attempts if passes and attempts >= len(self._pauses) else attempts + 1
        self._waiting[execution_id] = (counted, time.monotonic() + pause)
        return True

    def _ended(self, execution_id: str, status: Literal["failed", "cancelled", "timed_out"], failure: Failure) -> Ending:
        self.forget(execution_id)
        return status, failure


def _not_started(reason: str) -> Failure:
    return Failure("NOT_STARTED", f"The execution could not start: {reason}")
