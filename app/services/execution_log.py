"""The log of an execution, line by line: what was, then what comes (contract.md G15)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.db import executions as queries
from app.db.session import Database
from app.engine.events import StepFinished, StepParked
from app.engine.messages import Message
from app.hosts.embedded import EmbeddedHost
from app.sdk import Json
from app.services.actors import Actor
from app.services.execution_events import ExecutionEvents
from app.services.executions import ExecutionDetail, Executions
from app.services.traces import decoded

PER_EVENT = 1_000
"""How many lines the record of one step may have; they share the step's place in the order."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """`seq` grows within one execution; `task` is empty for what concerns the execution as a whole."""

    seq: int
    at: str
    level: str
    execution_id: str
    task: str
    message: str


class ExecutionLog:
    def __init__(self, database: Database, host: EmbeddedHost, executions: Executions, events: ExecutionEvents) -> None:
        self._database = database
        self._host = host
        self._executions = executions
        self._events = events

    async def stored(self, actor: Actor, execution_id: str) -> Sequence[LogLine]:
        """What has been logged so far."""
        names = _names(await self._executions.get(actor, execution_id))
        messages = await self._events.known(actor, execution_id)
        recorded = await self._recorded(execution_id)
        return [line for message in messages for line in self._lines(execution_id, message, names, recorded)]

    async def follow(self, actor: Actor, execution_id: str, after: int = 0) -> AsyncIterator[LogLine | None]:
        """The lines above `after`, live until the execution has ended; None is a heartbeat."""
        names = _names(await self._executions.get(actor, execution_id))
        recorded = await self._recorded(execution_id)
        async for message in self._events.of_execution(actor, execution_id, 0):
            if message is None:
                yield None
                continue
            if message.type == "step_started" and message.data["block_id"] not in names:
                names = _names(await self._executions.get(actor, execution_id))
            if message.type == "step_finished" and message.seq not in recorded:
                recorded[message.seq] = await self._remembered(execution_id, message.seq)
            for line in self._lines(execution_id, message, names, recorded):
                if line.seq > after:
                    yield line

    async def _recorded(self, execution_id: str) -> dict[int, Sequence[str]]:
        """The lines that steps have written so far, by the place of their record in the order."""
        async with self._database.read() as connection:
            rows = await queries.find_steps(connection, execution_id)
        found: dict[int, Sequence[str]] = {row.seq: decoded(row.log) or () for row in rows}
        for event in self._host.history(execution_id) or ():
            if isinstance(event, StepFinished | StepParked):
                found[event.seq] = event.log
        return found

    async def _remembered(self, execution_id: str, seq: int) -> Sequence[str]:
        """The lines of a step that has just finished: remembered while its execution is driven here, on record after that."""
        for event in reversed(self._host.history(execution_id) or ()):
            if isinstance(event, StepFinished | StepParked) and event.seq == seq:
                return event.log
        return (await self._recorded(execution_id)).get(seq, ())

    def _lines(
        self, execution_id: str, message: Message, names: Mapping[str, str], recorded: Mapping[int, Sequence[str]]
    ) -> Iterator[LogLine]:
        data = message.data
        block_id = str(data.get("block_id", ""))
        logged = recorded.get(message.seq, ()) if message.type == "step_finished" else ()
        texts = [*(_levelled(text) for text in logged[: PER_EVENT - 1]), *_words(message)]
        for number, (level, text) in enumerate(texts):
            at = str(data.get("at", ""))
            yield LogLine(message.seq * PER_EVENT + number, at, level, execution_id, names.get(block_id, block_id), text)


def _names(detail: ExecutionDetail) -> dict[str, str]:
    return {view.block_id: view.block_name for view in detail.steps}


def _levelled(text: str) -> tuple[str, str]:
    """Blocks put another level than info in front of their line."""
    for level in ("debug", "warning", "error"):
        if text.startswith(f"{level.upper()}: "):
            return level, text[len(level) + 2 :]
    return "info", text


def _words(message: Message) -> list[tuple[str, str]]:
    data = message.data
    match message.type:
        case "execution_started":
            return [("info", f"Execution started by {data['trigger']}")]
        case "step_started":
            attempt = data.get("attempt", 1)
            return [("info", "Started" if attempt == 1 else f"Started, attempt {attempt}")]
        case "step_finished":
            return [_outcome(data)]
        case "execution_waiting":
            return [("info", "Execution waits")]
        case "execution_finished":
            level = "info" if data["status"] == "completed" else "error"
            return [(level, f"Execution {_end(data['status'])}{_reason(data)}")]
    return []


def _outcome(data: dict[str, Json]) -> tuple[str, str]:
    status = data["status"]
    took = "" if data.get("duration_ms") is None else f" in {round(data['duration_ms'])} ms"
    if status == "failed":
        return "error", f"Failed{took}{_reason(data)}"
    if status == "retrying":
        return "warning", f"Is tried again{_reason(data)}"
    return "info", {"waiting": "Waits", "cancelled": "Cancelled"}.get(status, f"Completed{took}")


def _end(status: str) -> str:
    return {"timed_out": "timed out"}.get(status, status)


def _reason(data: dict[str, Json]) -> str:
    error = data.get("error")
    return f": {error['message']}" if isinstance(error, dict) and error.get("message") else ""
