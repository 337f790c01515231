"""Fields of items, by name or by a path with dots such as `customer.name` or `lines.0.price`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import Json

MISSING = object()
"""Where there is no such field."""

FieldName = Annotated[str, Field(min_length=1, max_length=500)]


def find(item: Json, path: str) -> object:
    """What stands at a path, or MISSING. An empty path is the item itself; a field whose name has dots comes first."""
    if not path:
        return item
    if isinstance(item, dict) and path in item:
        return item[path]
    value: object = item
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def get(item: Json, path: str) -> Json:
    """What stands at a path, or None."""
    value = find(item, path)
    return None if value is MISSING else value


def last_name(path: str) -> str:
    """The name of the field that a path leads to."""
    return path.rpartition(".")[2]
