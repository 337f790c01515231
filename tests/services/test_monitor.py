"""Watchers of everything who come back get what they missed, or are told that something is missing."""

from __future__ import annotations

from app.engine.messages import Message
from app.services.monitor import KEPT, LINGER_SECONDS, MonitoredBus


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def told(bus: MonitoredBus, number: int) -> None:
    """The host asks first whether anybody watches."""
    if bus.watched("execution:1"):
        bus.publish("execution:1", Message("step_started", {"execution_id": "1", "number": number}, number))


def numbers(bus: MonitoredBus, cursor: str) -> list[int] | None:
    found = bus.recent.since(cursor)
    return None if found is None else [message.data["number"] for message in found]


def test_nothing_is_kept_while_nobody_watches() -> None:
    bus = MonitoredBus(Clock())
    told(bus, 1)
    assert numbers(bus, bus.recent.cursor) == []
    assert not bus.is_watched


def test_whoever_watches_everything_watches_every_workflow_too() -> None:
    """So that no other process drives what would not be seen here."""
    bus = MonitoredBus(Clock())
    begun: list[str] = []
    bus.on_first_watcher = begun.append
    assert not bus.watched("workflow:1")
    with bus.subscribe_all(), bus.subscribe_all():
        assert bus.watched("workflow:1")
    assert begun == ["workflow:*"]


def test_who_comes_back_in_time_gets_what_was_told_meanwhile() -> None:
    bus = MonitoredBus(Clock())
    with bus.subscribe_all():
        told(bus, 1)
        cursor = bus.recent.cursor
        told(bus, 2)
    told(bus, 3)
    assert numbers(bus, cursor) == [2, 3]


def test_who_comes_back_too_late_is_told_so() -> None:
    clock = Clock()
    bus = MonitoredBus(clock)
    with bus.subscribe_all():
        told(bus, 1)
        cursor = bus.recent.cursor
    clock.now += LINGER_SECONDS + 1
    told(bus, 2)
    assert not bus.is_watched
    assert numbers(bus, cursor) is None
    with bus.subscribe_all():
        told(bus, 3)
        assert numbers(bus, cursor) is None


def test_more_than_is_kept_is_a_gap() -> None:
    bus = MonitoredBus(Clock())
    with bus.subscribe_all():
        told(bus, 0)
        cursor = bus.recent.cursor
        for number in range(KEPT):
            told(bus, number)
        assert numbers(bus, cursor) == list(range(KEPT))
        told(bus, KEPT)
        assert numbers(bus, cursor) is None


def test_cursors_of_another_start_or_of_nobody_are_a_gap() -> None:
    bus, other = MonitoredBus(Clock()), MonitoredBus(Clock())
    ahead = bus.recent.cursor.partition("-")[0] + "-7"
    assert [numbers(bus, cursor) for cursor in (other.recent.cursor, ahead, "", "x", "9" * 500)] == [None] * 5
