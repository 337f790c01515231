"""Watching executions: what has happened so far, then live (contract.md C21)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from app.db import executions as queries
from app.db.session import Database
from app.engine.chronicle import SEQ_PER_EPOCH
from app.engine.events import TERMINAL, ExecutionFinished
from app.engine.messages import Message, describe_event, is_news, iso
from app.engine.values import decode_stored
from app.hosts.bus import EventBus, messages
from app.hosts.embedded import EmbeddedHost
from app.services.actors import Actor
from app.services.executions import HEARTBEAT_SECONDS, Executions
from app.services.traces import decoded

DROPPED = Message("dropped", {"reason": "reads too slowly"})
"""The last message to who could not keep up: better an end than a gap."""
END_SECONDS = 10.0
"""How long an end may take to be on disk."""


class ExecutionEvents:
    def __init__(self, database: Database, host: EmbeddedHost, executions: Executions, bus: EventBus) -> None:
        self._database = database
        self._host = host
        self._executions = executions
        self._bus = bus

    async def of_execution(self, actor: Actor, execution_id: str, after: int) -> AsyncIterator[Message | None]:
        """An execution's messages with a seq above `after`: first those that were, then live; None is a heartbeat."""
        actor.require("viewer")
        with self._bus.subscribe(f"execution:{execution_id}") as subscription:
            known = await self.known(actor, execution_id)
            seen = after
            for message in known:
                if is_news(message, seen):
                    seen = message.seq
                    yield message
            if known and known[-1].type == "execution_finished":
                return
            async for live in messages(subscription, HEARTBEAT_SECONDS):
                if live is None or is_news(live, seen):
                    seen = seen if live is None else live.seq
                    yield live
                if live is not None and live.type == "execution_finished":
                    return
            if subscription.dropped:
                yield DROPPED

    async def known(self, actor: Actor, execution_id: str) -> Sequence[Message]:
        """What has happened so far: as the drive here remembers it, and what was before that as the journal does."""
        history = self._host.history(execution_id)
        if history and isinstance(history[-1], ExecutionFinished):
            handle = self._host.watch(execution_id)
            await asyncio.wait([handle.ended], timeout=END_SECONDS)  # whoever hears of the end wants to look at it
        if history and history[0].seq < 2 * SEQ_PER_EPOCH:
            return [describe_event(execution_id, event) for event in history]
        recorded = await self._recorded_messages(actor, execution_id)
        if not history:
            return recorded
        earlier = [message for message in recorded if message.seq < history[0].seq and message.type != "execution_finished"]
        return earlier + [describe_event(execution_id, event) for event in history]

    async def _recorded_messages(self, actor: Actor, execution_id: str) -> Sequence[Message]:
        """What the journal still tells about an execution."""
        detail = await self._executions.get(actor, execution_id)
        async with self._database.read() as connection:
            rows = await queries.find_steps(connection, execution_id)
        found = [Message("execution_started", {"execution_id": execution_id, "trigger": detail.summary.trigger}, 1)]
        for row in rows:
            data = {
                "execution_id": execution_id,
                "at": iso(row.finished_at or row.started_at),
                "block_id": row.block_id,
                "status": row.status,
                "ports": decode_stored(row.ports),
                "duration_ms": row.duration_ms,
                "error": decoded(row.error),
            }
            found.append(Message("step_finished", data, row.seq))
        last = max((message.seq for message in found), default=1)
        skipped = [step.block_id for step in detail.steps if step.status == "skipped"]
        if skipped:
            found.append(Message("steps_skipped", {"execution_id": execution_id, "block_ids": skipped}, last + 1))
        if detail.summary.status in TERMINAL:
            end = {"execution_id": execution_id, "status": detail.summary.status, "error": detail.error}
            found.append(Message("execution_finished", end, last + 2))
        return found

    async def of_workflow(self, actor: Actor, workflow_id: str) -> AsyncIterator[Message | None]:
        """What happens to a workflow from now on: executions that begin and end, changes of its state."""
        actor.require("viewer")
        with self._bus.subscribe(f"workflow:{workflow_id}") as subscription:
            yield None
            async for message in messages(subscription, HEARTBEAT_SECONDS):
                yield message
            if subscription.dropped:
                yield DROPPED
