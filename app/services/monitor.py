"""Everything that happens in executions, for those who watch many of them at once (contract.md C21, G11, G30)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.db import executions as queries
from app.db import places
from app.db.session import Database
from app.engine.events import StepFinished
from app.engine.messages import Message
from app.engine.values import decode_stored
from app.hosts.bus import EventBus, Subscription, messages
from app.hosts.embedded import EmbeddedHost
from app.sdk import Json

EXECUTION = "execution:"
WORKFLOW = "workflow:"
ENDS = frozenset({"execution_finished", "approval.needed", "approval.decided"})
REMEMBERED = 5_000
LARGEST_OUTPUT = 100_000
FIND_TRIES = 80
FIND_PAUSE = 0.05
HEARTBEAT_SECONDS = 15.0


class MonitoredBus(EventBus):
    """The event bus, with watchers of all executions beside those of single topics."""

    def __init__(self) -> None:
        super().__init__()
        self._all: set[Subscription] = set()
        self._ends: set[Subscription] = set()

    @property
    def is_watched(self) -> bool:
        return bool(self._all or self._ends) or super().is_watched

    def watched(self, topic: str) -> bool:
        everything = self._all if topic.startswith(EXECUTION) else self._ends if topic.startswith(WORKFLOW) else ()
        return bool(everything) or super().watched(topic)

    def publish(self, topic: str, message: Message) -> None:
        super().publish(topic, message)
        if topic.startswith(EXECUTION):
            for subscription in self._all:
                subscription.put(message)
        elif message.type in ENDS:
            for subscription in self._ends:
                subscription.put(message)

    @contextmanager
    def subscribe_all(self) -> Iterator[Subscription]:
        """What happens in every execution from now on."""
        with _among(self._all) as subscription:
            yield subscription

    @contextmanager
    def subscribe_ends(self) -> Iterator[Subscription]:
        """How executions end, and what people are asked and decide, once it is on disk."""
        with _among(self._ends) as subscription:
            yield subscription

    def close(self) -> None:
        super().close()
        for subscription in (*self._all, *self._ends):
            subscription.close()


@contextmanager
def _among(subscriptions: set[Subscription]) -> Iterator[Subscription]:
    subscription = Subscription()
    subscriptions.add(subscription)
    try:
        yield subscription
    finally:
        subscriptions.discard(subscription)


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that happened, and where. `output` is what a block, or at the end the execution, gave."""

    message: Message
    execution_id: str
    workspace_id: str
    workflow_id: str
    workflow_name: str
    output: Json = None


@dataclass(frozen=True, slots=True)
class _Place:
    workspace_id: str
    workflow_id: str
    workflow_name: str


class Monitor:
    def __init__(self, database: Database, host: EmbeddedHost, bus: MonitoredBus) -> None:
        self._database = database
        self._host = host
        self._bus = bus
        self._places: OrderedDict[str, _Place] = OrderedDict()

    async def follow(self, workspace_id: str | None, *, with_output: bool = False) -> AsyncIterator[Seen | None]:
        """What happens in a workspace (None: in all of them) from the first item on, which is None as every heartbeat is.

        Raises TimeoutError for who is so slow that messages had to be dropped: better an end than a gap.
        """
        with self._bus.subscribe_all() as subscription:
            yield None
            async for message in messages(subscription, HEARTBEAT_SECONDS):
                if message is None:
                    yield None
                    continue
                execution_id = str(message.data["execution_id"])
                place = await self._place(execution_id)
                if place is None or (workspace_id is not None and place.workspace_id != workspace_id):
                    continue
                if message.data.get("status") == "waiting":
                    await self._until_on_record(execution_id, message.seq)
                output = await self._output_of(place, execution_id, message) if with_output else None
                yield Seen(message, execution_id, place.workspace_id, place.workflow_id, place.workflow_name, output)
            if subscription.dropped:
                raise TimeoutError

    async def _place(self, execution_id: str) -> _Place | None:
        """Where an execution belongs; one that has just begun is on disk a moment later."""
        if execution_id in self._places:
            self._places.move_to_end(execution_id)
            return self._places[execution_id]
        for _ in range(FIND_TRIES):
            async with self._database.read() as connection:
                found = await places.place(connection, execution_id)
            if found is not None:
                self._places[execution_id] = _Place(*found)
                while len(self._places) > REMEMBERED:
                    self._places.popitem(last=False)
                return self._places[execution_id]
            await asyncio.sleep(FIND_PAUSE)
        return None

    async def _until_on_record(self, execution_id: str, seq: int) -> None:
        """Whoever hears that something waits may want to answer at once, so what waits must be on disk by then."""
        for _ in range(FIND_TRIES):
            async with self._database.read() as connection:
                rows = await queries.find_steps(connection, execution_id)
            if any(row.seq >= seq for row in rows):
                return
            await asyncio.sleep(FIND_PAUSE)

    async def _output_of(self, place: _Place, execution_id: str, message: Message) -> Json:
        """What a step gave, from this process's memory or else from the record; at the end what the execution gave."""
        raw: bytes | None = None
        if message.type == "execution_finished":
            async with self._database.read() as connection:
                found = await queries.find(connection, place.workspace_id, execution_id)
            raw = None if found is None else found[1].output
        elif message.type == "step_finished":
            raw = await self._step_output(execution_id, message.seq)
        return None if raw is None or len(raw) > LARGEST_OUTPUT else decode_stored(raw)

    async def _step_output(self, execution_id: str, seq: int) -> bytes | None:
        for event in reversed(self._host.history(execution_id) or ()):
            if isinstance(event, StepFinished) and event.seq == seq:
                return event.output
        async with self._database.read() as connection:
            rows = await queries.find_steps(connection, execution_id)
        return next((row.output for row in rows if row.seq == seq), None)
