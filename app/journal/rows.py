"""Pure: executions, steps and events as rows of the database, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from app.engine.assignment import RecordedStep
from app.engine.events import ExecutionFinished, Failure, StepParked
from app.engine.values import decode_stored, encode
from app.journal.records import NewExecution

SIGNALS = UUID("5f0c5b0e-1a50-4d0e-9a3c-3a1c1b3d7a11")


def execution_row(new: NewExecution, driver: str | None, epoch: int, lease: timedelta) -> dict[str, Any]:
    running = driver is not None
    return {
        "id": new.id,
        "workspace_id": new.workspace_id,
        "workflow_id": new.workflow_id,
        "revision": new.revision,
        "start_block": new.start_block,
        "status": "running" if running else "queued",
        "mode": new.mode,
        "trigger": new.trigger,
        "user_id": new.user_id,
        "parent_id": new.parent_id,
        "parent_key": new.parent_key,
        "depth": new.depth,
        "input": encode(new.input),
        "request": None if new.request is None else encode(new.request),
        "output": None,
        "error": None,
        "epoch": epoch,
        "driver": driver,
        "lease_until": new.created_at + lease if running else None,
        "wake_at": None,
        "deadline_at": new.deadline_at,
        "priority": new.priority,
        "concurrency_limit": new.concurrency_limit,
        "options": None if new.options is None else encode(new.options),
        "retry_of": new.retry_of,
        "cancel_requested": False,
        "followed_up": not new.reports_failure,
        "created_at": new.created_at,
        "started_at": new.created_at if running else None,
        "finished_at": None,
        "finished_steps": None,
    }


def end_values(event: ExecutionFinished, *, is_news: bool) -> dict[str, Any]:
    """A failure is left to be followed up, and where an end `is_news`, any end."""
    error = None if event.error is None else encode(event.error.as_json())
    followed_up = {"followed_up": True} if event.status in ("completed", "cancelled") and not is_news else {}
    return followed_up | {
        "status": event.status,
        "output": event.output,
        "error": error,
        "finished_at": event.at,
        "lease_until": None,
        "driver": None,
        "wake_at": None,
    }


def read_json(raw: bytes | None) -> Any:
    return None if raw is None else decode_stored(raw)


def read_execution(row: Any) -> NewExecution:
    names = (name for name in NewExecution.__dataclass_fields__ if name != "reports_failure")
    values = {name: getattr(row, name) for name in names}
    decoded = {"input": decode_stored(row.input), "request": read_json(row.request), "options": read_json(row.options)}
    return NewExecution(**values | decoded, reports_failure=not row.followed_up)


def signal_id(execution_id: str, event: StepParked) -> str:
    """The same whenever the same parking is told."""
    return str(uuid5(SIGNALS, f"{execution_id}/{event.block_id}/{event.iteration}/{event.seq}"))


def signal_row(execution_id: str, workspace_id: str, event: StepParked) -> dict[str, Any] | None:
    """The signal that a parked step waits for, if any."""
    if event.signal is None:
        return None
    return {
        "id": signal_id(execution_id, event),
        "workspace_id": workspace_id,
        "execution_id": execution_id,
        "block_id": event.block_id,
        "iteration": event.iteration,
        "seq": event.seq,
        "kind": event.signal.kind,
        "name": event.signal.name,
        "data": None if event.signal.data is None else encode(event.signal.data),
        "status": "open",
        "payload": None,
        "created_at": event.at,
        "expires_at": event.wake_at,
        "answered_at": None,
    }


def read_step(row: Any) -> RecordedStep:
    error = read_json(row.error)
    return RecordedStep(
        row.block_id,
        row.status,
        tuple(decode_stored(row.ports)),
        read_json(row.output),
        row.started_at,
        row.wake_at,
        read_json(row.response),
        None if error is None else Failure(error["code"], error["message"], error["block_id"], error.get("retryable", True)),
        row.iteration,
        row.attempts,
        seq=row.seq,
    )
