"""Frozen facts of an execution, numbered by `seq`, which only grows within one execution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.sdk import Json

ExecutionStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled", "timed_out"]
StepStatus = Literal["completed", "failed", "cancelled", "waiting", "skipped", "running"]
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled", "timed_out"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step or an execution failed, in words for a person."""

    code: str
    message: str
    block_id: str | None = None

    def as_json(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "block_id": self.block_id}


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    seq: int
    at: datetime
    trigger: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    seq: int
    at: datetime
    block_id: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step's record. `output` is its encoded JSON; `response` is set by a block that answers the caller."""

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


@dataclass(frozen=True, slots=True)
class StepParked:
    """A step that waits for a moment; `output` is its encoded value for then."""

    seq: int
    at: datetime
    block_id: str
    started_at: datetime
    wake_at: datetime
    output: bytes


@dataclass(frozen=True, slots=True)
class StepsSkipped:
    seq: int
    at: datetime
    block_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExecutionParked:
    seq: int
    at: datetime
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class ExecutionFinished:
    seq: int
    at: datetime
    status: Literal["completed", "failed", "cancelled", "timed_out"]
    output: bytes | None = None
    error: Failure | None = None


Event = ExecutionStarted | StepStarted | StepFinished | StepParked | StepsSkipped | ExecutionParked | ExecutionFinished
