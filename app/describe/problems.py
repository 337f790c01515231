"""What is wrong with a configuration, in words for people who do not program."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.describe.fields import FormField, form
from app.sdk import LITERAL_KINDS, Block, Json

TEMPLATE = re.compile(r"\{\{|\$\{|<[A-Za-z_][\w-]*(?:\.[\w-]+)+>")
"""A text that is filled in at run time: `{{ ... }}`, `${NAME}`, or `<block.output.name>`."""

WORDS: Mapping[str, str] = {
    "missing": "is needed",
    "extra_forbidden": "is not a setting of this block",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be yes or no",
    "bool_parsing": "must be yes or no",
    "list_type": "must be a list",
    "dict_type": "must be an object of names and values",
    "model_type": "must be an object of names and values",
    "model_attributes_type": "must be an object of names and values",
    "string_pattern_mismatch": "has characters that are not allowed here",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
}


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One finding: `field` is its dotted path in the configuration, `message` begins with the field's title."""

    field: str
    message: str


def validate_config(block: Block, raw: Mapping[str, Json]) -> list[ConfigProblem]:
    """All problems of a configuration as a person wrote it. Where a template stands, any value may come."""
    try:
        block.config.model_validate(dict(raw))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        fields = form(block)
        return [_problem(fields, detail) for detail in found if not _is_template(fields, raw, detail["loc"])]
    return []


def _is_template(fields: Sequence[FormField], raw: Json, location: Sequence[int | str]) -> bool:
    """True when a template stands at this place or round it, in a field that is not itself source text."""
    kinds = [field.kind if field else "" for field in _path(fields, location)]
    value = raw
    for part, kind in zip(location, kinds, strict=True):
        value = _child(value, part)
        if isinstance(value, str):
            return kind not in LITERAL_KINDS and TEMPLATE.search(value) is not None
    return False


def _child(value: Json, part: int | str) -> Json:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _problem(fields: Sequence[FormField], detail: Mapping[str, Any]) -> ConfigProblem:
    location = detail["loc"]
    return ConfigProblem(".".join(str(part) for part in location), f"{_place(fields, location)}: {_words(detail)}")


def _place(fields: Sequence[FormField], location: Sequence[int | str]) -> str:
    """`Branches 2, Condition` for ("branches", 1, "expression")."""
    names: list[str] = []
    for part, field in zip(location, _path(fields, location), strict=True):
        if isinstance(part, int) and names:
            names[-1] += f" {part + 1}"
        else:
            names.append(field.title if field and field.title else str(part))
    return ", ".join(names) or "Configuration"


def _path(fields: Sequence[FormField], location: Sequence[int | str]) -> list[FormField | None]:
    """The form field at each part of a location; None where a part is no field, as the name of a pair."""
    path: list[FormField | None] = []
    within: Sequence[FormField] = fields
    for part in location:
        if isinstance(part, int):
            plain = within[0] if len(within) == 1 and not within[0].name else None
            path.append(plain)
            continue
        field = next((field for field in within if field.name == part), None)
        path.append(field)
        within = field.fields if field else ()
    return path


def _words(detail: Mapping[str, Any]) -> str:
    kind, context = detail["type"], _numbers(detail.get("ctx", {}))
    if kind == "value_error":
        return str(context["error"])
    if kind in ("string_too_short", "too_short") and context["min_length"] == 1:
        return "is needed"
    if kind == "string_too_short":
        return f"must have at least {context['min_length']} characters"
    template = WORDS.get(kind)
    return template.format(**context) if template else "is not valid"


def _numbers(context: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers without the `.0` that bounds of float fields carry."""
    return {name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in context.items()}
