"""The small form that people fill in with a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from app.sdk import BlockError, Config, Json

FieldType = Literal["text", "multiline", "number", "boolean", "date"]
WORDS = {
    "text": "text",
    "multiline": "text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-12-24",
}


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


def check_names(fields: list[FormField]) -> list[FormField]:
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
    return None if _fits(value, field.type) else f"`{field.name}` must be {WORDS[field.type]}"


def _fits(value: Json, wanted: FieldType) -> bool:
    match wanted:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and _is_date(value)
        case "text" | "multiline":
            return isinstance(value, str)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
