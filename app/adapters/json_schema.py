"""JSON Schema: the check of what a model answers and of what it gives to tools. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.sdk import BlockError, Json
from app.sdk.lazy import lazy

if TYPE_CHECKING:
    import jsonschema_rs
else:
    jsonschema_rs = lazy("jsonschema_rs")

MAX_PROBLEM = 300


class Schema:
    """A JSON Schema ready for use. Raises BlockError SCHEMA naming `place` when it is none."""

    def __init__(self, schema: Mapping[str, Json], place: str) -> None:
        try:
            self._validator = jsonschema_rs.validator_for(dict(schema), retriever=_deny)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
            reason = str(getattr(error, "message", error)).partition("\n")[0][:MAX_PROBLEM]
            raise BlockError("SCHEMA", f"{place} is not a JSON Schema that can be used: {reason}", retryable=False) from None

    def problem(self, value: Json) -> str | None:
        """Where and how a value differs from the schema, without repeating the value; None when it fits."""
        error = next(self._validator.iter_errors(value), None)
        if error is None:
            return None
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        return f"{place or 'it'}: {_words(error)}"[:MAX_PROBLEM]


def _words(error: jsonschema_rs.ValidationError) -> str:
    details: Any = error.kind
    match error.kind.name:
        case "required":
            return f"`{details.property}` is missing"
        case "type":
            types = details.types if hasattr(details, "types") else ()
            return f"must be of type {' or '.join(types)}" if types else "has the wrong type"
        case "additionalProperties":
            return f"must not have {', '.join(f'`{name}`' for name in details.unexpected)}"
        case "enum" | "const":
            return "must be one of the allowed values"
        case name:
            return f"does not fit `{name}`"


def _deny(uri: str) -> Json:
    raise ValueError("it refers to another document, and none is ever fetched")
