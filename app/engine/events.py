"""Frozen facts of an execution, numbered by `seq`, which only grows within one execution."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from app.sdk import Json, Signal

ExecutionStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled", "timed_out"]
StepStatus = Literal["completed", "failed", "cancelled", "waiting", "retrying", "skipped", "running"]
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled", "timed_out"})


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a step or an execution failed, in words for a person."""

    code: str
    message: str
    block_id: str | None = None
    retryable: bool = True
    """False where trying again cannot help; for a container that tries its body again."""

    def as_json(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "block_id": self.block_id}


class ExecutionStarted(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: datetime
    trigger: str


class StepStarted(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: datetime
    block_id: str
    attempt: int = 1
    iteration: str = ""


class StepStreamed(msgspec.Struct, frozen=True, gc=False):
    """A piece of text that a running step shows; it is not recorded."""

    seq: int
    at: datetime
    block_id: str
    text: str
    iteration: str = ""


class StepFinished(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A step's record. `output` is its encoded JSON; `response` is set by a block that answers the caller.

    It is stored as the list of its fields, so new ones come last and have a default.

    `iteration` tells the round of the containers around the block: "" outside, "3" in one, "3/0" in two.
    """

    seq: int
    at: datetime
    block_id: str
    status: Literal["completed", "failed", "cancelled"]
    started_at: datetime
    duration_ms: float
    ports: tuple[str, ...] = ()
    output: bytes | None = None
    error: Failure | None = None
    response: Json = None
    attempts: int = 1
    log: tuple[str, ...] = ()
    iteration: str = ""
    input: bytes | None = None
    """Encoded, and only where it does not follow from recorded outputs: at the beginning of a body."""


class StepParked(msgspec.Struct, frozen=True, gc=False):
    """A step that waits: for a moment, for a signal, or (`retrying`) for its next attempt. `output` is encoded."""

    seq: int
    at: datetime
    block_id: str
    started_at: datetime
    wake_at: datetime | None
    output: bytes
    signal: Signal | None = None
    retrying: bool = False
    attempts: int = 1
    error: Failure | None = None
    log: tuple[str, ...] = ()
    iteration: str = ""
    input: bytes | None = None
    """Encoded, and only where it does not follow from recorded outputs: at the beginning of a body."""


class StepsSkipped(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: datetime
    block_ids: tuple[str, ...]


class ExecutionParked(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: datetime
    wake_at: datetime | None


class ExecutionFinished(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: datetime
    status: Literal["completed", "failed", "cancelled", "timed_out"]
    output: bytes | None = None
    error: Failure | None = None


Event = (
    ExecutionStarted | StepStarted | StepStreamed | StepFinished | StepParked | StepsSkipped | ExecutionParked | ExecutionFinished
)
