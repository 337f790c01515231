"""Pure: JSON Schemas in few words, for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from app.sdk import Json
from app.services.texts import LINE, NAME
from app.web.openapi.kinds import Schema

REFERENCE = "#/components/schemas/"


def text(*examples: str, least: int = 0, most: int | None = None, pattern: str = "") -> Schema:
    """A text with limits."""
    limits: Schema = {"minLength": least} if least else {}
    limits |= {"maxLength": most} if most is not None else {}
    limits |= {"pattern": pattern} if pattern else {}
    return {"type": "string", **limits} | ({"examples": list(examples)} if examples else {})


def line(*examples: str, most: int | None = None) -> Schema:
    """A text of one line, which may be empty."""
    return text(*examples, most=most, pattern=LINE)


def title(*examples: str, most: int) -> Schema:
    """A text of one line with something in it."""
    return text(*examples, least=1, most=most, pattern=NAME)


def whole(least: int | None = None, most: int | None = None, **more: Json) -> Schema:
    limits = {"minimum": least, "maximum": most}
    return {"type": "integer", **{name: value for name, value in limits.items() if value is not None}, **more}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def many(item: Schema, least: int | None = None, most: int | None = None) -> Schema:
    limits = {"minItems": least, "maxItems": most}
    return {"type": "array", "items": item, **{name: value for name, value in limits.items() if value is not None}}


def with_fields(schema: Schema, **fields: Schema) -> Schema:
    """An object's schema that says more of some of its fields."""
    return schema | {"properties": {**schema["properties"], **fields}}


def needing(schema: Schema, *fields: str) -> Schema:
    """An object's schema with fields that cannot be left out or be null."""
    said = {name: _not_null(schema["properties"][name]) for name in fields}
    return with_fields(schema, **said) | {"required": list(dict.fromkeys([*schema.get("required", ()), *fields]))}


def needed(**fields: Schema) -> Schema:
    """An object that has these fields at least."""
    return {"type": "object", "required": list(fields), "properties": dict(fields)}


def either(schema: Schema, *shapes: Schema) -> Schema:
    """The schema of an object which also has one of these shapes at least.

    Said by `if` and `else`: generators of clients, which pass over them, would make types of their own of an `anyOf`.
    """
    *others, found = shapes
    for shape in reversed(others):
        found = {"if": shape, "else": found}
    return schema | ({"allOf": [found]} if schema.keys() & found.keys() else found)


def _not_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), list):
        (kind,) = (one for one in schema["type"] if one != "null")
        return schema | {"type": kind}
    if "anyOf" not in schema:
        return schema
    (only,) = (one for one in schema["anyOf"] if one.get("type") != "null")
    return dict(only)


def mapping(value: Schema) -> Schema:
    """An object with any names."""
    return {"type": "object", "additionalProperties": value}


def thing(**fields: Schema) -> Schema:
    """An answer's object: all of its fields are always there."""
    return needed(**fields)


def asked(needed: Mapping[str, Schema] | None = None, /, **others: Schema) -> Schema:
    """A body's object, which takes no other fields."""
    needs = dict(needed or {})
    required: Schema = {"required": list(needs)} if needs else {}
    return {"type": "object", **required, "properties": {**needs, **others}, "additionalProperties": False}


def ref(name: str) -> Schema:
    """A schema by its name among the components."""
    return {"$ref": f"{REFERENCE}{name}"}


def modelled(model: type[BaseModel], needed: tuple[str, ...] = ()) -> Schema:
    """The schema of what a model reads, in one piece; `needed` are fields that this call cannot do without."""
    schema: dict[str, Any] = model.model_json_schema()
    found: Schema = _inlined(schema, schema.pop("$defs", {}))
    found.pop("description", None)
    return needing(found, *needed)


def _inlined(schema: Json, definitions: Mapping[str, Json]) -> Json:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str) and schema["$ref"].startswith("#/$defs/"):
        return _inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    found = {name: _inlined(value, definitions) for name, value in schema.items() if name not in ("title", "discriminator")}
    if isinstance(schema.get("discriminator"), dict):
        found["oneOf"] = [needing(one, schema["discriminator"]["propertyName"]) for one in found["oneOf"]]
    return found


def example_of(schema: Schema, known: Mapping[str, Json]) -> Json:
    """Something that fits a schema; `known` are the named ones."""
    if "$ref" in schema:
        return example_of(known[str(schema["$ref"]).removeprefix(REFERENCE)], known)
    for place in ("examples", "enum"):
        if schema.get(place):
            return schema[place][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], known)
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "string":
            return "text"[: schema.get("maxLength", 4)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [example_of(schema["items"], known)] if "items" in schema else []
        case "object":
            return {name: example_of(value, known) for name, value in schema.get("properties", {}).items()}
    return {"any": "JSON"}
