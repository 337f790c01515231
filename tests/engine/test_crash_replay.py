"""The power goes after every single record: what was recorded is not run again, and the end is the same."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from app.engine.graph import Graph
from app.sdk import BlockError, Context, Json, Output
from tests.support.flows import Failing, flows, loop
from tests.support.graphs import block, graph
from tests.support.memory_journal import MemoryJournal, Place
from tests.support.tiny import Types, tiny

pytestmark = pytest.mark.anyio

AGAIN = {"retry": {"attempts": 3, "delay_ms": 60_000}}


@dataclass(frozen=True)
class Case:
    drawn: Graph
    value: Json
    busy: int = 0
    """How often each busy block fails before it succeeds."""

    def known(self) -> Types:
        return flows(Failing(self.busy).block())


CASES = {
    "a chain with an effect": Case(graph("a>b", "b>c"), 1),
    "a loop": Case(graph("a>each", "each:item>double", "each>end", each=loop("each"), double="double"), [1, 2, 3]),
    "rounds at once": Case(
        graph("each:item>double", "double>more", each=loop("each", at_once=3), double="double", more="double"), [1, 2, 3, 4]
    ),
    "loops in loops": Case(
        graph("outer:item>inner", "inner:item>double", "outer>end", outer=loop("outer"), inner=loop("inner"), double="double"),
        [[1, 2], [], [3]],
    ),
    "waits in rounds": Case(
        graph("each:item>long", "long>double", "start>beside", "start>each", each=loop("each", at_once=2), long="long",
              double="double", start="start"), [1, 2, 3],
    ),
    "signals in rounds": Case(graph("each:item>ask", "ask>end", each=loop("each", at_once=2), ask="ask"), [1, 2, 3]),
    "attempts in rounds": Case(
        graph("each:item>busy", "busy>end", each=loop("each", at_once=2), busy=block("busy", "busy", policy=AGAIN)), [1, 2], 2
    ),
    "rounds that fail and are passed over": Case(
        graph("each:item>bad", "bad>end", each=loop("each", on_error="continue"), bad="bad"), [1, 2]
    ),
    "a round that fails": Case(graph("each:item>bad", "start>a", "start>each", each=loop("each"), bad="bad"), [1, 2]),
    "an error handle": Case(graph("bad:error>repair", "repair>long", "long>end", bad="bad", long="long"), 1),
}  # fmt: skip


def ended(journal: MemoryJournal) -> dict[Place, tuple[str, Json]]:
    return {place: (step.status, step.output) for place, step in journal.steps.items()}


@pytest.mark.parametrize("name", CASES)
async def test_a_crash_after_any_record_changes_nothing(name: str) -> None:
    case = CASES[name]
    whole = MemoryJournal(case.drawn, case.known(), case.value)
    expected = await whole.drive_to_end()
    records = len(whole.steps) * (1 + 2 * case.busy) + 5
    for cut in range(records):
        journal = MemoryJournal(case.drawn, case.known(), case.value)
        outcome = await journal.drive_to_end(cuts={1: cut})
        assert (outcome.status, outcome.output) == (expected.status, expected.output), f"after {cut} records"
        assert ended(journal) == ended(whole), f"after {cut} records"
        assert journal.repeated == [], f"after {cut} records these ran again"


@pytest.mark.parametrize("name", CASES)
async def test_a_crash_in_every_drive_still_comes_to_the_end(name: str) -> None:
    case = CASES[name]
    whole, journal = (MemoryJournal(case.drawn, case.known(), case.value) for _ in range(2))
    expected = await whole.drive_to_end()
    outcome = await journal.drive_to_end(cuts=dict.fromkeys(range(1, 200), 1))
    assert (outcome.status, outcome.output) == (expected.status, expected.output)
    assert journal.repeated == []


async def test_a_wait_in_a_round_parks_the_execution_and_holds_no_round_in_memory() -> None:
    case = CASES["waits in rounds"]
    journal = MemoryJournal(case.drawn, case.known(), case.value)
    outcome = await journal.drive()
    assert outcome is not None
    assert (outcome.status, outcome.wake_at is not None) == ("parked", True)
    assert journal.by_status("waiting").keys() == {("long", "0"), ("long", "1")}
    assert journal.by_status("completed").keys() == {("start", ""), ("beside", "")}, "the loop itself has not ended"


async def test_rounds_go_on_with_what_they_waited_for_and_nothing_before_it_runs_again() -> None:
    drawn = graph("each:item>a", "a>ask", "ask>end", each=loop("each", at_once=2), ask="ask")
    journal = MemoryJournal(drawn, flows(), ["x", "y"])
    await journal.drive()
    journal.answer("news")
    journal.starts.clear()
    outcome = await journal.drive()
    assert outcome is not None
    assert [result["payload"] for result in outcome.output] == ["news", "news"]
    assert sorted(journal.starts) == [("ask", "0"), ("ask", "1"), ("each", ""), ("end", "0"), ("end", "1")]


async def test_one_round_can_go_on_while_another_still_waits() -> None:
    drawn = graph("each:item>ask", "ask>end", each=loop("each", at_once=2), ask="ask")
    journal = MemoryJournal(drawn, flows(), ["x", "y"])
    await journal.drive()
    second = journal.signals.pop(("ask", "1"))
    journal.answer("news")
    outcome = await journal.drive()
    assert outcome is not None
    assert outcome.status == "parked"
    assert journal.by_status("completed").keys() == {("ask", "0"), ("end", "0")}
    journal.signals["ask", "1"] = second
    journal.answer("later")
    outcome = await journal.drive()
    assert outcome is not None
    assert [result["payload"] for result in outcome.output] == ["news", "later"]


async def test_the_reason_of_a_failure_is_the_first_one_also_after_a_crash() -> None:
    async def fail(context: Context, config: Any, value: Json) -> Output:
        raise BlockError(context.block_id.upper(), "failed")

    drawn = graph("a>late", "a>early", early="fail", late="fail")
    journal = MemoryJournal(drawn, flows(tiny("fail", fail, effect="write")), 1)
    first = await journal.drive()
    again = await journal.drive()
    assert first is not None
    assert again is not None
    assert first.error is not None
    assert first.error == again.error


async def test_of_a_join_of_any_the_first_that_came_counts_also_after_a_crash() -> None:
    fast_came, slow_came = asyncio.Event(), asyncio.Event()

    async def slow(context: Context, config: Any, value: Json) -> Output:
        await fast_came.wait()
        slow_came.set()
        return Output("slow")

    async def fast(context: Context, config: Any, value: Json) -> Output:
        fast_came.set()
        return Output("fast")

    async def after_both(context: Context, config: Any, value: Json) -> Output:
        await slow_came.wait()
        return Output(value)

    known = flows(tiny("slow", slow), tiny("fast", fast), tiny("any", after_both, join="any"))
    drawn = graph("start>slow", "start>fast", "slow>any", "fast>any", slow="slow", fast="fast", any="any", start="start")
    journal = MemoryJournal(drawn, known, 1)
    await journal.drive(left=3)
    assert journal.steps.keys() == {("start", ""), ("slow", ""), ("fast", "")}, "both came, and the join is not recorded"
    outcome = await journal.drive()
    assert outcome is not None
    assert journal.steps["any", ""].output == "fast"
