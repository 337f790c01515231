"""The one event bus: whoever watches an execution or a workflow gets its messages, and a slow watcher is dropped."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from app.engine.events import Event, ExecutionFinished, ExecutionStarted, StepParked
from app.engine.messages import Message, describe_event
from app.journal.rows import signal_id

QUEUE_LIMIT = 2_000


class Subscription:
    """The messages of one topic, from the moment of subscribing."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE_LIMIT)
        self.dropped = False

    def put(self, message: Message) -> None:
        """Queue a message. A watcher that missed one gets no later one either: better an end than a gap."""
        if self.dropped:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped = True

    def close(self) -> None:
        if not self._queue.full():
            self._queue.put_nowait(None)
        else:
            self.dropped = True

    async def next(self, timeout: float) -> Message | None:
        """The next message. Raises TimeoutError when none comes in time, and returns None when closed."""
        if self.dropped and self._queue.empty():
            return None
        async with asyncio.timeout(timeout):
            return await self._queue.get()


class EventBus:
    """Topics are `execution:<id>`, `workflow:<id>` and `workspace:<id>`."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._is_closed = False
        self.on_first_watcher: Callable[[str], None] = lambda topic: None
        """Told of every topic that somebody begins to watch."""

    @property
    def is_watched(self) -> bool:
        """Whether anybody watches anything."""
        return bool(self._topics)

    def watched(self, topic: str) -> bool:
        return topic in self._topics

    def publish(self, topic: str, message: Message) -> None:
        for subscription in self._topics.get(topic, ()):
            subscription.put(message)

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        subscription = Subscription()
        if topic not in self._topics:
            self.on_first_watcher(topic)
        self._topics[topic].add(subscription)
        if self._is_closed:
            subscription.close()
        try:
            yield subscription
        finally:
            watchers = self._topics[topic]
            watchers.discard(subscription)
            if not watchers:
                del self._topics[topic]

    def close(self) -> None:
        """Tell every watcher, and whoever comes later, that nothing more comes."""
        self._is_closed = True
        for watchers in self._topics.values():
            for subscription in watchers:
                subscription.close()


def tell_execution(bus: EventBus, execution_id: str, event: Event) -> None:
    """Tell the watchers of an execution what happened."""
    topic = f"execution:{execution_id}"
    if bus.watched(topic):
        bus.publish(topic, describe_event(execution_id, event))


def tell_workflow(bus: EventBus, execution_id: str, workflow_id: str, trigger: str, event: Event) -> None:
    """Tell the watchers of a workflow that an execution begins or ends."""
    if isinstance(event, (ExecutionStarted, ExecutionFinished)):
        kind = "execution_started" if isinstance(event, ExecutionStarted) else "execution_finished"
        data = {"execution_id": execution_id, "workflow_id": workflow_id, "trigger": trigger}
        bus.publish(f"workflow:{workflow_id}", Message(kind, data))


def asks_people(event: Event) -> bool:
    """Whether a step waits from now on for people to decide."""
    return isinstance(event, StepParked) and event.signal is not None and event.signal.kind == "approval"


def tell_workspace(bus: EventBus, workspace_id: str, execution_id: str, workflow_id: str, event: Event) -> None:
    """Tell the watchers of a workspace that people are asked for a decision."""
    if isinstance(event, StepParked) and event.signal is not None and asks_people(event):
        question = event.signal.data if isinstance(event.signal.data, dict) else {}
        data = {
            "approval_id": signal_id(execution_id, event),
            "execution_id": execution_id,
            "workflow_id": workflow_id,
            "title": question.get("title", ""),
        }
        bus.publish(f"workspace:{workspace_id}", Message("approval.needed", data))


async def messages(subscription: Subscription, heartbeat: float) -> AsyncIterator[Message | None]:
    """Messages until the subscription is closed; None whenever `heartbeat` seconds passed without one."""
    while True:
        try:
            message = await subscription.next(heartbeat)
        except TimeoutError:
            yield None
            continue
        if message is None:
            return
        yield message
