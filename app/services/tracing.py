"""Executions and their steps as spans, made of what the event bus tells of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.adapters.tracing import SpanHandle, Spans
from app.engine.messages import Message
from app.hosts.bus import Subscription
from app.services.monitor import Monitor

Tracer = Spans
MOST = 20_000
"""Executions that are followed at once."""
Step = tuple[str, str]
"""Block id and iteration."""


@dataclass(slots=True)
class _Followed:
    span: SpanHandle
    steps: dict[Step, SpanHandle] = field(default_factory=dict)


class SpanWriter(Subscription):
    """Hears of events where they happen, so that an execution belongs to the request whose task has started it."""

    def __init__(self, spans: Spans, monitor: Monitor) -> None:
        super().__init__()
        self._spans = spans
        self._monitor = monitor
        self._followed: dict[str, _Followed] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def put(self, message: Message) -> None:
        execution_id = str(message.data.get("execution_id", ""))
        found = self._followed.get(execution_id)
        at = str(message.data.get("at", ""))
        if found is None:
            if message.type not in ("execution_started", "step_started") or len(self._followed) >= MOST:
                return
            about = {"blockyard.execution.id": execution_id, "blockyard.trigger": str(message.data.get("trigger", "resumed"))}
            found = self._followed[execution_id] = _Followed(self._spans.begin("execution", at, about))
        match message.type:
            case "step_started":
                self._step_begins(found, message, at)
            case "step_finished":
                self._step_ends(found, message, at)
            case "execution_waiting":
                self._end(execution_id, "waiting", at)
            case "execution_finished":
                self._end(execution_id, str(message.data["status"]), at, _code(message))

    def close(self) -> None:
        """Nothing to tell: what is under way is cut off with the process."""

    async def finish(self) -> None:
        """Wait for spans that are being ended."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _step_begins(self, found: _Followed, message: Message, at: str) -> None:
        step = _step(message)
        about: dict[str, str | int] = {"blockyard.block.id": step[0], "blockyard.attempt": int(message.data.get("attempt", 1))}
        about |= {"blockyard.iteration": step[1]} if step[1] else {}
        found.steps[step] = self._spans.begin(f"step {step[0]}", at, about, found.span)

    def _step_ends(self, found: _Followed, message: Message, at: str) -> None:
        span = found.steps.pop(_step(message), None)
        if span is not None:
            status = str(message.data.get("status", ""))
            self._spans.add(span, {"blockyard.status": status})
            self._spans.end(span, at, (_code(message) or status) if status == "failed" else "")

    def _end(self, execution_id: str, status: str, at: str, code: str = "") -> None:
        """A span ends with its drive: an execution that waits goes on in another one."""
        found = self._followed.pop(execution_id)
        for span in found.steps.values():
            self._spans.end(span, at)
        task = asyncio.create_task(self._named(execution_id, found.span, status, at, code))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _named(self, execution_id: str, span: SpanHandle, status: str, at: str, code: str) -> None:
        place = await self._monitor.place(execution_id)
        about = {"blockyard.status": status}
        if place is not None:
            about |= {"blockyard.workflow.id": place.workflow_id, "blockyard.workspace.id": place.workspace_id}
        self._spans.add(span, about)
        self._spans.end(span, at, "" if status in ("completed", "waiting") else code or status)


def _step(message: Message) -> Step:
    return str(message.data.get("block_id", "")), str(message.data.get("iteration", ""))


def _code(message: Message) -> str:
    """The code of an error; its message may hold what is nobody else's business."""
    error = message.data.get("error")
    return str(error.get("code", "")) if isinstance(error, dict) else ""
