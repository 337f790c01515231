"""Guessing gets slower."""

from __future__ import annotations

import pytest

from app.services import throttle
from app.services.throttle import FIRST_WAIT, FREE_FAILURES, LONGEST_WAIT, Throttle


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; a test moves it."""
    now = [1_000.0]
    monkeypatch.setattr("app.services.throttle.time.monotonic", lambda: now[0])
    return now


def fail(guard: Throttle, times: int, *keys: str) -> None:
    for _ in range(times):
        guard.failed(*keys)


def test_the_first_failures_are_free(clock: list[float]) -> None:
    guard = Throttle()
    fail(guard, FREE_FAILURES - 1, "ada")
    assert guard.wait("ada") == 0
    guard.failed("ada")
    assert guard.wait("ada") == FIRST_WAIT


def test_each_further_failure_doubles_the_wait_up_to_a_limit(clock: list[float]) -> None:
    guard = Throttle()
    waits = []
    for _ in range(FREE_FAILURES + 12):
        guard.failed("ada")
        waits.append(guard.wait("ada"))
    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 3] == [2.0, 4.0, 8.0, 16.0]
    assert max(waits) == waits[-1] == LONGEST_WAIT


def test_waiting_helps_and_success_forgets(clock: list[float]) -> None:
    guard = Throttle()
    fail(guard, FREE_FAILURES, "ada")
    clock[0] += FIRST_WAIT
    assert guard.wait("ada") == 0
    guard.failed("ada")
    assert guard.wait("ada") == 2 * FIRST_WAIT, "having waited does not make further guesses free"
    guard.succeeded("ada")
    guard.failed("ada")
    assert guard.wait("ada") == 0


def test_the_longest_wait_of_all_keys_counts(clock: list[float]) -> None:
    guard = Throttle()
    fail(guard, FREE_FAILURES, "address:1")
    assert guard.wait("login:ada") == 0
    assert guard.wait("login:ada", "address:1") == FIRST_WAIT


def test_only_so_many_keys_are_remembered(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "REMEMBERED", 3)
    guard = Throttle()
    fail(guard, FREE_FAILURES, "first")
    fail(guard, 1, "a", "b", "c")
    assert guard.wait("first") == 0, "the least recent one is forgotten"
    fail(guard, FREE_FAILURES - 1, "c")
    assert guard.wait("c") == FIRST_WAIT
