"""Duplicates within a list, and across executions."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


async def left(stage: Any, items: list[Json], run: str = "a", state: Any = None, mode: str = "live", **config: Any) -> list[Json]:
    more = {} if state is None else {"state": state}
    context = stage(idempotency_key=f"{run}:block_1:0", mode=mode, **more)
    outcome = await context.run("data.dedupe", config, items)
    assert outcome.ports == (("output",) if outcome.value else ("output", "empty"))
    found: list[Json] = outcome.value
    return found


async def test_true_is_not_one_and_order_of_names_does_not_count(stage: Any) -> None:
    items = [1, True, 1.0, {"a": 1, "b": 2}, {"b": 2, "a": 1}, "1"]
    assert await left(stage, items) == [1, True, {"a": 1, "b": 2}, "1"]


async def test_the_last_of_them(stage: Any) -> None:
    items = [{"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 1, "n": 3}]
    assert await left(stage, items, fields=["id"], keep="last") == [{"id": 2, "n": 2}, {"id": 1, "n": 3}]


async def test_items_without_the_field_are_alike(stage: Any) -> None:
    assert await left(stage, [{"a": 1}, {"b": 1}, {}], fields=["id"]) == [{"a": 1}]


async def test_what_an_earlier_execution_saw_is_gone(stage: Any) -> None:
    state = stage().state
    assert await left(stage, [1, 2], "a", state, history="block") == [1, 2]
    assert await left(stage, [2, 3.0], "b", state, history="block") == [3.0]
    assert await left(stage, [3, 1], "c", state, history="block") == []


async def test_a_step_that_runs_again_gives_the_same(stage: Any) -> None:
    state = stage().state
    assert [await left(stage, [1, 2], run, state, history="block") for run in ("a", "a", "b")] == [[1, 2], [1, 2], []]


async def test_a_memory_has_an_end_and_an_owner(stage: Any) -> None:
    state = stage().state
    await left(stage, [1], "a", state, history="name", name="orders", ttl_seconds=60)
    assert await left(stage, [1], "b", state, history="name", name="orders") == []
    assert await left(stage, [1], "b", state, history="name", name="mails") == [1]
    assert await left(stage, [1], "b", state, history="block") == [1]
    state.seconds = 60
    assert await left(stage, [1], "c", state, history="name", name="orders") == [1]


async def test_a_simulation_only_looks(stage: Any) -> None:
    state = stage().state
    assert await left(stage, [1], "a", state, "simulation", history="block") == [1]
    assert state.used() == []


async def test_too_many_for_a_memory(refused: Any) -> None:
    assert (await refused("data.dedupe", {"history": "block"}, list(range(2_001)))).code == "TOO_MANY_ITEMS"
