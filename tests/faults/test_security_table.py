"""Every rule of SECURITY.md names the tests that attack it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.test_promises_table import found_in

TEXT = (Path(__file__).parents[2] / "SECURITY.md").read_text()


def rules() -> list[tuple[str, list[str]]]:
    """Each rule with the tests that it names."""
    table = TEXT.partition("| rule | test |")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return [(rule.strip(), re.findall(r"`([^`]+)`", named)) for rule, named in rows]


def test_every_rule_names_a_test() -> None:
    assert len(rules()) > 30
    assert [rule for rule, named in rules() if not named] == []


def test_every_test_that_is_named_is_there() -> None:
    named = [test.partition("::") for _, tests in rules() for test in tests]
    assert [f"{path}::{name}" for path, _, name in named if name not in found_in(path)] == []
