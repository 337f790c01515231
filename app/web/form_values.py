"""Single values of a form: how one is shown as text, and how typed text becomes a value again."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from app.describe import FormField
from app.engine.values import MAX_DEPTH, depth_exceeds
from app.sdk import Json

TEXT_KINDS: Final = frozenset(
    {"text", "multiline", "code", "expression", "secret", "webhook_id", "page_id", "workflow", "credential", "choice", "cron"}
)
CONTAINER_KINDS: Final = frozenset({"list", "pairs", "object"})


class _Absent:
    """Stands for a key that a configuration does not have, as None is a value."""


ABSENT: Final = _Absent()


def is_scalar_list(form_field: FormField) -> bool:
    """True for a list of texts or numbers, false for a list of objects."""
    return len(form_field.fields) == 1 and not form_field.fields[0].name


def lines(text: str) -> str:
    """The text with the line ends that it had before a browser sent it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def shown(kind: str, value: Json) -> str:
    """The text that stands in the input for a value; `read_scalar` gives the value back."""
    if value is ABSENT or (value is None and kind != "json"):
        return ""
    if isinstance(value, str):
        # A string that would be read as JSON needs its quotes to stay a string.
        return json.dumps(value, ensure_ascii=False) if kind == "json" and parses(value) else value
    if kind == "json" and isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return json.dumps(value, ensure_ascii=False)


def read_scalar(form_field: FormField, text: str, before: Json) -> Json:
    """The value of a typed text; text that does not fit the kind stays text, for validation to report. May be ABSENT."""
    kind = form_field.kind
    if before is ABSENT:
        # Untouched switches and choices show their default; saving it would make every edit change every field.
        usual = form_field.default if form_field.default is not None else ABSENT
        if kind in ("switch", "choice", "cron") and text == shown(kind, usual):
            return ABSENT
    elif text == shown(kind, before):
        return before
    if text == "":
        return "" if form_field.required and kind in TEXT_KINDS else ABSENT
    if kind == "integer":
        return int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,300}\s*", text) else text
    if kind == "number":
        return _number(text)
    if kind == "switch":
        return {"true": True, "false": False}.get(text, text)
    if kind == "choice":
        return next((choice for choice in choice_values(form_field) if shown("choice", choice) == text), text)
    return json_or_text(text) if kind == "json" else text


def choice_values(form_field: FormField) -> tuple[Json, ...]:
    """The values that a choice field offers."""
    return tuple(form_field.choices or ())


def json_or_text(text: str) -> Json:
    """The value of a JSON text, or the text itself where it is not JSON."""
    try:
        return _parse(text)
    except (ValueError, RecursionError):
        return text


def parses(text: str) -> bool:
    """Whether the text is JSON."""
    try:
        _parse(text)
    except (ValueError, RecursionError):
        return False
    return True


def json_problem(value: Json) -> str | None:
    """What to tell a person whose text looks like JSON but is not; None when there is nothing to tell."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")) or value.lstrip().startswith("{{"):
        return None
    try:
        _parse(value)
    except json.JSONDecodeError as error:
        advice = " Put {{ }} between quotes." if "{{" in value else ""
        return f"Line {error.lineno}, column {error.colno}: this is not valid JSON, so it is used as plain text.{advice}"
    except (ValueError, RecursionError):
        return "This is not valid JSON, so it is used as plain text."
    return None


def _parse(text: str) -> Any:
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    if depth_exceeds(value, MAX_DEPTH):
        raise ValueError(f"JSON is nested deeper than {MAX_DEPTH} levels")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("The number is too large")
    return number


def _number(text: str) -> Json:
    stripped = text.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,300}", stripped):
        return int(stripped)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", stripped):
        number = float(stripped)
        return number if math.isfinite(number) else text
    return text
