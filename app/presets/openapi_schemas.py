"""The schemas of an OpenAPI description: references followed within it, types of fields, and values that fit. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Literal

from app.sdk import Json

MAX_DEPTH = 5
MAX_PROPERTIES = 60
MAX_STEPS = 20_000
"""Schemas of one description may be looked at so often; then they stay open."""
FieldType = Literal["text", "integer", "number", "boolean", "choice", "list", "object", "json", "file"]
SAMPLES: Mapping[str, Json] = {
    "date-time": "2026-05-01T09:00:00Z",
    "date": "2026-05-01",
    "email": "ada@example.com",
    "uri": "https://example.com",
}


class Schemas:
    """Follows references within one description."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document
        self._steps = 0
        self.elsewhere: set[str] = set()
        """References that lead out of the description, which nobody follows."""

    def found(self, value: Json) -> dict[str, Json]:
        """What stands at a reference, or the value itself; nothing for one that leads nowhere."""
        for _ in range(20):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._at(reference)
        return {}

    def _at(self, reference: str) -> Json:
        if not reference.startswith("#/"):
            self.elsewhere.add(reference[:100])
            return None
        value: Json = self._document
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def whole(self, value: Json, depth: int = 0) -> dict[str, Json]:
        """A schema without references, `allOf` merged, at most a few levels deep."""
        self._steps += 1
        schema = self.found(value)
        if depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return {}
        merged: dict[str, Json] = {key: child for key, child in schema.items() if key in ("type", "description", "format")}
        for key in ("enum", "default", "example", "nullable"):
            if key in schema:
                merged[key] = schema[key]
        if "type" not in merged:
            merged |= self._alternative(schema, depth)
        if isinstance(schema.get("items"), dict):
            merged["items"] = self.whole(schema["items"], depth + 1)
        properties, required = self._fields(schema, depth)
        if properties:
            merged |= {"type": "object", "properties": properties} | ({"required": sorted(required)} if required else {})
        return merged

    def _alternative(self, schema: Mapping[str, Json], depth: int) -> dict[str, Json]:
        """Of several possible schemas the first, with what is said of all."""
        listed = schema.get("oneOf") or schema.get("anyOf")
        first = listed[0] if isinstance(listed, list) and listed else None
        said = {key: schema[key] for key in ("description", "default", "example") if key in schema}
        return {} if first is None else self.whole(first, depth + 1) | said

    def _fields(self, schema: Mapping[str, Json], depth: int) -> tuple[dict[str, Json], set[str]]:
        properties: dict[str, Json] = {}
        given = schema.get("properties")
        for name, child in given.items() if isinstance(given, dict) else ():
            if len(properties) < MAX_PROPERTIES:
                properties[str(name)] = self.whole(child, depth + 1)
        listed = schema.get("required")
        required = {str(name) for name in listed} if isinstance(listed, list) else set()
        for part in schema.get("allOf") or ():
            more, needed = self._fields(self.found(part), depth + 1) if depth < MAX_DEPTH else ({}, set())
            properties |= more
            required |= needed
        return properties, required & set(properties)


def field_type(schema: Mapping[str, Json]) -> FieldType:
    """The type of field that a value of this schema is typed into."""
    kind = schema.get("type")
    kinds = [one for one in kind if one != "null"] if isinstance(kind, list) else [kind]
    if isinstance(schema.get("enum"), list) and choices(schema):
        return "choice"
    match kinds[0] if len(kinds) == 1 else None:
        case "string":
            return "file" if schema.get("format") == "binary" else "text"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "boolean":
            return "boolean"
        case "array":
            items = schema.get("items") or {}
            return "list" if items.get("type") in ("string", "integer", "number") else "json"
        case "object":
            return "object"
    return "json"


def choices(schema: Mapping[str, Json]) -> tuple[str, ...]:
    """The values that a text may have."""
    values = schema.get("enum")
    return (
        tuple(value for value in values if value) if isinstance(values, list) and all(isinstance(v, str) for v in values) else ()
    )


def sample_of(schema: Mapping[str, Json]) -> Json:
    """A value that fits a schema: its example, its default, or one made up."""
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    match field_type(schema):
        case "choice":
            return choices(schema)[0]
        case "text":
            return SAMPLES.get(str(schema.get("format")), "text")
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
        case "object":
            return {name: sample_of(child) for name, child in (schema.get("properties") or {}).items()}
        case "list" | "json" if schema.get("type") == "array":
            return [sample_of(schema.get("items") or {})]
        case "file":
            return "content"
    return None


def words(text: Json, otherwise: str, length: int = 400) -> str:
    """A description as plain text on one line."""
    plain = unescape(re.sub(r"<[^<>]{0,300}>", " ", text[:5_000])) if isinstance(text, str) else ""
    plain = re.sub(r"\[([^\[\]]{1,200})\]\([^()]{0,500}\)", r"\1", plain).replace("`", "").replace("*", "")
    plain = " ".join(plain.split())
    if len(plain) > length:
        plain = plain[:length].rpartition(" ")[0] + " …"
    return plain or otherwise


def sentence(text: Json, otherwise: str) -> str:
    """The first sentence of a description."""
    plain = words(text, otherwise, 2_000)
    first = re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0][:300].rstrip(" .…")
    return f"{first}."


def identifier(text: str, otherwise: str = "x") -> str:
    """A name in lower case with underscores."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", spread.lower()).strip("_")[:60].rstrip("_") or otherwise
    return name if name[0].isalpha() else f"n_{name}"[:60]
