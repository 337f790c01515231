"""Styles say nothing to nobody: what a rule names is somewhere in the pages or scripts, and so are the values that it takes."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SOURCES = chain(
    (ROOT / "templates").rglob("*.html"),
    (ROOT / "static" / "js").rglob("*.js"),
    (ROOT / "static" / "editor").rglob("*.js"),
    (ROOT / "app" / "web").rglob("*.py"),
)
WORDS = frozenset(re.findall(r"[\w-]+", "\n".join(path.read_text() for path in SOURCES)))
MADE_OF_PARTS = {"icon-running"}
"""Names that a template puts together."""


def rules(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def selectors(path: Path) -> str:
    """What stands before braces, without the texts that attributes are compared with."""
    found = (text for text in re.findall(r"([^{};]+)\{", rules(path)) if not text.strip().startswith("@"))
    return re.sub(r'"[^"]*"', "", "\n".join(found))


def in_script(attribute: str) -> str:
    """`data-some-name` as `dataset` has it."""
    return re.sub(r"-(\w)", lambda letter: letter[1].upper(), attribute.removeprefix("data-"))


@pytest.mark.parametrize("path", SHEETS, ids=[path.name for path in SHEETS])
def test_every_rule_is_for_something_that_there_is(path: Path) -> None:
    named = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors(path)))
    attributes = set(re.findall(r"\[([\w-]+)", selectors(path)))
    unknown = named - WORDS - MADE_OF_PARTS
    assert unknown | {name for name in attributes if not {name, in_script(name)} & WORDS} == set()


def test_values_are_defined_where_they_are_used_and_used_where_they_are_defined() -> None:
    everything = "\n".join(rules(path) for path in SHEETS)
    defined = set(re.findall(r"(--[\w-]+):", everything))
    assert defined == set(re.findall(r"var\((--[\w-]+)", everything))


@pytest.mark.parametrize("path", SHEETS, ids=[path.name for path in SHEETS])
def test_a_sheet_is_of_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
