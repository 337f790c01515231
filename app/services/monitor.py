"""Everything that happens in executions, for those who watch many of them at once (contract.md C21, G11, G30)."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

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
KEPT = 5_000
LINGER_SECONDS = 60.0
"""How much, and for how long after the last watcher has gone, is kept for those who come back."""
CURSOR = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})")


class Recent:
    """The newest messages with their places in one order, which watchers of everything come back with.

    Messages are kept while somebody watches and for a while after that: whoever comes back in time misses nothing.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, Message]] = deque(maxlen=KEPT)
        self._until = 0.0

    @property
    def cursor(self) -> str:
        """The place of the newest message."""
        return f"{self._start}-{self._number}"

    def linger(self) -> None:
        self._until = self._clock() + LINGER_SECONDS

    def is_lingering(self) -> bool:
        """Whether somebody who has gone may still come back; when that is over, what they would miss is told as a gap."""
        if self._until and self._clock() > self._until:
            self._until = 0.0
            self._kept.clear()
            self._number += 1
        return bool(self._until)

    def add(self, message: Message) -> Message:
        """The message with its place."""
        self._number += 1
        placed = replace(message, data={**message.data, "cursor": self.cursor})
        self._kept.append((self._number, placed))
        return placed

    def since(self, cursor: str) -> Sequence[Message] | None:
        """What came after a place; None when not all of that is known any more."""
        found = CURSOR.fullmatch(cursor)
        if found is None or found[1] != self._start or int(found[2]) > self._number:
            return None
        after = int(found[2])
        first = self._kept[0][0] if self._kept else self._number + 1
        return None if after < first - 1 else [message for number, message in self._kept if number > after]


class MonitoredBus(EventBus):
    """The event bus, with watchers of all executions beside those of single topics."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._all: set[Subscription] = set()
        self._ends: set[Subscription] = set()
        self.recent = Recent(clock)

    @property
    def is_watched(self) -> bool:
        return bool(self._all or self._ends) or self.recent.is_lingering() or super().is_watched

    def watched(self, topic: str) -> bool:
        if topic.startswith((EXECUTION, WORKFLOW)) and (self._all or self.recent.is_lingering()):
            return True
        return (topic.startswith(WORKFLOW) and bool(self._ends)) or super().watched(topic)

    def publish(self, topic: str, message: Message) -> None:
        super().publish(topic, message)
        if topic.startswith(EXECUTION):
            if self._all or self.recent.is_lingering():
                placed = self.recent.add(message)
                for subscription in self._all:
                    subscription.put(placed)
        elif message.type in ENDS:
            for subscription in self._ends:
                subscription.put(message)

    @contextmanager
    def subscribe_all(self) -> Iterator[Subscription]:
        """What happens in every execution from now on."""
        if not self._all:
            self.on_first_watcher(f"{WORKFLOW}*")  # what other processes would drive unseen comes back to this one
        try:
            with _among(self._all) as subscription:
                yield subscription
        finally:
            self.recent.linger()

    def hear(self, subscription: Subscription) -> None:
        """Tell somebody of everything for as long as this lives, at once and where it happens."""
        self._all.add(subscription)

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
class Place:
    workspace_id: str
    workflow_id: str
    workflow_name: str


class Monitor:
    def __init__(self, database: Database, host: EmbeddedHost, bus: MonitoredBus) -> None:
        self._database = database
        self._host = host
        self._bus = bus
        self._places: OrderedDict[str, Place] = OrderedDict()

    async def follow(
        self, workspace_id: str | None, *, with_output: bool = False, after: str = ""
    ) -> AsyncIterator[Seen | None]:
        """What happens in a workspace (None: in all of them) from the first item on, which is None as every heartbeat is.

        `after` is the `cursor` of the last message that somebody has seen: first comes what happened since, or one message
        `gap` when that is not known any more. Raises TimeoutError for who is so slow that messages had to be dropped.
        """
        with self._bus.subscribe_all() as subscription:
            missed = self._bus.recent.since(after) if after else ()
            yield None
            if missed is None:
                yield Seen(Message("gap", {"cursor": self._bus.recent.cursor}), "", "", "", "")
            for known in missed or ():
                seen = await self._seen(known, workspace_id, with_output)
                if seen is not None:
                    yield seen
            async for message in messages(subscription, HEARTBEAT_SECONDS):
                seen = None if message is None else await self._seen(message, workspace_id, with_output)
                if message is None or seen is not None:
                    yield seen
            if subscription.dropped:
                raise TimeoutError

    @property
    def cursor(self) -> str:
        """Where a watcher who begins now begins."""
        return self._bus.recent.cursor

    async def _seen(self, message: Message, workspace_id: str | None, with_output: bool) -> Seen | None:
        """A message with its place; None for one of another workspace."""
        execution_id = str(message.data["execution_id"])
        place = await self.place(execution_id)
        if place is None or (workspace_id is not None and place.workspace_id != workspace_id):
            return None
        if message.data.get("status") == "waiting":
            await self._until_on_record(execution_id, message.seq)
        output = await self._output_of(place, execution_id, message) if with_output else None
        return Seen(message, execution_id, place.workspace_id, place.workflow_id, place.workflow_name, output)

    async def place(self, execution_id: str) -> Place | None:
        """Where an execution belongs; one that has just begun is on disk a moment later."""
        if execution_id in self._places:
            self._places.move_to_end(execution_id)
            return self._places[execution_id]
        for _ in range(FIND_TRIES):
            async with self._database.read() as connection:
                found = await places.place(connection, execution_id)
            if found is not None:
                self._places[execution_id] = Place(*found)
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

    async def _output_of(self, place: Place, execution_id: str, message: Message) -> Json:
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
