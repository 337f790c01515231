"""Numbers the events of one execution and hands them to its recorder."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from app.engine.assignment import Recorder
from app.engine.events import (
    ExecutionFinished,
    ExecutionParked,
    ExecutionStarted,
    Failure,
    StepFinished,
    StepParked,
    StepsSkipped,
    StepStarted,
    StepStreamed,
)
from app.sdk import Json

SEQ_PER_EPOCH = 10_000_000
"""Event numbers start anew, higher, in each epoch: a resumed execution never re-uses one that a viewer has seen."""

MILLISECOND = timedelta(milliseconds=1)


class Chronicle:
    def __init__(self, recorder: Recorder, epoch: int) -> None:
        self._recorder = recorder
        self._record = recorder.record
        self._seq = epoch * SEQ_PER_EPOCH

    def durable(self) -> Awaitable[None]:
        """Done when everything told so far is on disk."""
        return self._recorder.durable()

    def execution_started(self, trigger: str) -> None:
        self._recorder.record(ExecutionStarted(self._next(), now(), trigger))

    def step_started(self, block_id: str, iteration: str, attempt: int) -> datetime:
        """Returns the moment, which the end of the step has to tell again."""
        at = datetime.now(UTC)
        self._seq += 1
        self._record(StepStarted(self._seq, at, block_id, attempt, iteration))
        return at

    def step_streamed(self, block_id: str, iteration: str, text: str) -> None:
        self._recorder.record(StepStreamed(self._next(), now(), block_id, text, iteration))

    def step_finished(
        self,
        block_id: str,
        iteration: str,
        status: Literal["completed", "failed", "cancelled"],
        started_at: datetime,
        ports: tuple[str, ...] = (),
        output: bytes | None = None,
        error: Failure | None = None,
        response: Json = None,
        attempts: int = 1,
        log: tuple[str, ...] = (),
        input: bytes | None = None,
    ) -> None:
        """What is told is as in StepFinished."""
        at = datetime.now(UTC)
        took = at - started_at
        duration_ms = took.microseconds / 1000 if not (took.seconds or took.days) else took / MILLISECOND
        self._seq += 1
        told = (ports, output, error, response, attempts, log, iteration, input)
        self._record(StepFinished(self._seq, at, block_id, status, started_at, duration_ms, *told))

    def step_parked(self, block_id: str, iteration: str, started_at: datetime, **more: Any) -> int:
        """`more`: wake_at, output, signal, retrying, attempts, error, log as in StepParked. Returns the event's number."""
        seq = self._next()
        self._recorder.record(StepParked(seq, now(), block_id, started_at, iteration=iteration, **more))
        return seq

    def steps_skipped(self, block_ids: tuple[str, ...]) -> None:
        self._recorder.record(StepsSkipped(self._next(), now(), block_ids))

    def execution_parked(self, wake_at: datetime | None) -> None:
        self._recorder.record(ExecutionParked(self._next(), now(), wake_at))

    def execution_finished(
        self,
        status: Literal["completed", "failed", "cancelled", "timed_out"],
        output: bytes | None,
        error: Failure | None,
    ) -> None:
        self._recorder.record(ExecutionFinished(self._next(), now(), status, output, error))

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def now() -> datetime:
    return datetime.now(UTC)
