"""Attempts: how many, when, and for which failures; durable, so that a crash neither forgets nor repeats one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.engine.events import StepFinished, StepParked
from app.sdk import BlockError, Context, Json, Output
from tests.support.flows import Failing, flows
from tests.support.graphs import block, graph
from tests.support.memory_journal import MemoryJournal
from tests.support.tiny import Ran, drive, tiny, types

pytestmark = pytest.mark.anyio


def busy(**retry: Any) -> dict[str, Json]:
    """A block that is tried again at once unless told otherwise."""
    policy = {name: retry.pop(name) for name in ("total_timeout_ms", "timeout_ms", "on_error") if name in retry}
    return block("busy", "busy", policy={"retry": {"attempts": 4, "delay_ms": 0, **retry}, **policy})


async def run(failing: Failing, *edges: str, **retry: Any) -> Ran:
    async with asyncio.timeout(10):
        return await drive(graph(*(edges or ("busy>end",)), busy=busy(**retry)), flows(failing.block()), 7)


def delays(ran: Ran) -> list[float]:
    """The seconds between each failure and the next attempt that was planned."""
    parked = [event for event in ran.recorder.events if isinstance(event, StepParked)]
    return [(event.wake_at - event.at).total_seconds() for event in parked if event.wake_at is not None]


async def planned(attempt: int, error: BlockError, **retry: Any) -> float | None:
    """The seconds to the next attempt after this one, or None when there is none."""

    async def fail(context: Context, config: Any, value: Json) -> Output:
        raise error

    journal = MemoryJournal(graph("busy", busy=busy(**{"attempts": 100, **retry})), types(tiny("busy", fail)))
    for _ in range(attempt - 1):
        await journal.drive()
        journal.time_passes()
    outcome = await journal.drive()
    assert journal.recorder is not None
    assert outcome is not None
    found = delays(Ran(outcome, journal.recorder))
    return found[0] if found else None


BUSY = BlockError("BUSY", "busy")
MINUTES = {"delay_ms": 60_000, "jitter": 0}


# -- how often -------------------------------------------------------------------------------------------------------


async def test_a_block_is_tried_until_it_succeeds() -> None:
    ran = await run(Failing(2))
    assert ran.outcome.output == 7
    assert ran.told.count("busy starts") == 3
    assert ran.recorder.ended("busy").attempts == 3


async def test_after_the_last_attempt_it_has_failed() -> None:
    ran = await run(Failing(99))
    assert ran.outcome.status == "failed"
    assert (ran.told.count("busy starts"), ran.recorder.ended("busy").attempts) == (4, 4)


async def test_without_a_policy_it_is_tried_once() -> None:
    ran = await drive(graph("busy>end", busy="busy"), flows(Failing(1).block()))
    assert (ran.outcome.status, ran.told.count("busy starts")) == ("failed", 1)


async def test_the_error_handle_is_for_the_last_failure_only() -> None:
    ran = await run(Failing(99), "busy:error>repair")
    assert ran.recorder.ran() == ["busy"] * 4 + ["repair"]


async def test_going_on_is_for_the_last_failure_only() -> None:
    ran = await run(Failing(99), on_error="continue")
    assert ran.recorder.ran() == ["busy"] * 4 + ["end"]


async def test_each_attempt_is_on_record_with_its_failure_and_its_number() -> None:
    ran = await run(Failing(2))
    parked = [event for event in ran.recorder.events if isinstance(event, StepParked)]
    assert [(event.retrying, event.attempts, event.error.code if event.error else "") for event in parked] == [
        (True, 1, "BUSY"), (True, 2, "BUSY")
    ]  # fmt: skip


async def test_a_block_knows_its_attempt_and_keeps_its_key() -> None:
    seen: list[tuple[int, str]] = []

    async def tell(context: Context, config: Any, value: Json) -> Output:
        seen.append((context.attempt, context.idempotency_key))
        raise BUSY

    await drive(graph("busy", busy=busy(attempts=3)), types(tiny("busy", tell)))
    assert seen == [(1, "run-1:busy:0"), (2, "run-1:busy:0"), (3, "run-1:busy:0")]


async def test_a_crash_of_the_block_and_a_timeout_are_tried_again() -> None:
    tries = 0

    async def bad_twice(context: Context, config: Any, value: Json) -> Output:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError
        if tries == 2:
            await asyncio.Event().wait()
        return Output(tries)

    ran = await drive(graph("busy", busy=busy(timeout_ms=20)), types(tiny("busy", bad_twice)))
    assert ran.outcome.output == 3


# -- for what --------------------------------------------------------------------------------------------------------


async def test_codes_that_the_policy_names_are_not_tried_again() -> None:
    ran = await run(Failing(1), never_for=["OTHER", "BUSY"])
    assert (ran.outcome.status, ran.told.count("busy starts")) == ("failed", 1)


async def test_what_cannot_get_better_is_not_tried_again() -> None:
    ran = await run(Failing(1, retryable=False))
    assert (ran.outcome.status, ran.told.count("busy starts")) == ("failed", 1)


async def test_a_configuration_that_cannot_be_resolved_is_not_tried_again() -> None:
    drawn = graph("a", a=block("a", "noop", {"text": "{{ variables.gone }}"}, policy={"retry": {"attempts": 3, "delay_ms": 0}}))
    ran = await drive(drawn, types(), {})
    assert (ran.outcome.status, ran.told.count("a starts")) == ("failed", 1)


async def test_an_output_that_is_too_large_is_not_made_again() -> None:
    made: list[int] = []

    async def large(context: Context, config: Any, value: Json) -> Output:
        made.append(1)
        return Output("x" * 2_000_001)

    ran = await drive(graph("busy", busy=busy()), types(tiny("busy", large, effect="write")))
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, len(made)) == ("OUTPUT_TOO_LARGE", 1)


# -- when ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 60), (2, 180), (3, 540), (4, 600), (50, 600)])
async def test_delays_grow_up_to_a_limit(attempt: int, seconds: float) -> None:
    delay = await planned(attempt, BUSY, factor=3, max_delay_ms=600_000, **MINUTES)
    assert delay == pytest.approx(seconds, abs=0.5)


async def test_the_largest_numbers_that_a_policy_may_hold_are_no_trouble() -> None:
    delay = await planned(99, BUSY, factor=100, max_delay_ms=2_592_000_000, delay_ms=86_400_000, jitter=0)
    assert delay == pytest.approx(2_592_000, abs=0.5)


async def test_jitter_spreads_delays_within_its_bounds() -> None:
    found = [await planned(1, BUSY, delay_ms=100_000, max_delay_ms=100_000, jitter=0.25) for _ in range(60)]
    seconds = [delay for delay in found if delay is not None]
    assert all(74.9 <= delay <= 125.1 for delay in seconds)
    assert max(seconds) - min(seconds) > 20, "they do spread"


async def test_what_the_other_side_asks_for_is_waited_for() -> None:
    assert await planned(1, BlockError("BUSY", "", retry_after=900), **MINUTES) == pytest.approx(900, abs=0.5)


async def test_the_policy_may_wait_longer_than_asked_for() -> None:
    assert await planned(1, BlockError("BUSY", "", retry_after=1), **MINUTES) == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize("asked", [1e9, 1e300, float("inf"), float("nan")])
async def test_who_asks_to_be_left_alone_for_ever_is_not_tried_again(asked: float) -> None:
    assert await planned(1, BlockError("BUSY", "", retry_after=asked), **MINUTES) is None


async def test_a_delay_below_zero_is_none() -> None:
    assert await planned(1, BlockError("BUSY", "", retry_after=-5), delay_ms=0, max_delay_ms=0) is not None


# -- the total -------------------------------------------------------------------------------------------------------


async def test_no_attempt_is_planned_behind_the_total() -> None:
    assert await planned(1, BUSY, total_timeout_ms=59_000, **MINUTES) is None
    assert await planned(1, BUSY, total_timeout_ms=61_000, **MINUTES) is not None


async def test_the_total_bounds_the_attempt_that_runs() -> None:
    async def hang(context: Context, config: Any, value: Json) -> Output:
        await asyncio.Event().wait()
        return Output(value)

    ran = await drive(graph("busy", busy=busy(timeout_ms=50, total_timeout_ms=80)), types(tiny("busy", hang)))
    ended = ran.recorder.ended("busy")
    assert ran.outcome.error is not None
    assert (ended.attempts, ran.outcome.error.message) == (2, "Busy: not finished within 0.08 s")
    assert ended.duration_ms < 400


async def test_the_total_counts_from_the_first_attempt_also_after_a_crash() -> None:
    journal = MemoryJournal(graph("busy", busy=busy(total_timeout_ms=600_000, **MINUTES)), flows(Failing(99).block()))
    await journal.drive()
    ((place, step),) = journal.steps.items()
    journal.time_passes()
    journal.steps[place] = replace(journal.steps[place], started_at=step.started_at - timedelta(minutes=9, seconds=30))
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.status == "failed", "a third attempt would be later than ten minutes after the first"


# -- durable ---------------------------------------------------------------------------------------------------------


async def test_attempts_are_counted_over_crashes() -> None:
    failing = Failing(99)
    journal = MemoryJournal(graph("busy", busy=busy(**MINUTES)), flows(failing.block()))
    outcome = await journal.drive_to_end()
    assert (outcome.status, failing.tries) == ("failed", {("busy", "0"): 4})
    assert journal.epoch == 4, "each wait for the next attempt was parked"
    assert journal.steps["busy", ""].attempts == 4


async def test_an_attempt_that_a_crash_interrupted_does_not_count() -> None:
    failing = Failing(99)
    journal = MemoryJournal(graph("busy", busy=busy(**MINUTES)), flows(failing.block()))
    await journal.drive()
    journal.time_passes()
    assert await journal.drive(left=0) is None, "the second attempt is made, and nobody knows"
    outcome = await journal.drive_to_end()
    assert (outcome.status, failing.tries["busy", "0"]) == ("failed", 5)
    assert journal.steps["busy", ""].attempts == 4


async def test_the_beginning_of_the_step_is_that_of_its_first_attempt() -> None:
    ran = await run(Failing(2))
    parked = [event.started_at for event in ran.recorder.events if isinstance(event, StepParked)]
    ended = [event.started_at for event in ran.recorder.events if isinstance(event, StepFinished) and event.block_id == "busy"]
    assert len({*parked, *ended}) == 1


async def test_nothing_is_tried_again_once_another_step_has_failed() -> None:
    tries = 0

    async def fail_after(context: Context, config: Any, value: Json) -> Output:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.03)
        raise BUSY

    drawn = graph("start>busy", "start>bad", start="start", busy=busy(), bad="bad")
    ran = await drive(drawn, flows(tiny("busy", fail_after, effect="write")))
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, tries) == ("BROKEN", 1)
