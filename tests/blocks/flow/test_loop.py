"""The loop: one item after another or several at once, in order, with failures."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import BlockError, Json, Output
from blocks.flow.loop import BLOCK

pytestmark = pytest.mark.anyio

REFUSED = BlockError("HTTP_STATUS", "the server answered 500", details={"status": 500}, retryable=False, retry_after=7)


class Body:
    """The blocks behind `item`: hand over the item doubled, except where told to fail; the last items are ready first."""

    def __init__(self, *failing: int) -> None:
        self._failing = failing
        self.at_once = self.most_at_once = 0

    async def __call__(self, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(20 - 2 * (iteration % 10)):
            await asyncio.sleep(0)
        self.at_once -= 1
        if iteration in self._failing:
            raise REFUSED
        return value * 2


async def test_each_item_is_the_input_of_a_round_and_has_its_names(stage: Any) -> None:
    context = stage(body=Body())
    assert await context.run("flow.loop", {}, ["a", "ü"]) == Output(["aa", "üü"])
    assert context.bodies == [(0, "a", {"item": "a", "index": 0}), (1, "ü", {"item": "ü", "index": 1})]


@pytest.mark.parametrize("concurrency", [1, 3, 100])
async def test_results_keep_the_order_of_the_items(stage: Any, concurrency: int) -> None:
    body = Body()
    outcome = await stage(body=body).run("flow.loop", {"concurrency": concurrency}, list(range(25)))
    assert outcome.value == [2 * number for number in range(25)]
    assert body.most_at_once == min(concurrency, 25)


async def test_an_empty_list_has_no_rounds(stage: Any) -> None:
    context = stage()
    assert await context.run("flow.loop", {"concurrency": 5}, []) == Output([])
    assert context.bodies == []


async def test_a_failure_stops_the_loop_and_names_the_item(stage: Any) -> None:
    context = stage(body=Body(1))
    with pytest.raises(BlockError) as caught:
        await context.run("flow.loop", {}, [1, 2, 3])
    assert (caught.value.code, caught.value.message) == ("HTTP_STATUS", "item 2: the server answered 500")
    assert (caught.value.details, caught.value.retryable, caught.value.retry_after) == ({"status": 500}, False, 7)
    assert len(context.bodies) == 2


async def test_what_was_begun_is_finished_before_the_loop_fails(stage: Any) -> None:
    body = Body(3)
    context = stage(body=body)
    with pytest.raises(BlockError, match="item 4"):
        await context.run("flow.loop", {"concurrency": 4}, list(range(20)))
    assert body.at_once == 0
    assert len(context.bodies) < 20


async def test_of_several_failures_the_first_item_is_named(stage: Any) -> None:
    with pytest.raises(BlockError, match="item 1:"):
        await stage(body=Body(0, 1, 2)).run("flow.loop", {"concurrency": 3}, [1, 2, 3])


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_failure_is_data_when_the_loop_continues(stage: Any, concurrency: int) -> None:
    outcome = await stage(body=Body(1)).run("flow.loop", {"on_error": "continue", "concurrency": concurrency}, [1, 2, 3])
    error = {"code": "HTTP_STATUS", "message": "the server answered 500", "details": {"status": 500}}
    assert outcome.value == [2, {"error": error}, 6]


class Interrupted(BaseException):
    """What an engine may raise through a container to have it stop here."""


async def test_an_interruption_goes_through_as_it_is_after_the_others_went_on(stage: Any) -> None:
    seen = []

    async def body(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        if iteration == 0:
            raise Interrupted
        await asyncio.sleep(0)
        seen.append(iteration)
        return value

    with pytest.raises(Interrupted):
        await stage(body=body).run("flow.loop", {"concurrency": 2, "on_error": "continue"}, [1, 2, 3, 4])
    assert seen == [1, 2, 3]


async def test_cancelling_reaches_every_item(stage: Any) -> None:
    cancelled = []

    async def body(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(iteration)

    running = asyncio.create_task(stage(body=body).run("flow.loop", {"concurrency": 3}, [1, 2, 3]))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(cancelled) == [0, 1, 2]


async def test_items_may_be_given(stage: Any) -> None:
    context = stage(variables={"rows": [5]})
    assert (await context.run("flow.loop", {"items": "{{ variables.rows }}"}, "unused")).value == [5]


@pytest.mark.parametrize(
    ("config", "value", "kind"),
    [
        ({}, {"a": 1}, "an object"),
        ({}, "abc", "a text"),
        ({}, 5, "a number"),
        ({}, True, "true or false"),
        ({"items": "{{ input[0] }}"}, [None], "null"),
    ],
)
async def test_something_else_than_a_list_is_refused(stage: Any, config: dict[str, Json], value: Json, kind: str) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().run("flow.loop", config, value)
    assert caught.value.code == "ITEMS_INVALID"
    assert caught.value.message == f"field `items`: must be a list; this is {kind}"


async def test_there_is_a_limit_of_items(stage: Any) -> None:
    assert len((await stage().run("flow.loop", {"concurrency": 100}, [0] * 10_000)).value) == 10_000
    with pytest.raises(BlockError, match="10,001 items are too many"):
        await stage().run("flow.loop", {}, [0] * 10_001)


@pytest.mark.parametrize("concurrency", [0, 101])
def test_the_concurrency_has_limits(concurrency: int) -> None:
    assert len(validate_config(BLOCK, {"concurrency": concurrency})) == 1


def test_a_disabled_loop_does_not_enter_its_body() -> None:
    """The first port is the one that a disabled block takes."""
    assert (BLOCK.outputs[0].name, BLOCK.body) == ("output", "item")
