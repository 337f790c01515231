"""The part of JSON Schema that a model is asked to follow: type, properties, required, items, enum."""

from __future__ import annotations

from app.sdk import Json

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float),
    "null": (type(None),),
}  # fmt: skip


def mismatch(value: Json, schema: Json, place: str = "the answer") -> str | None:
    """Where and how a value differs from a schema, or None. Keywords other than those above are not looked at."""
    if not isinstance(schema, dict):
        return None
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} must be one of the allowed values"
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    if names and not any(_is(value, name) for name in names):
        return f"{place} must be of type {' or '.join(names)}"
    if isinstance(value, dict):
        return _object_mismatch(value, schema, place)
    if isinstance(value, list):
        found = (mismatch(item, schema.get("items"), f"{place}[{number}]") for number, item in enumerate(value))
        return next((problem for problem in found if problem), None)
    return None


def _object_mismatch(value: dict[str, Json], schema: dict[str, Json], place: str) -> str | None:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place} lacks {name}"
    for name, child in schema.get("properties", {}).items():
        if name in value and (problem := mismatch(value[name], child, f"{place}.{name}")):
            return problem
    return None


def _is(value: Json, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES.get(name, (object,)))
