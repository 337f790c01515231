"""The part of JSON Schema that says what must come with an event: type, required, properties, items, enum."""

from __future__ import annotations

from app.sdk import Json
from blocks.flow._values import identity

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "null": (type(None),),
}  # fmt: skip


def mismatch(value: Json, schema: Json, place: str) -> str | None:
    """Where and how a value differs from a schema, in words without the value, or None. Other keywords are not looked at."""
    if not isinstance(schema, dict):
        return None
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    if names and not any(_is(value, name) for name in names):
        return f"{place} must be of type {' or '.join(str(name) for name in names)}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and identity(value) not in map(identity, allowed):
        return f"{place} must be one of the allowed values"
    if isinstance(value, dict):
        return _object_mismatch(value, schema, place)
    if isinstance(value, list):
        found = (mismatch(item, schema.get("items"), f"{place}[{number}]") for number, item in enumerate(value))
        return next((problem for problem in found if problem), None)
    return None


def _object_mismatch(value: dict[str, Json], schema: dict[str, Json], place: str) -> str | None:
    required, properties = schema.get("required"), schema.get("properties")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            return f"{place} lacks {name}"
    for name, child in properties.items() if isinstance(properties, dict) else ():
        if name in value and (problem := mismatch(value[name], child, f"{place}.{name}")):
            return problem
    return None


def _is(value: Json, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, TYPES.get(name, ()))
