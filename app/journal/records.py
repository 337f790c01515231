"""What the journal takes and gives: plain frozen values between the host and the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.engine.assignment import RecordedStep
from app.engine.events import ExecutionStatus
from app.sdk import Json


class Fenced(Exception):
    """Another driver has taken this execution over, or it has ended; nothing more may be written."""


class JournalClosed(RuntimeError):
    """The process ends: what is not on disk yet stays with whoever claims the execution next."""


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution to accept. `start_block` None leaves the choice to the program."""

    id: str
    workspace_id: str
    workflow_id: str
    revision: int
    start_block: str | None
    mode: str
    trigger: str
    user_id: str | None
    input: Json
    created_at: datetime
    request: Json = None
    parent_id: str | None = None
    parent_key: str | None = None
    depth: int = 0
    priority: int = 0
    deadline_at: datetime | None = None
    concurrency_limit: int | None = None
    options: Json = None
    """`{use_pins, only}` where the execution differs from an ordinary one."""
    retry_of: str | None = None
    reports_failure: bool = False
    """Whether somebody is to be told when it fails (error workflows)."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The recorded steps that a new execution takes over from an old one."""

    execution_id: str
    block_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An execution that this driver may drive now, with all that is recorded of it."""

    execution: NewExecution
    epoch: int
    cancel_requested: bool
    steps: Sequence[RecordedStep]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an execution as the journal has it."""

    id: str
    status: ExecutionStatus
    output: Json
    error: Json
