"""What programs read of a block: JSON schema, palette entry, manifest."""

from __future__ import annotations

from collections.abc import Iterable

from app.describe.fields import default_of, extra
from app.sdk import ERROR_PORT, Block, Json, Port

VERSION = "1"
REFERENCE_PREFIX = "#/$defs/"


def config_schema(block: Block) -> dict[str, Json]:
    """The JSON Schema of a block's configuration, in one piece without references."""
    schema = block.config.model_json_schema()
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Json] = _inline(schema, definitions, ())
    return inlined


def _inline(schema: Json, definitions: dict[str, Json], inside: tuple[str, ...]) -> Json:
    if isinstance(schema, list):
        return [_inline(item, definitions, inside) for item in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {key: _inline(value, definitions, inside) for key, value in schema.items() if key != "$ref"}
    if not isinstance(schema.get("$ref"), str):
        return {**rest, **({"$ref": schema["$ref"]} if "$ref" in schema else {})}
    name = schema["$ref"].removeprefix(REFERENCE_PREFIX)
    if name in inside:  # a model that contains itself is any object at its second level
        return {"type": "object", **rest}
    return {**_inline(definitions[name], definitions, (*inside, name)), **rest}


def palette_entry(block: Block) -> dict[str, Json]:
    """What the editor needs to offer a block, draw it and start it with a fitting configuration."""
    return {
        "type": block.type,
        "title": block.title,
        "category": block.category,
        "icon": block.icon,
        "description": block.description,
        "trigger": block.trigger,
        "effect": block.effect,
        "aliases": list(block.aliases),
        "inputs": [{"name": port.name, "title": port.title} for port in block.inputs],
        "outputs": _ports(block.outputs),
        "defaults": starting_config(block),
        "mint": {name: extra(info)["mint"] for name, info in block.config.model_fields.items() if "mint" in extra(info)},
    }


def starting_config(block: Block) -> dict[str, Json]:
    """The configuration of a block that was just placed. Required fields without an initial value are absent."""
    config: dict[str, Json] = {}
    for name, info in block.config.model_fields.items():
        more = extra(info)
        value = more["initial"] if "initial" in more else default_of(info)
        if value is not None:
            config[name] = value
    return config


def manifest(block: Block) -> dict[str, Json]:
    """The entry of `/api/v1/plugins`."""
    return {
        "id": block.type,
        "name": block.title,
        "category": block.category,
        "description": block.description,
        "inputSchema": config_schema(block),
        "outputSchema": block.output_schema,
        "effect": block.effect,
        "version": VERSION,
        "icon": block.icon,
        "ports": {"inputs": _ports(block.inputs), "outputs": _ports((*block.outputs, ERROR_PORT))},
        "requires": sorted(block.needs),
    }


def _ports(ports: Iterable[Port]) -> list[Json]:
    return [{"name": port.name, "title": port.title, "each": port.each, "skip": port.skip} for port in ports]
