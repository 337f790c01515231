"""Pure: what people are asked, by an approval or on a page of its own, and whether what they fill in fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.sdk import Json, is_file
from app.services.errors import invalid

MAX_ANSWER = 20_000
WORDS = {
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-12-24",
    "email": "an e-mail address",
    "choice": "one of the choices",
    "file": "a file",
}
LOOKS_LIKE_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class FormField(BaseModel):
    """One thing to fill in. A `type` that is not known here is a text."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str = "text"
    label: str = ""
    required: bool = False


class PageField(FormField):
    """One thing to fill in on a page of its own."""

    options: tuple[str, ...] = ()
    help: str = ""


class Question(BaseModel):
    """What a gate, or any other block that waits for people, wants them to decide."""

    model_config = ConfigDict(frozen=True)

    title: str = ""
    description: str = ""
    assignees: tuple[str, ...] = ()
    n_of_m: int = Field(1, ge=1)
    form: tuple[FormField, ...] = ()
    timeout: float | None = None
    default: str | None = None

    def is_for(self, *names: str) -> bool:
        """Whether a person with these names (username, e-mail) may decide."""
        wanted = {assignee.strip().casefold() for assignee in self.assignees}
        return not wanted or any(name.casefold() in wanted for name in names if name)


def read_question(data: Json) -> Question:
    """A block's question; what does not fit is left out, because people must be able to decide all the same."""
    given = data if isinstance(data, dict) else {}
    kept: dict[str, Json] = {}
    for name in Question.model_fields:
        if given.get(name) is not None:
            try:
                Question.model_validate({name: given[name]})
            except ValidationError:
                continue
            kept[name] = given[name]
    return Question.model_validate(kept)


def read_answers(fields: Sequence[FormField], given: Json, *, complete: bool) -> dict[str, Json]:
    """The answers to the form's fields; `complete` asks for all that are required. Raises 400 naming each field."""
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise invalid("`form` must be an object.", [{"field": "form", "message": "must be an object"}])
    known = {field.name for field in fields}
    problems = [(name, "is no field of this form") for name in given if name not in known]
    answers = {field.name: given[field.name] for field in fields if given.get(field.name) not in (None, "")}
    for field in fields:
        problem = _problem(field, answers.get(field.name), complete)
        if problem:
            problems.append((field.name, problem))
    if problems:
        message = "; ".join(f"`{name[:100]}` {problem}" for name, problem in problems[:20])
        details = [{"field": f"form.{name[:100]}", "message": problem} for name, problem in problems[:100]]
        raise invalid(f"The form: {message}.", details)
    return answers


def _problem(field: FormField, value: Json, complete: bool) -> str:
    if value is None:
        return "is needed" if field.required and complete else ""
    if not _fits(field, value):
        return f"must be {WORDS.get(field.type, 'a text')}"
    return f"may have {MAX_ANSWER:,} characters" if isinstance(value, str) and len(value) > MAX_ANSWER else ""


def _fits(field: FormField, value: Json) -> bool:
    match field.type:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "file":
            return is_file(value)
        case "choice":
            return isinstance(field, PageField) and value in field.options
        case "email":
            return isinstance(value, str) and LOOKS_LIKE_EMAIL.fullmatch(value) is not None
        case "date":
            return isinstance(value, str) and _is_date(value)
    return isinstance(value, str)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
