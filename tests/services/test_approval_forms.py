"""What an approval asks, and whether what people fill in fits."""

from __future__ import annotations

import pytest

from app.sdk import Json
from app.services.approval_forms import FormField, Question, read_answers, read_question
from app.services.errors import ServiceError

FIELDS = (
    FormField(name="limit", type="number", required=True),
    FormField(name="sure", type="boolean"),
    FormField(name="day", type="date"),
    FormField(name="why", type="multiline"),
    FormField(name="colour", type="colour"),
)


def problems(given: Json, *, complete: bool = True) -> list[str]:
    with pytest.raises(ServiceError) as refused:
        read_answers(FIELDS, given, complete=complete)
    assert refused.value.status == 400
    return [problem["field"] for problem in refused.value.details]


def test_answers_that_fit_are_taken_as_they_are() -> None:
    given = {"limit": 0, "sure": False, "day": "2026-12-24", "why": "a\nb", "colour": "red"}
    assert read_answers(FIELDS, given, complete=True) == given


def test_what_was_left_empty_is_left_out() -> None:
    given = {"limit": 1, "sure": None, "day": "", "why": ""}
    assert read_answers(FIELDS, given, complete=True) == {"limit": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "1"),
        ("limit", True),
        ("sure", "true"),
        ("sure", 1),
        ("day", "tomorrow"),
        ("day", 20261224),
        ("why", ["a"]),
        ("why", "x" * 20_001),
        ("unknown", 1),
    ],
)
def test_an_answer_of_another_kind_is_named(field: str, value: Json) -> None:
    assert problems({"limit": 1, field: value}) == [f"form.{field}"]


def test_every_problem_is_named_at_once() -> None:
    assert problems({"sure": 1, "day": "x", "more": 1}) == ["form.more", "form.limit", "form.sure", "form.day"]


def test_a_rejection_needs_nothing_but_still_no_nonsense() -> None:
    assert read_answers(FIELDS, None, complete=False) == {}
    assert problems({"limit": "a lot"}, complete=False) == ["form.limit"]


def test_a_form_is_an_object() -> None:
    assert problems(["limit"]) == ["form"]


def test_a_question_that_is_odd_can_still_be_decided() -> None:
    odd = {"title": "Pay?", "n_of_m": "many", "assignees": 7, "form": [{"label": "no name"}], "description": None, "tool": {}}
    assert read_question(odd) == Question(title="Pay?")
    assert read_question("Pay?") == read_question(None) == Question()


def test_people_are_asked_by_username_or_email_whatever_the_case() -> None:
    question = Question(assignees=("Ada@Example.com ", "bo"))
    assert question.is_for("ada", "ada@example.com")
    assert question.is_for("Bo", "")
    assert not question.is_for("eve", "eve@example.com")
    assert Question().is_for("anybody")
    assert not Question(assignees=("",)).is_for("", "")
