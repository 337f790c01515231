"""What a runner is given, where its events go, and how a drive ends."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from app.engine.events import Event, Failure
from app.engine.program import Program
from app.sdk import Json


class Recorder(Protocol):
    """Remembers the events of one execution. `record` never waits; `durable` does, and raises Fenced when overtaken."""

    def record(self, event: Event) -> None: ...
    def durable(self) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step as the journal remembers it, in the order of `seq`."""

    block_id: str
    status: str
    ports: tuple[str, ...]
    output: Json
    started_at: datetime
    wake_at: datetime | None = None
    response: Json = None
    error: Failure | None = None
    iteration: str = ""
    attempts: int = 1
    arrived: bool = False
    payload: Json = None
    """What the awaited signal brought, once it has `arrived`."""
    seq: int = field(default=0, compare=False)
    """The number of the event that recorded it."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One execution to drive, new or taken up again from its recorded steps."""

    id: str
    program: Program
    entries: tuple[int, ...]
    input: Json
    trigger: str
    mode: str
    workflow: Mapping[str, Json]
    request: Json = None
    epoch: int = 1
    recorded: Sequence[RecordedStep] = ()
    depth: int = 0
    concurrency: int = 32
    use_pins: bool = False
    """Whether pinned outputs stand in for running their blocks."""
    only: frozenset[str] | None = None
    """The blocks that may run; None for all. What is recorded counts as it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a drive ended; `parked` means that it goes on at `wake_at`."""

    status: Literal["completed", "failed", "parked"]
    output: Json = None
    error: Failure | None = None
    wake_at: datetime | None = None
