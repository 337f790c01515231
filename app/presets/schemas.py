"""A JSON Schema that fits a sample, so that the data tree knows an output before the first run."""

from __future__ import annotations

from app.sdk import Json


def schema_of_value(value: Json) -> dict[str, Json]:
    """The types and fields of a value; of a list those of its first entry."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": schema_of_value(value[0])} if value else {"type": "array"}
        case dict():
            return {"type": "object", "properties": {name: schema_of_value(child) for name, child in value.items()}}
    return {"description": "Any value, or nothing."}
