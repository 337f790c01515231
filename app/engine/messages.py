"""Pure: an event as the message that watchers get (contract.md C21; the editor's overlay)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.engine.events import (
    Event,
    ExecutionFinished,
    ExecutionParked,
    ExecutionStarted,
    StepFinished,
    StepParked,
    StepsSkipped,
    StepStarted,
    StepStreamed,
)
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that happened. `seq` orders the messages of one execution; 0 where there is no order."""

    type: str
    data: dict[str, Json]
    seq: int = 0


def describe_event(execution_id: str, event: Event) -> Message:
    """The message for one event; values of data are not in it, a watcher asks for them."""
    data: dict[str, Json] = {"execution_id": execution_id, "at": iso(event.at)}
    match event:
        case ExecutionStarted(trigger=trigger):
            return Message("execution_started", data | {"trigger": trigger}, event.seq)
        case StepStarted(block_id=block_id, attempt=attempt):
            step = {"block_id": block_id, "iteration": event.iteration, "attempt": attempt}
            return Message("step_started", data | step, event.seq)
        case StepStreamed(block_id=block_id, text=text):
            return Message("step_streamed", data | {"block_id": block_id, "iteration": event.iteration, "text": text}, event.seq)
        case StepFinished():
            return Message("step_finished", data | _finished(event), event.seq)
        case StepParked():
            return Message("step_finished", data | _parked(event), event.seq)
        case StepsSkipped(block_ids=block_ids):
            return Message("steps_skipped", data | {"block_ids": list(block_ids)}, event.seq)
        case ExecutionParked(wake_at=wake_at):
            return Message("execution_waiting", data | {"wake_at": _moment(wake_at)}, event.seq)
        case ExecutionFinished():
            error = None if event.error is None else event.error.as_json()
            return Message("execution_finished", data | {"status": event.status, "error": error}, event.seq)


def _finished(event: StepFinished) -> dict[str, Json]:
    return {
        "block_id": event.block_id,
        "iteration": event.iteration,
        "status": event.status,
        "ports": list(event.ports),
        "duration_ms": event.duration_ms,
        "attempts": event.attempts,
        "error": None if event.error is None else event.error.as_json(),
    }


def _parked(event: StepParked) -> dict[str, Json]:
    return {
        "block_id": event.block_id,
        "iteration": event.iteration,
        "status": "retrying" if event.retrying else "waiting",
        "wake_at": _moment(event.wake_at),
        "attempts": event.attempts,
        "signal": None if event.signal is None else event.signal.kind,
        "error": None if event.error is None else event.error.as_json(),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def is_news(message: Message, seen: int) -> bool:
    """An execution that is taken up again says once more that it starts; whoever has seen anything knows that."""
    return message.seq > seen and not (seen and message.type == "execution_started")


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
