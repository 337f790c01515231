"""Repeat while: the condition before or after each round, and the limit."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.engine.expressions import ExpressionError
from app.sdk import BlockError, Json, Output

pytestmark = pytest.mark.anyio


async def next_page(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
    return {"page": value["page"] + 1}


def pages(last: int, **more: Json) -> dict[str, Json]:
    return {"condition": f"input.page < {last}", **more}


async def test_the_output_of_a_round_is_the_input_of_the_next(stage: Any) -> None:
    context = stage(body=next_page)
    assert await context.run("flow.while", pages(3), {"page": 1}) == Output({"value": {"page": 3}, "rounds": 2})
    assert context.bodies == [
        (0, {"page": 1}, {"item": {"page": 1}, "index": 0}),
        (1, {"page": 2}, {"item": {"page": 2}, "index": 1}),
    ]


@pytest.mark.parametrize(("check", "rounds"), [("before", 0), ("after", 1)])
async def test_when_the_condition_never_holds(stage: Any, check: str, rounds: int) -> None:
    outcome = await stage(body=next_page).run("flow.while", pages(1, check=check), {"page": 5})
    assert outcome.value == {"value": {"page": 5 + rounds}, "rounds": rounds}


async def test_with_the_check_after_the_condition_does_not_see_the_first_input(stage: Any) -> None:
    outcome = await stage(body=next_page).run("flow.while", {"condition": "input.page == 2", "check": "after"}, {"page": 1})
    assert outcome.value["rounds"] == 2


async def test_the_condition_knows_the_rounds_the_item_and_the_variables(stage: Any) -> None:
    context = stage(variables={"limit": 4})
    outcome = await context.run("flow.while", {"condition": "index < variables.limit and item == 'ö'"}, "ö")
    assert outcome.value == {"value": "ö", "rounds": 4}


@pytest.mark.parametrize("check", ["before", "after"])
async def test_too_many_rounds_fail(stage: Any, check: str) -> None:
    context = stage()
    with pytest.raises(BlockError, match="still true after 3 rounds") as caught:
        await context.run("flow.while", {"condition": "True", "max_rounds": 3, "check": check}, 0)
    assert (caught.value.code, caught.value.retryable) == ("TOO_MANY_ROUNDS", False)
    assert len(context.bodies) == 3


async def test_or_stop_with_what_there_is(stage: Any) -> None:
    outcome = await stage(body=next_page).run("flow.while", pages(99, max_rounds=3, at_limit="stop"), {"page": 1})
    assert outcome.value == {"value": {"page": 4}, "rounds": 3}


async def test_exactly_as_many_rounds_as_allowed_are_fine(stage: Any) -> None:
    assert (await stage(body=next_page).run("flow.while", pages(4, max_rounds=3), {"page": 1})).value["rounds"] == 3


async def test_a_failure_names_the_round(stage: Any) -> None:
    async def fails(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        if iteration == 2:
            raise BlockError("NOPE", "no more")
        return value

    with pytest.raises(BlockError) as caught:
        await stage(body=fails).run("flow.while", {"condition": "True"}, 0)
    assert (caught.value.code, caught.value.message) == ("NOPE", "round 3: no more")


async def test_a_condition_must_be_true_or_false_and_name_what_is_there(stage: Any) -> None:
    with pytest.raises(AssertionError, match="condition"):
        await stage().run("flow.while", {"condition": "input"}, "text")
    with pytest.raises(ExpressionError):
        await stage().run("flow.while", {"condition": "input.more"}, {})
