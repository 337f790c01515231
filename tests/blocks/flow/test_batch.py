"""Batches: portions one after another, with or without a pause."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import BlockError, Json, Output
from blocks.flow.batch import BLOCK

pytestmark = pytest.mark.anyio


async def test_portions_follow_each_other_and_have_their_names(stage: Any) -> None:
    context = stage()
    assert await context.run("flow.batch", {"size": 2}, [1, 2, 3]) == Output([1, 2, 3])
    assert context.bodies == [(0, [1, 2], {"item": [1, 2], "index": 0}), (1, [3], {"item": [3], "index": 1})]


async def total(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
    return sum(value)


async def some(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
    return [number for number in value if number > 2] or None


@pytest.mark.parametrize(
    ("body", "output", "expected"),
    [
        (total, "items", [3, 7, 5]),
        (total, "batches", [3, 7, 5]),
        (some, "items", [None, 3, 4, 5]),
        (some, "batches", [None, [3, 4], [5]]),
    ],
)
async def test_the_result(stage: Any, body: Any, output: str, expected: Json) -> None:
    assert (await stage(body=body).run("flow.batch", {"size": 2, "output": output}, [1, 2, 3, 4, 5])).value == expected


@pytest.mark.parametrize("output", ["items", "batches"])
async def test_an_empty_list_has_no_portion(stage: Any, output: str) -> None:
    context = stage()
    assert (await context.run("flow.batch", {"output": output}, [])).value == []
    assert context.bodies == []


@pytest.mark.parametrize(("size", "portions"), [(1, 4), (3, 2), (4, 1), (10_000, 1)])
async def test_how_many_portions_there_are(stage: Any, size: int, portions: int) -> None:
    context = stage()
    await context.run("flow.batch", {"size": size}, ["a"] * 4)
    assert len(context.bodies) == portions


async def test_one_at_a_time_with_a_pause_only_between_portions(stage: Any) -> None:
    running = 0

    async def alone(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1
        return value

    begun = time.monotonic()
    await stage(body=alone).run("flow.batch", {"size": 1, "pause_ms": 40}, [1, 2, 3])
    assert 0.08 <= time.monotonic() - begun < 0.4
    begun = time.monotonic()
    await stage(body=alone).run("flow.batch", {"size": 3, "pause_ms": 5000}, [1, 2, 3])
    assert time.monotonic() - begun < 0.4


async def test_a_failure_names_the_portion_and_ends_it(stage: Any) -> None:
    async def fails(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        if iteration == 1:
            raise BlockError("NOPE", "the mailbox is full")
        return value

    context = stage(body=fails)
    with pytest.raises(BlockError) as caught:
        await context.run("flow.batch", {"size": 1}, [1, 2, 3])
    assert (caught.value.code, caught.value.message) == ("NOPE", "portion 2: the mailbox is full")
    assert len(context.bodies) == 2


async def test_only_a_list_is_taken(stage: Any) -> None:
    with pytest.raises(BlockError, match="must be a list; this is an object"):
        await stage().run("flow.batch", {}, {"rows": []})


@pytest.mark.parametrize("config", [{"size": 0}, {"size": 10_001}, {"pause_ms": 5_001}, {"pause_ms": -1}])
def test_the_numbers_have_limits(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1
