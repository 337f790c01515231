"""Pure: recorded steps as rows of the database, or packed into one value beside their execution.

An execution that begins and ends within one transaction has its steps in `executions.finished_steps`: one row is written
instead of many. All others have a row for each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from app.engine.events import Failure, StepFinished, StepParked
from app.engine.values import encode

MAX_PACKED_BYTES = 100_000
"""Of outputs; more of them are not stored in one value."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[StepFinished]).decode


def packed(steps: Sequence[StepFinished | StepParked]) -> bytes | None:
    """The steps as one value, or None when they are too large for that, or wait for something."""
    size = 0
    for step in steps:
        if type(step) is not StepFinished:
            return None
        size += len(step.output or b"") + len(step.input or b"")
    return None if size > MAX_PACKED_BYTES else _pack(steps)


def unpacked(execution_id: str, raw: bytes | None) -> list[dict[str, Any]]:
    """The rows that packed steps stand for, in the order in which they ended."""
    return [] if raw is None else [step_row(execution_id, step) for step in _unpack(raw)]


def step_row(execution_id: str, event: StepFinished | StepParked) -> dict[str, Any]:
    return finished_row(execution_id, event) if isinstance(event, StepFinished) else parked_row(execution_id, event)


def finished_row(execution_id: str, event: StepFinished) -> dict[str, Any]:
    return {
        "execution_id": execution_id,
        "block_id": event.block_id,
        "iteration": event.iteration,
        "seq": event.seq,
        "status": event.status,
        "ports": encode(event.ports),
        "input": event.input,
        "output": event.output,
        "error": None if event.error is None else _error(event.error),
        "response": None if event.response is None else encode(event.response),
        "log": encode(event.log) if event.log else None,
        "attempts": event.attempts,
        "started_at": event.started_at,
        "finished_at": event.at,
        "wake_at": None,
        "duration_ms": event.duration_ms,
    }


def parked_row(execution_id: str, event: StepParked) -> dict[str, Any]:
    return {
        "execution_id": execution_id,
        "block_id": event.block_id,
        "iteration": event.iteration,
        "seq": event.seq,
        "status": "retrying" if event.retrying else "waiting",
        "ports": b"[]",
        "input": event.input,
        "output": event.output,
        "error": None if event.error is None else _error(event.error),
        "response": None,
        "log": encode(event.log) if event.log else None,
        "attempts": event.attempts,
        "started_at": event.started_at,
        "finished_at": None,
        "wake_at": event.wake_at,
        "duration_ms": None,
    }


def _error(failure: Failure) -> bytes:
    """A step's failure; that trying again is senseless is kept for the container around it."""
    return encode(failure.as_json() if failure.retryable else {**failure.as_json(), "retryable": False})
