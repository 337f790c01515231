"""Containers: rounds of a body, in order and at once, inside each other, and beside failures."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from app.engine.events import StepFinished
from app.engine.frame import Frame
from app.engine.runner import INLINE_STEPS, Runner
from app.sdk import Context, Json, Output
from tests.support.flows import flows, loop, rounds
from tests.support.graphs import graph
from tests.support.tiny import Environment, MemoryRecorder, Ran, Types, answer, assignment, drive, takes, tiny

pytestmark = pytest.mark.anyio

DOUBLED = graph("each:item>double", "each>end", each=loop("each"), double="double")


async def run(*edges: str, value: Json = None, known: Types | None = None, **drawn: Any) -> Ran:
    async with asyncio.timeout(10):
        return await drive(graph(*edges, **drawn), known or flows(), value)


# -- rounds ----------------------------------------------------------------------------------------------------------


async def test_rounds_run_one_after_another_and_their_results_keep_the_order() -> None:
    ran = await drive(DOUBLED, flows(), [1, 2, 3])
    assert ran.outcome.output == [2, 4, 6]
    assert rounds(ran, "double") == ["0", "1", "2"]


async def test_rounds_at_once_meet_and_their_results_keep_the_order() -> None:
    meeting = asyncio.Barrier(3)

    async def meet(context: Context, config: Any, value: Json) -> Output:
        await meeting.wait()
        return Output(value)

    ran = await run("each:item>meet", value=[1, 2, 3], known=flows(tiny("meet", meet)), each=loop("each", at_once=3), meet="meet")
    assert ran.outcome.output == [1, 2, 3]


async def test_loops_in_loops_number_their_rounds_by_path() -> None:
    drawn: dict[str, Any] = {"outer": loop("outer"), "inner": loop("inner"), "double": "double"}
    ran = await run("outer:item>inner", "inner:item>double", value=[[1, 2], [3]], **drawn)
    assert ran.outcome.output == [[2, 4], [6]]
    assert rounds(ran, "double") == ["0/0", "0/1", "1/0"]
    assert rounds(ran, "inner") == ["0", "1"]


async def test_what_follows_the_loop_sees_the_results_and_not_the_rounds() -> None:
    ran = await drive(DOUBLED, flows(), [1])
    assert ran.output("end") == [2]
    assert rounds(ran, "end") == [""]


async def test_an_empty_body_gives_what_it_is_given() -> None:
    assert (await run("each>end", value=[1, 2], each=loop("each"))).outcome.output == [1, 2]


async def test_no_items_no_rounds() -> None:
    ran = await drive(DOUBLED, flows(), [])
    assert (ran.outcome.output, rounds(ran, "double")) == ([], [])


async def test_rounds_see_their_own_names_and_those_around_them() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output([context.evaluate(text, "text") for text in ("item", "index", "before.output", "variables.body")])

    ran = await run("before>each", "each:item>tell", value=[7], known=flows(tiny("tell", tells)), each=loop("each"), tell="tell")
    assert ran.outcome.output == [[7, 0, [7], [7]]]


async def test_a_round_does_not_see_the_round_before() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(sorted(context.names()["blocks"]))

    drawn: dict[str, Any] = {"each": loop("each"), "tell": "tell", "last": "noop"}
    ran = await run("each:item>tell", "tell>last", value=[1, 2], known=flows(tiny("tell", tells)), **drawn)
    assert ran.outcome.output == [[], []]


async def test_steps_that_are_skipped_in_a_body_do_not_stop_the_round() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), "check": "check"}
    ran = await run("each:item>check", "check:if>yes", "check:else>no", "yes>end", "no>end", value=[5],
                    known=flows(takes("else")), **drawn)  # fmt: skip
    assert ran.outcome.output == [5]
    assert rounds(ran, "yes") == []
    assert not [told for told in ran.told if told.startswith("skips")], "of rounds, nobody is told"


async def test_an_edge_from_the_container_counts_although_another_one_is_not_taken() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), "check": "check"}
    edges = ("each:item>check", "check:if>work", "work>end", "each:item>end")
    ran = await run(*edges, value=[5], known=flows(takes("else")), **drawn)
    assert ran.output("end") == 5, "the round's own value, as nothing else came"


async def test_a_join_in_a_body_gets_the_value_of_the_round_by_the_containers_id() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), "double": "double"}
    ran = await run("each:item>double", "double>end", "each:item>end", value=[5], **drawn)
    assert ran.outcome.output == [{"each": 5, "double": 10}]


async def test_a_block_behind_the_port_has_the_container_among_its_inputs() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(dict(context.inputs))

    ran = await run("each:item>tell", value=[5], known=flows(tiny("tell", tells)), each=loop("each"), tell="tell")
    assert ran.outcome.output == [{"each": 5}]


async def test_the_first_answer_of_all_rounds_is_the_answer() -> None:
    first_answered = asyncio.Event()

    async def second_is_first(context: Context, config: Any, value: Json) -> Output:
        if value == "slow":
            await first_answered.wait()
        return Output(value)

    async def answers(context: Context, config: Any, value: Json) -> Output:
        first_answered.set()
        return await answer(context, config, value)

    known = flows(tiny("order", second_is_first), tiny("say", answers, outputs=(), answers=True))
    drawn: dict[str, Any] = {"each": loop("each", at_once=2), "order": "order", "say": "say"}
    ran = await run("each:item>order", "order>say", value=["slow", "fast"], known=known, **drawn)
    responses = [event.response["body"] for event in ran.recorder.events if isinstance(event, StepFinished) and event.response]
    assert (responses[0], ran.outcome.output) == ("fast", "fast")


async def test_many_rounds_neither_recurse_nor_stay_in_memory() -> None:
    class Silent(MemoryRecorder):
        def record(self, event: Any) -> None:
            """Keep nothing."""

    def frames() -> int:
        gc.collect()
        return sum(isinstance(kept, Frame) for kept in gc.get_objects())

    before = frames()
    runner = Runner(assignment(DOUBLED, flows(), list(range(10_000))), Silent(), Environment())
    outcome = await runner.drive()
    assert outcome.output == [2 * n for n in range(10_000)]
    assert frames() - before < 20, "the rounds are gone"


async def test_rounds_that_never_wait_let_others_have_a_turn() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await drive(DOUBLED, flows(), list(range(5 * INLINE_STEPS)))
    beside.cancel()
    assert turns >= 5


async def test_more_steps_than_allowed_end_the_execution_whatever_the_loop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.runner.MAX_STEPS", 10)
    ran = await run("each:item>double", value=list(range(50)), each=loop("each", on_error="continue"), double="double")
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "TOO_MANY_STEPS"
    assert len(rounds(ran, "double")) == 9, "the loop itself is a step too"


# -- room ------------------------------------------------------------------------------------------------------------


async def test_a_loop_whose_rounds_wait_takes_no_room_from_others() -> None:
    drawn = graph("start>each", "each:item>long", "start>beside", start="start", each=loop("each"), long="long")
    ran = await asyncio.wait_for(drive(drawn, flows(), [1], concurrency=1), 5)
    assert ran.outcome.status == "parked"
    assert "beside" in ran.recorder.ran()


async def test_rounds_share_the_room_of_the_execution() -> None:
    running, most = 0, 0

    async def counts(context: Context, config: Any, value: Json) -> Output:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return Output(value)

    drawn = graph("each:item>a", "each:item>b", "a>c", "b>c", each=loop("each", at_once=10), a="count", b="count", c="count")
    ran = await asyncio.wait_for(drive(drawn, flows(tiny("count", counts)), list(range(20)), concurrency=3), 5)
    assert (ran.outcome.status, most) == ("completed", 3)
