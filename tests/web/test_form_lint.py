"""What is told of code before it runs."""

from __future__ import annotations

import pytest

from app.catalog import Catalog
from app.web.form_lint import code_problems


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return 1 +", "Code: line 1: invalid syntax"),
        ("a = 1\nif a:\nreturn a", "Code: line 3: expected an indented block after 'if' statement on line 3"),
        ("import json\nimport uuid", "Code: line 2: `uuid` cannot be imported here"),
        ("import re\nreturn re.sub('a(.)', r'\\1x', 'ab')", r"Code: line 2: `\1` in what re.sub puts in"),
        ("def f():\n    yield 1", "Code: line 2: `yield` does not work here"),
        ("x = '\0'", "Code: line "),
        ("(" * 500, "Code: "),
    ],
)
def test_what_cannot_run_is_told_with_its_line(code: str, message: str) -> None:
    (found,) = code_problems("code", {"code": code})
    assert found.field == "code"
    assert found.message.startswith(message)


FINE = ("return 1", "output = [1]\nprint(output)", 'return """a\n  b"""', "", "import re\nreturn re.sub('a', 'b', 'c')")


@pytest.mark.parametrize("code", FINE)
def test_what_can_run_has_no_problem(code: str) -> None:
    assert code_problems("code", {"code": code}) == []


def test_no_example_has_a_problem() -> None:
    block = Catalog.load().get("code")
    assert block is not None
    assert [code_problems("code", example.config) for example in block.examples if code_problems("code", example.config)] == []


def test_other_languages_are_left_alone() -> None:
    assert code_problems("data.sql", {"code": "SELECT 1 FROM"}) == []
