"""Signals: while the execution is driven, while it is parked, too late, twice, and for a step that asks again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.engine.runner import Runner
from app.sdk import Arrival, BlockError, Context, Json, Output, Signal, Wait
from tests.support.flows import Failing, ask, asks_again, flows, loop, told
from tests.support.graphs import block, graph
from tests.support.memory_journal import MemoryJournal
from tests.support.tiny import Environment, MemoryRecorder, Types, assignment, drive, tiny

pytestmark = pytest.mark.anyio

ASKED = graph("ask>end", ask="ask")


class Held:
    """An execution that asks beside a step which holds it in memory until the test lets go."""

    def __init__(self, known: Types | None = None, **drawn: Any) -> None:
        self.let_go = asyncio.Event()
        self.recorder = MemoryRecorder()

        async def hold(context: Context, config: Any, value: Json) -> Output:
            await self.let_go.wait()
            return Output("held")

        edges = ("start>ask", "start>hold", "ask>end")
        known = Types({**(known or flows()), "hold": tiny("hold", hold)})
        picture = graph(*edges, start="start", hold="hold", **{"ask": "ask", **drawn})
        self.runner = Runner(assignment(picture, known, 7), self.recorder, Environment())

    async def __aenter__(self) -> Held:
        self.task = asyncio.create_task(self.runner.drive())
        await self.until("ask waits")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, told: str, times: int = 1) -> None:
        async with asyncio.timeout(5):
            while self.recorder.told.count(told) < times:  # noqa: ASYNC110 - events come from the engine, not from a signal
                await asyncio.sleep(0.001)

    async def outcome(self) -> Json:
        self.let_go.set()
        return (await asyncio.wait_for(self.task, 5)).output


# -- while it is driven ----------------------------------------------------------------------------------------------


async def test_a_signal_goes_on_in_memory_while_other_steps_run() -> None:
    async with Held() as held:
        assert held.runner.arrive("ask", "", {"news": 1})
        await held.until("end completed")
        assert (await held.outcome())["end"] == {"value": 7, "payload": {"news": 1}, "timed_out": False}


async def test_of_two_signals_for_one_question_the_first_counts() -> None:
    async with Held() as held:
        assert held.runner.arrive("ask", "", "first")
        assert not held.runner.arrive("ask", "", "second")
        assert (await held.outcome())["end"]["payload"] == "first"


@pytest.mark.parametrize(("block_id", "iteration"), [("hold", ""), ("gone", ""), ("ask", "0")])
async def test_nobody_there_waits(block_id: str, iteration: str) -> None:
    async with Held() as held:
        assert not held.runner.arrive(block_id, iteration, None)


async def test_a_signal_for_an_earlier_question_of_the_step_is_not_an_answer_to_the_next() -> None:
    async with Held(flows(tiny("ask", ask, resume=asks_again))) as held:
        first = held.recorder.recorded()[-1].seq
        assert held.runner.arrive("ask", "", "one", first)
        await held.until("ask waits", 2)
        assert not held.runner.arrive("ask", "", "one", first), "told once more, too late"
        second = held.recorder.recorded()[-1].seq
        assert second > first
        assert held.runner.arrive("ask", "", "two", second)
        assert (await held.outcome())["end"] == ["one", "two"]


async def test_a_step_that_waits_for_its_next_attempt_takes_no_signal() -> None:
    policy = {"retry": {"attempts": 2, "delay_ms": 60_000}}
    async with Held(flows(Failing(9).block("ask")), ask=block("ask", "ask", policy=policy)) as held:
        assert not held.runner.arrive("ask", "", "news")


async def test_a_signal_reaches_the_round_that_waits_for_it() -> None:
    drawn = graph("each:item>ask", "ask>end", "start>each", "start>hold", each=loop("each", at_once=2), ask="ask", hold="hold",
                  start="start")  # fmt: skip
    let_go, recorder = asyncio.Event(), MemoryRecorder()

    async def hold(context: Context, config: Any, value: Json) -> Output:
        await let_go.wait()
        return Output(value)

    runner = Runner(assignment(drawn, flows(tiny("hold", hold)), ["a", "b"]), recorder, Environment())
    task = asyncio.create_task(runner.drive())
    while recorder.told.count("ask waits") < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert runner.arrive("ask", "1", "for b")
    assert not runner.arrive("ask", "", "for nobody")
    let_go.set()
    outcome = await asyncio.wait_for(task, 5)
    assert outcome.status == "parked", "round 0 still waits"
    done = {(step.block_id, step.iteration): step.output for step in recorder.recorded() if step.status == "completed"}
    assert done["ask", "1"]["payload"] == "for b"
    assert ("ask", "0") not in done


async def test_an_answer_in_the_very_moment_of_parking_is_taken_up_by_the_next_drive() -> None:
    class LateAnswer(MemoryRecorder):
        async def durable(self) -> None:
            runner.arrive("ask", "", "too late for this drive")
            await super().durable()

    recorder = LateAnswer()
    runner = Runner(assignment(ASKED, flows(), 7), recorder, Environment())
    outcome = await runner.drive()
    assert (outcome.status, recorder.told[-2:]) == ("parked", ["parks", "durable"])


async def test_a_step_whose_answer_came_too_late_to_matter_is_recorded_as_interrupted() -> None:
    let_go, recorder = asyncio.Event(), MemoryRecorder()

    async def fail(context: Context, config: Any, value: Json) -> Output:
        await let_go.wait()
        raise BlockError("BROKEN", "it is broken")

    drawn = graph("start>ask", "start>fail", start="start", ask="ask", fail="fail")
    runner = Runner(assignment(drawn, flows(tiny("fail", fail, effect="write")), 7, concurrency=1), recorder, Environment())
    task = asyncio.create_task(runner.drive())
    while "fail starts" not in recorder.told:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert runner.arrive("ask", "", "news"), "it goes on as soon as there is room for it, which there will not be"
    let_go.set()
    assert (await asyncio.wait_for(task, 5)).status == "failed"
    assert recorder.ended("ask").status == "cancelled"


# -- while it is parked ----------------------------------------------------------------------------------------------


async def test_what_waits_for_a_signal_alone_has_no_moment() -> None:
    outcome = (await drive(ASKED, flows())).outcome
    assert (outcome.status, outcome.wake_at) == ("parked", None)


async def test_a_recorded_arrival_goes_on() -> None:
    journal = MemoryJournal(ASKED, flows(), 7)
    await journal.drive()
    journal.answer("news")
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.output == {"value": 7, "payload": "news", "timed_out": False}


async def test_a_question_without_answer_times_out() -> None:
    drawn = graph("ask>end", ask=block("ask", "ask", {"limit": 60}))
    journal = MemoryJournal(drawn, flows(), 7)
    await journal.drive()
    journal.time_passes()
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.output == {"value": 7, "payload": None, "timed_out": True}


async def test_an_answer_that_came_counts_although_its_time_is_over_by_now() -> None:
    journal = MemoryJournal(graph("ask>end", ask=block("ask", "ask", {"limit": 60})), flows(), 7)
    await journal.drive()
    journal.answer("in time")
    journal.time_passes()
    outcome = await journal.drive()
    assert outcome is not None
    assert (outcome.output["payload"], outcome.output["timed_out"]) == ("in time", False)


async def test_a_question_times_out_while_the_execution_is_driven() -> None:
    ran = await drive(graph("ask>end", ask=block("ask", "ask", {"limit": 0.02})), flows(), 7)
    assert ran.outcome.output["timed_out"] is True
    assert "parks" not in ran.told


async def test_a_step_may_ask_again_after_its_first_answer() -> None:
    journal = MemoryJournal(ASKED, flows(tiny("ask", ask, resume=asks_again)), 7)
    for answer in ("one", "two"):
        outcome = await journal.drive()
        assert outcome is not None
        assert outcome.status == "parked"
        journal.answer(answer)
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.output == ["one", "two"]


async def test_a_block_without_resume_gives_the_value_of_its_wait_whatever_the_signal_brought() -> None:
    journal = MemoryJournal(ASKED, flows(tiny("ask", ask)), 7)
    await journal.drive()
    journal.answer("news")
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.output == 7


async def test_run_if_is_not_asked_again_of_a_step_that_goes_on() -> None:
    drawn = graph("ask>end", ask=block("ask", "ask", policy={"run_if": "execution.mode == 'live'"}))
    journal = MemoryJournal(drawn, flows(), 7)
    await journal.drive()
    journal.answer("news")
    outcome = await journal.drive(mode="other")
    assert outcome is not None
    assert outcome.output["payload"] == "news"


@pytest.mark.parametrize("crash", [False, True])
async def test_a_failure_after_the_answer_is_tried_again_with_the_same_answer(*, crash: bool) -> None:
    tries: list[Json] = []

    async def resume(context: Context, config: Any, value: Json, arrival: Arrival) -> Output:
        tries.append(arrival)
        if len(tries) < 3:
            raise BlockError("BUSY", "busy")
        return await told(context, config, value, arrival)

    policy = {"retry": {"attempts": 3, "delay_ms": 60_000 if crash else 0, "jitter": 0}}
    journal = MemoryJournal(graph("ask>end", ask=block("ask", "ask", policy=policy)), flows(tiny("ask", ask, resume=resume)), 7)
    await journal.drive()
    journal.answer("news")
    outcome = await journal.drive_to_end()
    assert outcome.output == {"value": 7, "payload": "news", "timed_out": False}
    assert tries == [Arrival(7, "news")] * 3
    assert journal.starts.count(("ask", "")) == 4, "asked once, tried three times"
    assert journal.epoch == (4 if crash else 2)


# -- waits that make no sense ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", ["nothing", "no zone", "no json"])
async def test_a_wait_that_could_never_end_is_a_mistake_of_the_block(wait: str) -> None:
    async def execute(context: Context, config: Any, value: Json) -> Wait:
        naive = (context.now() + timedelta(days=1)).replace(tzinfo=None)
        return {"nothing": Wait(), "no zone": Wait(naive), "no json": Wait(signal=Signal("event", "a", object()))}[wait]

    ran = await drive(graph("a", a="odd"), flows(tiny("odd", execute)))
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "BLOCK_CRASHED"
