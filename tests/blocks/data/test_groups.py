"""Aggregate, summarise, split out: groups of items and lists within them."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import Json

pytestmark = pytest.mark.anyio
PEOPLE = [{"id": 1, "at": {"city": "Köln"}}, {"id": 2.0, "at": {}}, {"id": None, "at": {"city": "Bonn"}}]


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"field": "at.city"}, ["Köln", "Bonn"]),
        ({"field": "nothing"}, []),
        ({"mode": "index", "key": "id", "field": "at"}, {"1": {"city": "Köln"}, "2.0": {}}),
        ({"mode": "group", "key": "at.city", "field": "id"}, {"Köln": [1], "Bonn": [None]}),
    ],
    ids=str,
)
async def test_one_thing_of_many(run: Any, config: dict[str, Json], wanted: Json) -> None:
    assert (await run("data.aggregate", config, PEOPLE)).value == wanted


@pytest.mark.parametrize("mode", ["index", "group"])
async def test_a_key_is_needed(run: Any, mode: str) -> None:
    with pytest.raises(ValidationError, match="a key is needed"):
        await run("data.aggregate", {"mode": mode}, [])


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        ("count", 3), ("sum", 0.6), ("average", 0.2), ("min", 0.1), ("max", 0.3), ("median", 0.2), ("stddev", 0.1),
        ("distinct", 3), ("first", 0.1), ("last", 0.3), ("concatenate", "0.1, 0.2, 0.3"),
    ],
)  # fmt: skip
async def test_a_function(run: Any, function: str, wanted: Json) -> None:
    items = [{"n": 0.1}, {"n": 0.2}, {"n": None}, {}, {"n": 0.3}]
    (line,) = (await run("data.summarize", {"summaries": [{"function": function, "field": "n", "name": "x"}]}, items)).value
    assert line["x"] == pytest.approx(wanted)


async def test_nothing_to_sum_up_is_one_line_and_no_group_is_none(run: Any) -> None:
    wanted = [{"function": "sum", "field": "n"}, {"function": "average", "field": "n"}, {"function": "count"}]
    assert (await run("data.summarize", {"summaries": wanted}, [])).value == [{"sum_n": 0, "average_n": None, "count": 0}]
    assert (await run("data.summarize", {"summaries": wanted, "group_by": ["a"]}, [])).value == []


async def test_groups_tell_true_from_one_and_whole_sums_stay_whole(run: Any) -> None:
    config = {"group_by": ["k"], "summaries": [{"function": "sum", "field": "n", "name": "n"}]}
    items = [{"k": 1, "n": 2**60}, {"k": True, "n": 1}, {"k": 1.0, "n": 1}, {"n": 5}]
    assert (await run("data.summarize", config, items)).value == [
        {"k": 1, "n": 2**60 + 1},
        {"k": True, "n": 1},
        {"k": None, "n": 5},
    ]


async def test_a_text_cannot_be_added_up(refused: Any) -> None:
    error = await refused("data.summarize", {"summaries": [{"field": "n"}]}, [{"n": 1}, {"n": "2"}])
    assert (error.code, "summaries.0" in error.message) == ("NOT_A_NUMBER", True)


ORDER = {"id": 7, "box": {"lines": [{"id": 1}, {"n": 2}], "by": "x"}, "tags": ["a"]}


@pytest.mark.parametrize(
    ("config", "value", "wanted"),
    [
        ({"field": "box.lines"}, ORDER, [{"id": 1}, {"n": 2}]),
        ({"field": "tags", "others": "chosen", "chosen": ["id", "box.by"]}, ORDER, [{"id": 7, "by": "x", "tags": "a"}]),
        (
            {"field": "tags", "others": "keep"},
            [{"id": 1, "tags": [5, 6]}, {"id": 2}],
            [{"id": 1, "tags": 5}, {"id": 1, "tags": 6}],
        ),
        ({"field": "a"}, {"a": {"x": 1, "y": 2}}, [{"key": "x", "value": 1}, {"key": "y", "value": 2}]),
        ({"field": "a"}, {"a": None}, []),
        ({"field": "a"}, 5, []),
    ],
    ids=str,
)
async def test_a_list_within(run: Any, config: dict[str, Json], value: Json, wanted: list[Json]) -> None:
    assert (await run("data.split_out", config, value)).value == wanted


async def test_what_is_no_list_is_refused(refused: Any) -> None:
    assert (await refused("data.split_out", {"field": "a"}, {"a": "text"})).code == "NOT_A_LIST"
    assert (await refused("data.split_out", {"field": "a"}, [{"a": [0] * 6_000}] * 2)).code == "TOO_MANY_ITEMS"
