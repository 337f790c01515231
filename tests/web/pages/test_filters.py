"""How values look on a page, and that none of them can become markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.sdk import Json
from app.web.pages import filters

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "just now"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (90_000, "1 day ago"),
        (-70, "in 1 minute"),
    ],
)
def test_a_moment_is_told_roughly(seconds: int, words: str) -> None:
    assert filters.ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_a_moment_long_past_is_told_by_its_day() -> None:
    assert filters.ago(NOW - timedelta(days=59), NOW) == "1 Jan 2026"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "–"),
        (0.42, "0.4 ms"),
        (17, "17 ms"),
        (1_500, "1.50 s"),
        (59_940, "59.9 s"),
        (61_000, "1 min 1 s"),
        (7_260_000, "2 h 1 min"),
    ],
)
def test_a_duration_is_as_exact_as_it_is_useful(milliseconds: float | None, words: str) -> None:
    assert filters.duration(milliseconds) == words


def test_long_json_is_cut_and_says_so() -> None:
    shown = filters.pretty_json(["ä" * 100] * 1_000)
    assert shown.cut
    assert len(shown.text.encode()) < 50_100
    assert not filters.pretty_json({"a": 1}).cut


def test_json_in_a_script_element_cannot_end_it() -> None:
    assert "<" not in filters.script_json({"name": "</script><!--", "b": "&"})


@pytest.mark.parametrize(
    ("error", "text"),
    [({"code": "X", "message": "Broken"}, "Broken"), ({"code": "X"}, "X"), ("plain", "plain"), ({"a": 1}, '{"a":1}')],
)
def test_an_error_of_any_shape_has_a_text(error: Json, text: str) -> None:
    assert filters.error_text(error) == text


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert filters.prose("Use `<b>` & more") == "Use <code>&lt;b&gt;</code> &amp; more"
    assert filters.prose("one ` only <b>") == "one ` only &lt;b&gt;"


@dataclass
class Light:
    state: str = "internal"
    enabled: bool = True
    armed_until: datetime | None = None


def test_the_state_light_shows_what_callers_meet() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=9, seconds=30)
    assert filters.state_light(Light()).state == "internal"
    assert filters.state_light(Light("deployed")).state == "deployed"
    assert filters.state_light(Light("deployed", enabled=False)).state == "disabled"
    assert filters.state_light(Light(armed_until=soon)).left.startswith("9:")
    assert filters.state_light(Light(armed_until=NOW)).state == "internal"


def test_a_page_link_keeps_what_is_searched_for() -> None:
    assert filters.with_query({"q": "a b", "sort": "", "page": 0}, page=2) == "q=a+b&page=2"


@pytest.mark.parametrize(("total", "words"), [(0, "0"), (9_999, "9,999"), (10_000, "10,000 or more")])
def test_very_many_are_not_counted(total: int, words: str) -> None:
    assert filters.counted(total) == words
