"""What may be typed into the form of a credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from app.services.credential_types import TYPES, CredentialField, CredentialType
from app.services.errors import invalid

MAX_LENGTH: Final = 20_000


def checked_type(name: str) -> CredentialType:
    if name not in TYPES:
        raise invalid(f"`type` must be one of {', '.join(TYPES)}.", [{"field": "type", "message": "Choose a type."}])
    return TYPES[name]


def referring(type: CredentialType) -> CredentialType:
    """The same type with references in the place of secrets: single lines, whatever stands behind them."""
    fields = tuple(
        replace(field, multiline=False, choices=(), is_url=False, default="") if field.secret else field for field in type.fields
    )
    return replace(type, fields=fields)


def checked_data(type: CredentialType, data: Mapping[str, str]) -> dict[str, str]:
    """The fields of a type and no others. Raises 400 with every problem; values are never repeated."""
    known = {field.name for field in type.fields}
    problems = [{"field": f"data.{name[:50]}", "message": "is no field of this type"} for name in data if name not in known]
    checked = {}
    for field in type.fields:
        text = data.get(field.name, "")
        text = text.strip() if not field.secret else text
        text = text or field.default
        problem = _problem(field, text)
        if problem:
            problems.append({"field": f"data.{field.name}", "message": problem})
        elif text:
            checked[field.name] = text
    if problems:
        first = problems[0]
        raise invalid(f"`{first['field']}`: {first['message']}", problems)
    return checked


def _problem(field: CredentialField, text: str) -> str:
    if not text:
        return "Fill this in." if field.required else ""
    if len(text) > MAX_LENGTH:
        return f"This is too long: at most {MAX_LENGTH} characters."
    if not field.multiline and field.name != "value" and any(mark in text for mark in "\r\n\0"):
        return "Enter a single line."
    if field.choices and text not in field.choices:
        return f"Choose one of {', '.join(field.choices)}."
    if field.name == "port" and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        return "Enter a port between 1 and 65535."
    if field.is_url and not _is_address(text, any_scheme=field.name == "url"):
        return "Enter a whole address such as https://example.com/path."
    return ""


def _is_address(text: str, *, any_scheme: bool) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # it is read late, and may be none
    except ValueError:
        return False
    return bool(parts.hostname) and (any_scheme or parts.scheme in ("http", "https"))
