"""Checking data against a JSON Schema in a worker process. Nothing is ever fetched."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from app.sdk import BlockError, Json

MAX_ERRORS = 100
LONGEST_MESSAGE = 300
BOOLEANS = {"true": True, "false": False}


def run(schema: Json, data: Json, coerce: bool) -> dict[str, Json]:
    """`{"value", "errors": [{"path", "rule", "message"}]}`; messages never repeat the data."""
    try:
        validator = jsonschema_rs.validator_for(schema, retriever=_deny, validate_formats=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
        reason = str(getattr(error, "message", error)).partition("\n")[0][:LONGEST_MESSAGE]
        raise BlockError("SCHEMA", f"field `json_schema`: this is not a JSON Schema that can be used: {reason}") from None
    value = _coerced(data, schema) if coerce else data
    errors: list[Json] = []
    for found in validator.iter_errors(value):
        errors.append(_told(found))
        if len(errors) == MAX_ERRORS:
            break
    return {"value": value, "errors": errors}


def _deny(uri: str) -> Json:
    raise ValueError("it refers to another document, and none is ever fetched")


def _told(error: jsonschema_rs.ValidationError) -> dict[str, Json]:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    return {"path": path, "rule": error.kind.name, "message": f"{path or 'the data'} {_words(error.kind)}"[:LONGEST_MESSAGE]}


LIMITS = {
    "minimum": "must be at least {limit}", "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be more than {limit}", "exclusiveMaximum": "must be less than {limit}",
    "minLength": "must have at least {limit} characters", "maxLength": "must have at most {limit} characters",
    "minItems": "must have at least {limit} entries", "maxItems": "must have at most {limit} entries",
}  # fmt: skip


def _words(kind: Any) -> str:
    match kind.name:
        case "required":
            return f"lacks {kind.property}"
        case "type":
            return f"must be of type {' or '.join(getattr(kind, 'types', ())) or 'another kind'}"
        case "additionalProperties":
            return f"must not have {', '.join(kind.unexpected)}"
        case "enum" | "const":
            return "must be one of the allowed values"
        case "format":
            return f"must be a valid {kind.format}"
        case name if name in LIMITS:
            return LIMITS[name].format(limit=kind.limit)
        case name:
            return f"does not fit {name}"


def _coerced(value: Json, schema: Json) -> Json:
    """Texts as the numbers and truth values that the schema asks for at their place."""
    if not isinstance(schema, dict):
        return value
    if isinstance(value, dict) and isinstance(properties := schema.get("properties"), dict):
        return {name: _coerced(child, properties.get(name)) for name, child in value.items()}
    if isinstance(value, list):
        return [_coerced(child, schema.get("items")) for child in value]
    return _as_type(value, schema.get("type")) if isinstance(value, str) else value


def _as_type(text: str, wanted: Json) -> Json:
    if wanted == "boolean":
        return BOOLEANS.get(text.strip().lower(), text)
    try:
        match wanted:
            case "integer":
                return int(text)
            case "number":
                return int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        return text
    return text
