"""Every rule of the engine names the tests that try to break it, and they are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = (TESTS.parent / "docs" / "promises.md").read_text()


def rules() -> list[tuple[str, list[str]]]:
    """Each row's rule with the tests that it names."""
    rows = [line.strip("|").split("|") for line in TABLE.splitlines() if line.startswith("|")]
    return [(rule.strip(), re.findall(r"`([^`]+)`", named)) for rule, named in rows if rule.strip() not in ("rule", "---")]


@cache
def found_in(path: str) -> frozenset[str]:
    """The tests of a module, those of its classes with the name of the class."""
    file = TESTS / path
    if not file.is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        functions = (one.name for one in inside if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        found.update(f"{prefix}{name}" for name in functions if name.startswith("test_"))
    return frozenset(found)


def test_every_rule_names_a_test() -> None:
    assert len(rules()) > 80
    assert [rule for rule, named in rules() if not named] == []


def test_every_test_that_is_named_is_there() -> None:
    named = [test.partition("::") for _, tests in rules() for test in tests]
    assert [f"{path}::{name}" for path, _, name in named if name not in found_in(path)] == []


def test_every_promise_and_every_failure_elsewhere_has_its_row() -> None:
    told = [rule for rule, _ in rules()]
    assert {rule[0] for rule in told if rule[:2].rstrip().isdigit()} == set("123456789")
    assert sum(bool(re.match(r"(n8n|activepieces|kestra|windmill|dbos|celery|node-red|Powabase)", rule)) for rule in told) == 12
