"""Conditions as rules, cron lines as choices: what is written comes back, and what they cannot say is left alone."""

from __future__ import annotations

import pytest

from app.describe.cron import CronChoice, choice_of, posted_choice
from app.describe.rules import Rule, Rules, rules_of


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("input.total > 9 and input.country == 'DE'", [("{{ input.total }}", "gt", "9"), ("{{ input.country }}", "eq", "DE")]),
        ("a['b c'].d != null", [("{{ a['b c'].d }}", "something", "")]),
        ('not contains(x.tags, "a") or len(x.y) == 0', [("{{ x.tags }}", "lacks", "a"), ("{{ x.y }}", "empty", "")]),
        ("x.n == -3", [("{{ x.n }}", "eq", "-3")]),
        ("x.text == '12'", [("{{ x.text }}", "eq", '"12"')]),
        ("x.ok == True", [("{{ x.ok }}", "yes", "")]),
        ("starts_with(x.a, y.b)", [("{{ x.a }}", "starts", "{{ y.b }}")]),
        ("x.a == ''", [("{{ x.a }}", "eq", '""')]),
    ],
)
def test_an_expression_becomes_rules_that_say_the_same(source: str, rules: list[tuple[str, str, str]]) -> None:
    found = rules_of(source)
    assert found is not None
    assert [(rule.left, rule.operator, rule.right) for rule in found.rules] == rules
    assert rules_of(found.source) == found


@pytest.mark.parametrize(
    "source", ["x.a % 2 == 1", "a > b and (c or d)", "x.a.upper() == 'X'", "x.ok", "1 < x < 3", "x ==", "x[y] == 1", "(" * 5000]
)
def test_what_rules_cannot_say_stays_text(source: str) -> None:
    assert rules_of(source) is None


def test_rules_that_are_not_filled_in_are_left_out_and_strange_values_are_only_text() -> None:
    rules = Rules("or", (Rule("{{ a.b }}", "eq", 'x" or True or "'), Rule("", "eq", "x"), Rule("{{ c }}", "gt", "")))
    assert rules.source == 'a.b == "x\\" or True or \\""'
    assert Rules("and", (Rule("a or b", "eq", "1"),)).source == "(a or b) == 1"


@pytest.mark.parametrize(
    ("line", "choice"),
    [
        ("30 2 * * 1-5", CronChoice("week", time="02:30")),
        ("0 9 * * *", CronChoice("week", days=(1, 2, 3, 4, 5, 6, 0))),
        ("0 9 * * 1,3,7", CronChoice("week", days=(1, 3, 0))),
        ("*/15 * * * *", CronChoice("minutes", step=15)),
        ("5 * * * *", CronChoice("hour", minute=5)),
        ("0 0 31 * *", CronChoice("month", time="00:00", day=31)),
    ],
)
def test_a_cron_line_becomes_a_choice_that_says_the_same(line: str, choice: CronChoice) -> None:
    assert choice_of(line) == choice
    assert choice_of(choice.line) == choice


@pytest.mark.parametrize("line", ["0 9 1 1 *", "0 9 1 * 1", "61 * * * *", "0 9 * * MON", "@daily", "0 0-6 * * *"])
def test_what_choices_cannot_say_stays_a_line(line: str) -> None:
    assert choice_of(line) is None


def test_what_a_form_sends_wrong_has_its_default() -> None:
    assert posted_choice("never", "0", "99", "25:00", ["9"], "x") == CronChoice()
