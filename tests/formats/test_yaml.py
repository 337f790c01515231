"""Reading and writing YAML: what is written is read back, and what could surprise is refused with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.text import NotReadable
from app.formats.yaml import MAX_CHARACTERS, read_yaml, write_yaml
from app.sdk import Json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=20), children, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_what_is_written_is_read_back(value: Json) -> None:
    assert read_yaml(write_yaml(value)).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: yes", {"on": "yes"}),
        ("d: 2020-01-01", {"d": "2020-01-01"}),
        ("n: [1, 0o17, 0xff, -2.5e3, ~, true]", {"n": [1, 15, 255, -2500.0, None, True]}),
        ("v: '12'", {"v": "12"}),
        ("t: |\n  one\n  two\n", {"t": "one\ntwo\n"}),
        ("", None),
        ("1: a", {"1": "a"}),
    ],
    ids=["words", "date", "numbers", "quoted", "block", "empty", "number as name"],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Json) -> None:
    assert read_yaml(text).value == value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: &x 2", 2, "anchors"),
        ("a: *x", 1, "aliases"),
        ("a:\n  - !!python/object/apply:os.system [x]", 2, "tags"),
        ("a: 1\nb: 2\na: 3", 3, "stands here twice"),
        ("a: 1\n---\nb: 2", 2, "only one document"),
        ("a: .nan", 1, "cannot be expressed"),
        ("a:\n\t- b", 2, "cannot start any token"),
        ("? [a]\n: b", 1, "must be a text"),
        ("[" * 60 + "]" * 60, 1, "nested deeper"),
        ("a" * (MAX_CHARACTERS + 1), 1, "characters"),
    ],
    ids=["anchor", "alias", "tag", "twice", "documents", "nan", "tab", "name", "deep", "long"],
)
def test_what_could_surprise_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(NotReadable) as refused:
        read_yaml(text)
    assert refused.value.problems[0].line == line
    assert message in refused.value.problems[0].message


def test_a_bomb_of_aliases_costs_nothing() -> None:
    levels = zip("abcdef", "bcdefg", strict=True)
    text = "a: &a [x,x,x,x,x,x]\n" + "".join(f"{name}: &{name} [*{of},*{of},*{of}]\n" for of, name in levels)
    with pytest.raises(NotReadable):
        read_yaml(text)
