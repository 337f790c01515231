"""The filter: every comparison, missing fields, what has no order, conditions, and bad input."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


def rule(field: str, comparison: str, value: Json = None) -> dict[str, Json]:
    return {"field": field, "comparison": comparison, "value": value}


@pytest.mark.parametrize(
    ("comparison", "value", "kept"),
    [
        ("equals", 5, [5, 5.0]),
        ("equals", "5", ["5"]),
        ("not_equals", 5, ["5", "a5", None, True, 9]),
        ("greater", 5, [9]),
        ("at_least", "5", ["5", "a5"]),
        ("one_of", [9, True], [True, 9]),
        ("not_one_of", [5, 9, None], ["5", "a5", True]),
        ("is_true", None, [True]),
        ("not_empty", None, [5, 5.0, "5", "a5", True, 9]),
    ],
)
async def test_a_comparison(run: Any, comparison: str, value: Json, kept: list[Json]) -> None:
    items: list[Json] = [5, 5.0, "5", "a5", None, True, 9]
    if comparison in ("greater", "at_least"):
        items = [item for item in items if type(item) is type(kept[0])]
    outcome = await run("data.filter", {"rules": [rule("", comparison, value)]}, items)
    assert [(type(item), item) for item in outcome.value] == [(type(item), item) for item in kept]


@pytest.mark.parametrize(
    ("comparison", "value", "ids"),
    [
        ("exists", None, [1, 2]),
        ("not_exists", None, [3]),
        ("empty", None, [2, 3]),
        ("contains", "b", [1]),
        ("not_contains", "b", [2]),
        ("equals", None, [2]),
    ],
)
async def test_a_field_that_is_missing_fits_only_when_that_is_asked_for(
    run: Any, comparison: str, value: Json, ids: list[int]
) -> None:
    items = [{"id": 1, "tags": {"list": ["a", "b"]}}, {"id": 2, "tags": {"list": None}}, {"id": 3, "tags": {}}]
    outcome = await run("data.filter", {"rules": [rule("tags.list", comparison, value)]}, items)
    assert [item["id"] for item in outcome.value] == ids


async def test_a_text_that_is_a_number_counts_as_one_for_greater_and_less(run: Any) -> None:
    outcome = await run("data.filter", {"rules": [rule("n", "less", 10)]}, [{"n": "9"}, {"n": "10"}, {"n": 2}])
    assert outcome.value == [{"n": "9"}, {"n": 2}]


async def test_any_rule_and_the_condition_besides(run: Any) -> None:
    config = {"rules": [rule("a", "exists"), rule("b", "exists")], "match": "any", "condition": "index < 2"}
    outcome = await run("data.filter", config, [{"a": 1}, {"c": 1}, {"b": 1}])
    assert outcome.value == [{"a": 1}]


async def test_more_items_than_one_breath(run: Any) -> None:
    outcome = await run("data.filter", {"condition": "item % 1000 == 0"}, list(range(3000)))
    assert outcome.value == [0, 1000, 2000]


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({}, {"a": 1}, "ITEMS_INVALID"),
        ({}, [0] * 10_001, "TOO_MANY_ITEMS"),
        ({"rules": [rule("", "greater", 1)]}, [[1]], "NOT_COMPARABLE"),
        ({"rules": [rule("", "less", True)]}, [1], "NOT_COMPARABLE"),
        ({"rules": [rule("", "one_of", "abc")]}, ["a"], "RULE_INVALID"),
    ],
)
async def test_what_cannot_be_filtered_is_refused(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("data.filter", config, value)).code == code
