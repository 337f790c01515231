"""How many requests a caller may make."""

from __future__ import annotations

import pytest

from app.services import rate_limit
from app.services.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limit, "time", clock)
    return clock


def test_a_caller_who_has_used_up_all_waits_until_some_are_back(clock: Clock) -> None:
    limit = RateLimit(60)
    assert [limit.take("a") for _ in range(60)] == [0.0] * 60
    assert limit.take("a") == pytest.approx(1.0)
    clock.now += 0.5
    assert limit.take("a") == pytest.approx(0.5)
    clock.now += 0.6
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0


def test_callers_do_not_take_from_each_other_and_nobody_saves_up(clock: Clock) -> None:
    limit = RateLimit(2)
    assert [limit.take("a"), limit.take("a"), limit.take("b")] == [0.0, 0.0, 0.0]
    assert limit.take("a") > 0
    clock.now += 3_600
    assert [limit.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_it_can_be_off_and_does_not_grow_for_ever(clock: Clock) -> None:
    assert not any(RateLimit(0).take("a") for _ in range(1_000))
    limit = RateLimit(1)
    for caller in range(rate_limit.REMEMBERED + 10):
        limit.take(str(caller))
    assert len(limit._buckets) == rate_limit.REMEMBERED
