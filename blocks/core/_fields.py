"""What the configurations of several blocks have in common.

A field that is exactly one placeholder keeps the value's own type, so a text field may receive any JSON.
"""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator

from app.sdk import Json, kind


def as_text(value: Json) -> str:
    """The text of a value, as it would appear inside a longer text: null is empty, lists and objects are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def cut(text: str, length: int = 500) -> str:
    """At most `length` characters of a text, for messages."""
    return text if len(text) <= length else f"{text[:length]}…"


ADVANCED: dict[str, Json] = {"advanced": True}
"""Marks a field that the form shows folded."""


def when(**choices: list[Json]) -> dict[str, Json]:
    """Marks a field that the form shows only while other fields have one of these values."""
    return {"when": choices}


Text = Annotated[str, BeforeValidator(as_text)]
LongText = Annotated[str, BeforeValidator(as_text), kind("multiline")]
