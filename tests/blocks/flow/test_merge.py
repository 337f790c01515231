"""The merge: all, the first, one list, one object, lists joined by keys."""

from typing import Any

import pytest

from app.sdk import BlockError, Json
from blocks.flow import _joins
from blocks.flow.merge import BLOCK

pytestmark = pytest.mark.anyio

ADA, BO, CY = {"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}, {"id": 3, "name": "Cy"}


async def merged(stage: Any, config: dict[str, Json], **inputs: Json) -> Json:
    return (await stage(inputs=inputs).run("flow.merge", config, None)).value


async def joined(stage: Any, how: str, *lists: list[Json], keys: list[str] | None = None) -> Json:
    inputs = {f"list_{number}": given for number, given in enumerate(lists)}
    return await merged(stage, {"mode": "combine", "keys": keys or ["id"], "join": how}, **inputs)


async def test_all_is_an_object_by_block_even_of_one(stage: Any) -> None:
    assert await merged(stage, {}, fetch=1, count=None) == {"fetch": 1, "count": None}
    assert await merged(stage, {}, fetch=1) == {"fetch": 1}


async def test_any_is_the_first_that_is_there(stage: Any) -> None:
    assert await merged(stage, {"mode": "any"}, fast={"a": 1}) == {"a": 1}
    assert await merged(stage, {"mode": "any"}, fast=None, slow=2) is None


def test_only_any_does_not_wait() -> None:
    assert BLOCK.join == ("mode", "any")


async def test_a_merge_that_nothing_leads_to_takes_the_input_of_the_execution(stage: Any) -> None:
    context = stage(block_id="merge_1")
    assert (await context.run("flow.merge", {"mode": "append"}, None)).value == [None]


async def test_append_puts_lists_and_single_values_in_the_order_of_the_graph(stage: Any) -> None:
    assert await merged(stage, {"mode": "append"}, b=[3, [4]], a="x", c=[], d=None) == [3, [4], "x", None]
    assert await merged(stage, {"mode": "append"}, a=[]) == []


async def test_objects_are_combined_and_the_later_one_wins(stage: Any) -> None:
    assert await merged(stage, {"mode": "combine"}, a={"n": 1, "x": {"y": 1}}, b={"n": 2, "x": {}}) == {"n": 2, "x": {}}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [{**BO, "total": 5}]),
        ("left", [ADA, {**BO, "total": 5}]),
        ("outer", [ADA, {**BO, "total": 5}, {"id": 3, "total": 9}]),
    ],
)
async def test_lists_are_joined(stage: Any, how: str, expected: Json) -> None:
    assert await joined(stage, how, [ADA, BO], [{"id": 3, "total": 9}, {"id": 2, "total": 5}]) == expected


async def test_equal_keys_pair_each_with_each(stage: Any) -> None:
    left = [{"id": 1, "l": "a"}, {"id": 1, "l": "b"}]
    right = [{"id": 1, "r": 1}, {"id": 1, "r": 2}]
    pairs = [(row["l"], row["r"]) for row in await joined(stage, "inner", left, right)]
    assert pairs == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


async def test_all_keys_must_be_equal_and_of_one_type(stage: Any) -> None:
    left = [{"id": 1, "day": "mo"}, {"id": 2, "day": "tu"}]
    right = [{"id": 1, "day": "tu", "x": 1}, {"id": "2", "day": "tu", "x": 2}, {"id": 2.0, "day": "tu", "x": 3}]
    assert await joined(stage, "inner", left, right, keys=["id", "day"]) == [{"id": 2.0, "day": "tu", "x": 3}]


async def test_what_lacks_a_key_has_no_partner(stage: Any) -> None:
    nobody = {"id": None, "name": "?"}
    assert await joined(stage, "inner", [nobody, {}], [nobody, {}]) == []
    assert await joined(stage, "outer", [nobody], [{"total": 1}]) == [nobody, {"total": 1}]


async def test_the_later_list_wins_and_three_lists_are_joined_one_after_another(stage: Any) -> None:
    rows = await joined(stage, "left", [ADA, CY], [{"id": 1, "name": "Åda"}], [{"id": 3, "age": 9}, {"id": 1, "age": 7}])
    assert rows == [{"id": 1, "name": "Åda", "age": 7}, {**CY, "age": 9}]


@pytest.mark.parametrize("how", ["inner", "left", "outer"])
async def test_empty_lists(stage: Any, how: str) -> None:
    assert await joined(stage, how, [], []) == []
    assert await joined(stage, how, [], [ADA]) == ([ADA] if how == "outer" else [])


@pytest.mark.parametrize(
    ("config", "inputs", "message"),
    [
        ({}, {"a": {}, "b": [1]}, "what comes from `b` must be an object; it is a list"),
        ({"keys": ["id"]}, {"a": [], "b": {}}, "what comes from `b` must be a list of objects; it is an object"),
        ({"keys": ["id"]}, {"a": [ADA, 5]}, "entry 2 of what comes from `a` must be an object; it is a number"),
    ],
)
async def test_what_cannot_be_combined_is_named(stage: Any, config: dict[str, Json], inputs: Any, message: str) -> None:
    with pytest.raises(BlockError) as caught:
        await merged(stage, {"mode": "combine", **config}, **inputs)
    assert (caught.value.code, caught.value.message, caught.value.retryable) == ("MERGE_INVALID", message, False)


async def test_pairs_beyond_every_measure_are_refused(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_joins, "MAX_JOINED", 100)
    same = [{"id": 1}] * 10
    assert len(await joined(stage, "inner", same, same)) == 100
    with pytest.raises(BlockError, match="more than 100 pairs"):
        await joined(stage, "inner", same, [*same, {"id": 1}])
    with pytest.raises(BlockError, match="more than 100 pairs"):
        await joined(stage, "outer", same, [*same, {"id": 2}])
