"""The difference between two lists, and tables."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


async def test_a_field_that_is_null_is_not_one_that_is_missing(run: Any) -> None:
    config = {"before": [{"id": 1, "a": None, "b": 1}], "after": [{"id": 1, "b": 1.0, "c": 2}], "keys": ["id"]}
    assert (await run("data.compare", config)).value["changed"][0]["fields"] == ["a", "c"]


async def test_without_keys_items_are_only_added_or_removed(run: Any) -> None:
    outcome = await run("data.compare", {"before": [1, 2, 2], "after": [2, 3]})
    assert outcome.value == {"added": [3], "removed": [1], "changed": [], "same": 1}
    assert outcome.ports == ("output", "different")


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"before": [{"id": 1}, {"id": 1.0}], "after": [], "keys": ["id"]}, "KEY_NOT_UNIQUE"),
        ({"before": {}, "after": []}, "ITEMS_INVALID"),
        ({"before": [], "after": [0] * 10_001}, "TOO_MANY_ITEMS"),
    ],
    ids=["twice", "no list", "too many"],
)
async def test_what_cannot_be_compared(refused: Any, config: dict[str, Json], code: str) -> None:
    assert (await refused("data.compare", config)).code == code


@pytest.mark.parametrize(
    ("config", "value", "wanted", "port"),
    [
        ({"table": {"7": "a"}}, 7.0, "a", "found"),
        ({"table": {"DE": 1}, "ignore_case": True}, "de", 1, "found"),
        ({"table": {"DE": 1}}, "de", None, "not_found"),
        ({"table": {"DE": None}, "default": 5}, "DE", None, "found"),
        ({"table": [{"id": 1, "x": {"y": 2}}, {"id": 1}, {"y": 1}], "value_field": "x.y"}, "1", 2, "found"),
        ({"table": [{"id": 1}]}, 1, {"id": 1}, "found"),
    ],
    ids=str,
)
async def test_a_table(run: Any, config: dict[str, Json], value: Json, wanted: Json, port: str) -> None:
    outcome = await run("data.lookup", config, value)
    assert (outcome.value, outcome.ports) == (wanted, ("output", port))


async def test_a_table_must_be_one(refused: Any) -> None:
    assert (await refused("data.lookup", {"table": "a"}, 1)).code == "TABLE_INVALID"
