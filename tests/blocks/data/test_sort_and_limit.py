"""Order of all kinds of values, stability, missing values; and parts of a list."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("config", "items", "wanted"),
    [
        ({}, ["b", 10, None, [1], True, "a", 9.5], [True, 9.5, 10, "a", "b", [1], None]),
        ({"nulls": "first", "keys": [{"order": "descending"}]}, [1, None, 2], [None, 2, 1]),
        ({"natural": False}, ["a10", "a2"], ["a10", "a2"]),
        ({}, ["a10", "a2", "a02", "a" + "9" * 400], ["a2", "a02", "a10", "a" + "9" * 400]),
        ({"ignore_case": False}, ["b", "A", "a"], ["A", "a", "b"]),
        ({}, ["Zürich", "zug"], ["zug", "Zürich"]),
        ({}, [], []),
    ],
    ids=str,
)
async def test_order(run: Any, config: dict[str, Json], items: list[Json], wanted: list[Json]) -> None:
    assert (await run("data.sort", config, items)).value == wanted


async def test_equal_items_keep_their_order_also_backwards(run: Any) -> None:
    items = [{"k": 1, "n": 1}, {"k": 2, "n": 2}, {"k": 1, "n": 3}, {"n": 4}]
    forward = (await run("data.sort", {"keys": [{"field": "k"}]}, items)).value
    backward = (await run("data.sort", {"keys": [{"field": "k", "order": "descending"}]}, items)).value
    assert [item["n"] for item in forward] == [1, 3, 2, 4]
    assert [item["n"] for item in backward] == [2, 1, 3, 4]


async def test_the_list_that_came_in_is_not_touched(run: Any) -> None:
    items = [2, 1]
    assert (await run("data.sort", {}, items)).value == [1, 2]
    assert items == [2, 1]


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"count": 0}, []),
        ({"count": 9}, [1, 2, 3, 4]),
        ({"count": 2, "offset": 3}, [4]),
        ({"count": 2, "offset": 9}, []),
        ({"count": 2, "take": "last", "offset": 1}, [2, 3]),
        ({"count": 2, "take": "last", "offset": 9}, []),
        ({"count": 9, "take": "random"}, [1, 2, 3, 4]),
    ],
    ids=str,
)
async def test_a_part(run: Any, config: dict[str, Json], wanted: list[int]) -> None:
    assert (await run("data.limit", config, [1, 2, 3, 4])).value == wanted


async def test_a_random_part_is_in_order_and_not_always_the_same(run: Any) -> None:
    drawn = [(await run("data.limit", {"count": 5, "take": "random"}, list(range(50)))).value for _ in range(20)]
    assert all(items == sorted(set(items)) and len(items) == 5 for items in drawn)
    assert len({tuple(items) for items in drawn}) > 1
