"""The event bus: everybody who watches hears, and nobody who is slow holds up the others."""

from __future__ import annotations

import asyncio

import pytest

from app.engine.events import ExecutionFinished, StepsSkipped
from app.engine.messages import Message
from app.hosts.bus import QUEUE_LIMIT, EventBus, Subscription, messages, tell_execution, tell_workflow
from tests.support.tiny import NOW

pytestmark = pytest.mark.anyio


async def heard(subscription: Subscription) -> list[int]:
    """The numbers of all messages until the subscription ends."""
    async with asyncio.timeout(2):
        return [message.seq async for message in messages(subscription, 1) if message is not None]


def message(seq: int = 1) -> Message:
    return Message("step_finished", {}, seq)


async def test_all_watchers_of_a_topic_hear_and_others_do_not() -> None:
    bus = EventBus()
    with bus.subscribe("a") as one, bus.subscribe("a") as two, bus.subscribe("b") as other:
        bus.publish("a", message(7))
        bus.close()
        assert [await heard(subscription) for subscription in (one, two, other)] == [[7], [7], []]


async def test_messages_come_in_order() -> None:
    bus = EventBus()
    with bus.subscribe("a") as subscription:
        for seq in range(100):
            bus.publish("a", message(seq))
        bus.close()
        assert await heard(subscription) == list(range(100))


async def test_a_topic_is_forgotten_with_its_last_watcher() -> None:
    bus = EventBus()
    with bus.subscribe("a"):
        with bus.subscribe("a"):
            pass
        assert bus.watched("a")
    assert not bus.watched("a")
    bus.publish("a", message())


async def test_a_slow_watcher_is_dropped_without_a_gap_and_the_others_are_not() -> None:
    bus = EventBus()
    with bus.subscribe("a") as slow, bus.subscribe("a") as quick:
        for seq in range(QUEUE_LIMIT + 5):
            bus.publish("a", message(seq))
            await quick.next(1)
        first = await slow.next(1)
        bus.publish("a", message(99_999))
        assert first is not None
        assert await heard(slow) == list(range(1, QUEUE_LIMIT)), "what came after the missed ones must not follow"
        assert slow.dropped
        assert not quick.dropped


async def test_closing_ends_even_a_watcher_whose_queue_is_full() -> None:
    bus = EventBus()
    with bus.subscribe("a") as subscription:
        for seq in range(QUEUE_LIMIT):
            bus.publish("a", message(seq))
        bus.close()
        assert len(await heard(subscription)) == QUEUE_LIMIT


async def test_a_watcher_that_waits_is_ended_by_closing() -> None:
    bus = EventBus()
    with bus.subscribe("a") as subscription:
        watching = asyncio.create_task(heard(subscription))
        await asyncio.sleep(0)
        bus.close()
        assert await watching == []


async def test_who_comes_after_the_end_is_ended_at_once() -> None:
    bus = EventBus()
    bus.close()
    with bus.subscribe("a") as late:
        assert await heard(late) == []


async def test_silence_is_told_as_a_heartbeat() -> None:
    bus = EventBus()
    with bus.subscribe("a") as subscription:
        stream = messages(subscription, 0.02)
        assert await anext(stream) is None
        bus.publish("a", message(3))
        assert await anext(stream) == message(3)


async def test_watchers_of_a_workflow_hear_of_beginnings_and_ends_only() -> None:
    bus = EventBus()
    with bus.subscribe("execution:e") as execution, bus.subscribe("workflow:w") as workflow:
        for event in (StepsSkipped(4, NOW, ("a",)), ExecutionFinished(5, NOW, "completed")):
            tell_execution(bus, "e", event)
            tell_workflow(bus, "e", "w", "api", event)
        bus.close()
        assert await heard(execution) == [4, 5]
        told = await workflow.next(1)
        assert told == Message("execution_finished", {"execution_id": "e", "workflow_id": "w", "trigger": "api"})
        assert await workflow.next(1) is None
