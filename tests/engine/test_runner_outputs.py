"""What comes out of an execution: its output, its answer, and what is on disk before a step with an effect."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from app.engine.values import MAX_VALUE_BYTES
from app.sdk import Context, Json, Output, Port, Signal, Wait
from tests.support.graphs import graph
from tests.support.tiny import drive, gives, takes, tiny, types

pytestmark = pytest.mark.anyio

# -- what JSON cannot express -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (math.nan, ""),
        ({"total": math.inf}, "total"),
        ({"items": [{"price": 1.5}, {"price": -math.inf, "note": None}]}, "items[1].price"),
        ([None, [math.nan]], "[1][0]"),
        ({"pair": (1, math.nan)}, "pair[1]"),
    ],
)
async def test_a_number_that_is_not_finite_is_an_error_that_tells_its_place(value: Json, place: str) -> None:
    ran = await drive(graph("a>b", a="odd"), types(gives(value, "odd")))
    failure = ran.outcome.error
    assert (ran.outcome.status, failure.code, failure.block_id) == ("failed", "OUTPUT_NOT_FINITE", "a")
    assert (f"`{place}`" in failure.message) == bool(place)
    assert (failure.message.startswith("A: "), failure.retryable) == (True, False)


async def test_so_it_is_in_an_answer_and_in_a_question() -> None:
    async def answers(context: Context, config: Any, value: Json) -> Output:
        return Output(1, (), {"status": 200, "headers": {}, "body": [math.nan]})

    async def asks(context: Context, config: Any, value: Json) -> Wait:
        return Wait(signal=Signal("approval", data={"limit": math.inf}))

    for known in (tiny("odd", answers, outputs=()), tiny("odd", asks)):
        ran = await drive(graph("a", a="odd"), types(known))
        assert (ran.outcome.status, ran.outcome.error.code) == ("failed", "OUTPUT_NOT_FINITE")


async def test_null_and_the_word_null_are_no_such_number() -> None:
    value = {"nothing": None, "text": "null", "list": [None, 1.5, "nan"]}
    ran = await drive(graph("a", a="fine"), types(gives(value, "fine")))
    assert (ran.outcome.status, ran.outcome.output) == ("completed", value)


# -- outputs ---------------------------------------------------------------------------------------------------------


async def test_the_output_of_the_last_block_is_the_output_of_the_execution() -> None:
    ran = await drive(graph("a>b"), types(), {"n": 1})
    assert (ran.outcome.status, ran.outcome.output) == ("completed", {"n": 1})


async def test_several_last_blocks_give_an_object_by_id() -> None:
    ran = await drive(graph("a>x", "a>y", x="X", y="Y"), types(gives(1, "X"), gives(2, "Y")))
    assert ran.outcome.output == {"x": 1, "y": 2}


async def test_a_last_block_that_was_skipped_is_not_in_the_output() -> None:
    ran = await drive(graph("check:if>yes", "check:else>no", check="check"), types(takes("else")), 5)
    assert ran.outcome.output == 5


async def test_a_block_whose_ways_were_not_taken_is_a_last_block() -> None:
    ran = await drive(graph("check:if>yes", check="check"), types(takes("else")), 5)
    assert ran.outcome.output == 5


async def test_the_body_of_the_response_is_the_output_of_the_execution() -> None:
    ran = await drive(graph("a>answer", "a>b", answer="answer"), types(), {"n": 1})
    assert ran.outcome.output == {"n": 1}
    assert ran.recorder.ended("answer").response == {"status": 200, "headers": {}, "body": {"n": 1}}


async def test_the_first_response_is_the_answer() -> None:
    first_done = asyncio.Event()

    async def first(context: Context, config: Any, value: Json) -> Output:
        first_done.set()
        return Output("first", (), {"status": 200, "headers": {}, "body": "first"})

    async def second(context: Context, config: Any, value: Json) -> Output:
        await first_done.wait()
        return Output("second", (), {"status": 200, "headers": {}, "body": "second"})

    drawn = graph("a>two", "a>one", one="one", two="two")
    ran = await drive(drawn, types(tiny("one", first, outputs=()), tiny("two", second, outputs=())))
    assert ran.outcome.output == "first"
    assert sorted(ran.recorder.ran()) == ["a", "one", "two"]


async def test_a_graph_without_blocks_completes_without_an_output() -> None:
    ran = await drive(graph(), types(), 1)
    assert ran.told == ["begins", "ends completed", "durable"]
    assert ran.outcome.output is None


async def test_a_value_that_is_too_large_fails_the_step() -> None:
    ran = await drive(graph("a>b", a="huge"), types(gives("x" * MAX_VALUE_BYTES, "huge")))
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, ran.outcome.error.block_id) == ("OUTPUT_TOO_LARGE", "a")
    assert "2,000,002 bytes" in ran.outcome.error.message


async def test_a_value_at_the_limit_passes() -> None:
    ran = await drive(graph("a>b", a="large"), types(gives("x" * (MAX_VALUE_BYTES - 2), "large")))
    assert ran.outcome.status == "completed"


# -- effects and the journal -----------------------------------------------------------------------------------------


async def test_a_step_without_effect_waits_for_nothing() -> None:
    ran = await drive(graph("a>b", "b>c"), types())
    assert ran.told.count("durable") == 1


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_all_before_an_effect_is_on_disk_before_it_starts(effect: str) -> None:
    told: list[str] = []

    async def acts(context: Context, config: Any, value: Json) -> Output:
        told.append("acts")
        return Output(value)

    ran = await drive(graph("a>act", "act>b", act="act"), types(tiny("act", acts, effect=effect)))
    assert ran.told == [
        "begins",
        "a starts",
        "a completed",
        "act starts",
        "durable",
        "act completed",
        "b starts",
        "b completed",
        "ends completed",
        "durable",
    ]
    assert told == ["acts"]


async def test_a_step_gets_only_the_services_that_its_block_declares() -> None:
    async def reaches(context: Context, config: Any, value: Json) -> Output:
        return Output(str(context.http))

    ran = await drive(graph("a", a="sly"), types(tiny("sly", reaches, outputs=(Port("output"),))))
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "NOT_PERMITTED"


async def test_what_a_step_logs_is_in_its_record() -> None:
    async def logs(context: Context, config: Any, value: Json) -> Output:
        context.log("one")
        context.log("two")
        return Output(value)

    ran = await drive(graph("a", a="log"), types(tiny("log", logs)))
    assert ran.recorder.ended("a").log == ("one", "two")
