"""Patterns: groups, flags, limits, and patterns by which other engines hang."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("config", "text", "wanted"),
    [
        ({"operation": "replace", "pattern": "a", "replacement": r"[\g<0>]", "limit": 2}, "aaa", "[a][a]a"),
        ({"operation": "replace", "pattern": r"(?P<y>\d+)", "replacement": r"<\g<y>>"}, "in 2026", "in <2026>"),
        ({"operation": "split", "pattern": "(,)", "limit": 1}, "a,b,c", ["a", ",", "b,c"]),
        ({"operation": "test", "pattern": "^b$", "multiline": True}, "a\nb\nc", True),
        ({"operation": "test", "pattern": "A.B", "ignore_case": True, "dot_all": True}, "a\nb", True),
        ({"operation": "test", "pattern": "a.b"}, "a\nb", False),
        ({"operation": "test", "pattern": "^ü{2}$"}, "üü", True),
        ({"operation": "test", "pattern": "5"}, 456, True),
    ],
    ids=str,
)
async def test_a_pattern(run: Any, config: dict[str, Json], text: Json, wanted: Json) -> None:
    assert (await run("data.regex", config, text)).value == wanted


async def test_places_are_counted_in_letters_and_groups_may_be_missing(run: Any) -> None:
    outcome = await run("data.regex", {"operation": "all", "pattern": "(?P<x>b)|(c)"}, "üb c")
    assert outcome.value == [
        {"match": "b", "start": 1, "end": 2, "groups": ["b", None], "named": {"x": "b"}},
        {"match": "c", "start": 3, "end": 4, "groups": [None, "c"], "named": {"x": None}},
    ]


async def test_nothing_found(run: Any) -> None:
    assert (await run("data.regex", {"pattern": "x"}, "a")).value is None
    outcome = await run("data.regex", {"pattern": "x", "operation": "all"}, "a")
    assert (outcome.value, outcome.ports) == ([], ("output", "not_found"))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"])
async def test_a_pattern_that_hangs_other_engines(run: Any, pattern: str) -> None:
    outcome = await run("data.regex", {"pattern": pattern, "operation": "test"}, "a" * 50_000 + "!")
    assert outcome.value is False


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"pattern": "("}, "pattern"),
        ({"pattern": "(?=a)"}, "pattern"),
        ({"pattern": r"(a)\1"}, "pattern"),
        ({"pattern": "a{1000}{1000}"}, "pattern"),
        ({"pattern": "a", "operation": "replace", "replacement": r"\9"}, "replacement"),
    ],
)
async def test_a_pattern_that_is_none(refused: Any, config: dict[str, Json], field: str) -> None:
    error = await refused("data.regex", config, "a")
    assert (error.code, f"`{field}`" in error.message) == ("PATTERN_INVALID", True)


async def test_too_many_places(refused: Any) -> None:
    assert (await refused("data.regex", {"pattern": "a", "operation": "all"}, "a" * 10_001)).code == "TOO_MANY_ITEMS"
