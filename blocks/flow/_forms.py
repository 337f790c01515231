"""Small forms that people fill in: with a decision, or on a page of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal, TypeVar

from pydantic import Field, model_validator

from app.sdk import BlockError, Config, Json, is_file
from blocks.core._fields import when

FieldType = Literal["text", "multiline", "number", "boolean", "date"]
PageFieldType = Literal["text", "multiline", "email", "number", "boolean", "date", "choice", "file"]
LONGEST_OPTION = 200
WORDS = {
    "text": "text",
    "multiline": "text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-12-24",
    "email": "an e-mail address",
    "choice": "one of the choices",
    "file": "a file",
}
LOOKS_LIKE_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class FormField(Config):
    """One field of the form."""

    name: str = Field(
        title="Name",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=100,
        description="Letters, digits and underscores. Later blocks use it as form.name.",
    )
    type: FieldType = Field("text", title="Type", description="What may be filled in.")
    label: str = Field("", title="Label", max_length=200, description="What people read beside it. Left empty, it is the name.")
    required: bool = Field(False, title="Required", description="Whether it must be filled in.")


class PageField(FormField):
    """One field of a page that strangers fill in."""

    type: PageFieldType = Field("text", title="Type", description="What may be filled in.")  # type: ignore[assignment]
    options: list[str] = Field(
        default_factory=list,
        title="Choices",
        max_length=200,
        description="What there is to choose from.",
        json_schema_extra=when(type=["choice"]),
    )
    help: str = Field("", title="Help", max_length=1_000, description="Shown below the field.")

    @model_validator(mode="after")
    def _has_choices(self) -> PageField:
        if self.type == "choice" and not self.options:
            raise ValueError(f"The field {self.name} needs choices")
        if any(not option or len(option) > LONGEST_OPTION for option in self.options):
            raise ValueError(f"A choice of the field {self.name} must have 1 to {LONGEST_OPTION} characters")
        return self


F = TypeVar("F", bound=FormField)


def check_names(fields: list[F]) -> list[F]:
    """The fields, when each name is there once. ValueError in plain words."""
    names = [field.name for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has the name {name} twice")
    return fields


def read_form(fields: Sequence[FormField], filled_in: Json) -> dict[str, Json]:
    """What was filled in: every field of the form, null where it was left out, and nothing else.

    BlockError FORM_INVALID names every field that is missing or of a wrong type.
    """
    given = filled_in if isinstance(filled_in, dict) else {}
    values = {field.name: None if given.get(field.name) == "" else given.get(field.name) for field in fields}
    problems = [problem for field in fields if (problem := _problem(field, values[field.name]))]
    if problems:
        raise BlockError("FORM_INVALID", "; ".join(problems), retryable=False)
    return values


def _problem(field: FormField, value: Json) -> str | None:
    if value is None:
        return f"`{field.name}` is needed" if field.required else None
    return None if _fits(value, field) else f"`{field.name}` must be {WORDS[field.type]}"


def _fits(value: Json, field: FormField) -> bool:
    kind: str = field.type
    match kind:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and _is_date(value)
        case "email":
            return isinstance(value, str) and LOOKS_LIKE_EMAIL.fullmatch(value) is not None
        case "choice":
            return isinstance(field, PageField) and value in field.options
        case "file":
            return is_file(value)
    return isinstance(value, str)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
