"""One drive of one execution: the order of events, inputs and outputs, ways that are taken and ways that are not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.runner import INLINE_STEPS
from app.sdk import Config, Context, Json, Output
from tests.support.graphs import block, graph
from tests.support.tiny import drive, gives, takes, tiny, types

pytestmark = pytest.mark.anyio

BRANCH = graph("start>check", "check:if>yes", "check:else>no", "yes>end", "no>end", start="start", check="check")


def adds(type: str = "add") -> Any:
    """A block that adds one to its input."""

    async def execute(context: Context, config: Any, value: Json) -> Output:
        return Output(value + 1)

    return tiny(type, execute)


async def test_events_come_in_order() -> None:
    ran = await drive(graph("start>a", "a>b", start="start"), types(), {"n": 1})
    assert ran.told == [
        "begins",
        "start starts",
        "start completed",
        "a starts",
        "a completed",
        "b starts",
        "b completed",
        "ends completed",
        "durable",
    ]


async def test_event_numbers_grow_and_a_later_epoch_begins_higher() -> None:
    first = await drive(BRANCH, types(takes("if")))
    second = await drive(BRANCH, types(takes("if")), epoch=2)
    numbers = [event.seq for event in first.recorder.events]
    assert numbers == sorted(set(numbers))
    assert second.recorder.events[0].seq > numbers[-1]


async def test_what_is_not_taken_is_told_as_skipped() -> None:
    ran = await drive(BRANCH, types(takes("if")))
    assert "skips no" in ran.told
    assert ran.recorder.ran() == ["start", "check", "yes", "end"]


async def test_branches_run_at_the_same_time() -> None:
    meeting = asyncio.Barrier(3)

    async def meets(context: Context, config: Any, value: Json) -> Output:
        await meeting.wait()
        return Output(context.block_id)

    drawn = graph("start>a", "start>b", "start>c", "a>end", "b>end", "c>end", start="start", a="meet", b="meet", c="meet")
    async with asyncio.timeout(5):
        ran = await drive(drawn, types(tiny("meet", meets)))
    assert ran.outcome.output == {"a": "a", "b": "b", "c": "c"}


async def test_a_fast_branch_does_not_wait_for_a_slow_one() -> None:
    second_of_fast_ran = asyncio.Event()

    async def slow(context: Context, config: Any, value: Json) -> Output:
        await second_of_fast_ran.wait()
        return Output(value)

    async def last(context: Context, config: Any, value: Json) -> Output:
        second_of_fast_ran.set()
        return Output(value)

    drawn = graph("start>slow", "start>fast", "fast>last", "slow>end", "last>end", start="start", slow="slow", last="last")
    async with asyncio.timeout(5):
        ran = await drive(drawn, types(tiny("slow", slow), tiny("last", last)))
    assert ran.outcome.status == "completed"


async def test_no_more_steps_run_at_once_than_allowed() -> None:
    running, most = 0, 0

    async def counts(context: Context, config: Any, value: Json) -> Output:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Output(value)

    drawn = graph(*(f"start>b{n}" for n in range(20)), start="start", **{f"b{n}": "count" for n in range(20)})
    ran = await drive(drawn, types(tiny("count", counts)), concurrency=3)
    assert most == 3
    assert len(ran.recorder.ran()) == 21


async def test_a_long_chain_lets_others_have_a_turn() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await drive(graph(*(f"b{n}>b{n + 1}" for n in range(5 * INLINE_STEPS))), types())
    beside.cancel()
    assert turns >= 5


async def test_five_thousand_blocks_in_a_row_need_no_recursion() -> None:
    drawn = graph(*(f"b{n}>b{n + 1}" for n in range(4_999)), **{f"b{n}": "add" for n in range(5_000)})
    ran = await drive(drawn, types(adds()), 0)
    assert ran.outcome.output == 5_000


# -- inputs ----------------------------------------------------------------------------------------------------------


async def test_the_first_blocks_get_the_input_of_the_execution() -> None:
    ran = await drive(graph("a>end", "b>end"), types(), {"order": 7})
    assert ran.output("a") == ran.output("b") == {"order": 7}


async def test_the_output_of_the_one_block_before_is_the_input() -> None:
    ran = await drive(graph("start>one", "one>two", start="start", one="add", two="add"), types(adds()), 40)
    assert ran.outcome.output == 42


async def test_the_outputs_of_several_blocks_come_as_an_object_by_id() -> None:
    drawn = graph("start>b", "start>a", "b>join", "a>join", start="start", a="A", b="B")
    ran = await drive(drawn, types(gives(1, "A"), gives(2, "B")))
    assert ran.output("join") == {"b": 2, "a": 1}


async def test_only_ways_that_were_taken_are_in_the_input() -> None:
    ran = await drive(BRANCH, types(takes("else")), "data")
    assert ran.output("end") == "data"


async def test_two_ways_from_one_block_are_one_input() -> None:
    ran = await drive(graph("check:if>end", "check:else>end", check="check"), types(takes("if", "else")), "data")
    assert ran.output("end") == "data"


async def test_a_block_that_is_off_passes_its_input_through_its_first_port() -> None:
    drawn = graph("start>check", "check:if>yes", "check:else>no", start="start", check=block("check", "check", enabled=False))
    ran = await drive(drawn, types(takes("else")), 7)
    assert ran.recorder.ran() == ["start", "check", "yes"]
    assert ran.output("yes") == 7


async def test_the_configuration_is_rendered_with_what_ran_before() -> None:
    class Text(Config):
        text: str = ""

    async def says(context: Context, config: Text, value: Json) -> Output:
        return Output(config.text)

    text = "{{ variables.name }}: {{ blocks.a.output.n }} {{ a.output.n }} {{ input.n }} {{ execution.mode }} {{ workflow.name }}"
    drawn = graph("start>a", "a>say", start="start", a="A", say=block("say", "say", {"text": text}))
    ran = await drive(drawn, types(tiny("say", says, config=Text), gives({"n": 3}, "A")), {"name": "Ada"})
    assert ran.outcome.output == "Ada: 3 3 3 live Flow"


async def test_what_the_trigger_answers_becomes_the_variables() -> None:
    async def with_default(context: Context, config: Any, value: Json) -> Output:
        return Output({"amount": 10} | value)

    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(dict(context.variables))

    known = types(tiny("trigger", with_default, trigger=True, inputs=()), tiny("tell", tells))
    ran = await drive(graph("go>tell", go="trigger", tell="tell"), known, {"name": "Ada"})
    assert ran.outcome.output == {"amount": 10, "name": "Ada"}


async def test_an_input_that_is_no_object_is_the_variable_body() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(dict(context.variables))

    ran = await drive(graph("tell", tell="tell"), types(tiny("tell", tells)), [1, 2])
    assert ran.outcome.output == {"body": [1, 2]}


async def test_a_step_that_is_repeated_has_the_same_key() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(context.idempotency_key)

    keys = {
        (await drive(graph("a>tell", tell="tell"), types(tiny("tell", tells)), epoch=epoch)).outcome.output for epoch in (1, 2)
    }
    assert keys == {"run-1:tell:0"}
