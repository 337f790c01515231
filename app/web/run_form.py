"""The Run dialog's form: where a workflow can start, and what it asks for there. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.engine.graph import Graph, GraphBlock
from app.sdk import Block, Json
from app.web.form_values import ABSENT, shown

INPUT_TYPES: Final = {"text": "string", "string": "string", "number": "number", "integer": "integer", "boolean": "boolean"}
EXAMPLES: Final = {"object": '{"name": "Ada"}', "array": "[1, 2, 3]"}


@dataclass(frozen=True, slots=True)
class RunVariable:
    """One input of the Run form; `type` is string, number, integer, boolean or json."""

    name: str
    type: str
    text: str = ""
    required: bool = False
    help: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A block where a run can start. `body` is the JSON to send it, or None where it lists its variables."""

    block_id: str
    title: str
    variables: tuple[RunVariable, ...] = ()
    body: str | None = None
    from_last: bool = False


def entries(
    graph: Graph,
    block_of: Callable[[str], Block | None],
    last_input: Json = None,
    sample: Json = None,
    given: Mapping[str, Json] | None = None,
) -> tuple[RunEntry, ...]:
    """The triggers of a graph, those that list their variables first.

    All is filled in with `given`, where that is chosen; else a body with `last_input`, what came in last time, or `sample`.
    """
    pairs = [(block, block_of(block.type)) for block in graph.blocks if block.enabled]
    found = [_entry(block, declared, last_input, sample, given) for block, declared in pairs if declared and declared.trigger]
    return tuple(sorted(found, key=lambda entry: entry.body is not None))


def chosen(found: tuple[RunEntry, ...], block_id: str) -> RunEntry | None:
    """The entry of that block, else the first."""
    return next((entry for entry in found if entry.block_id == block_id), found[0] if found else None)


def _entry(
    block: GraphBlock, declared: Block, last_input: Json, sample: Json, given: Mapping[str, Json] | None
) -> RunEntry:
    title = block.name or declared.title
    if "variables" in declared.config.model_fields:
        listed = block.config.get("variables")
        items = listed if isinstance(listed, list) else []
        named = [item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"]]
        return RunEntry(block.id, title, tuple(_variable(item, given or {}) for item in named))
    if given is not None:
        return RunEntry(block.id, title, body=json.dumps(given, ensure_ascii=False, indent=2))
    known = isinstance(last_input, dict) and bool(last_input)
    body = json.dumps(last_input if known else sample if isinstance(sample, dict) else {}, ensure_ascii=False, indent=2)
    return RunEntry(block.id, title, body=body, from_last=known)


def _variable(item: dict[str, Json], given: Mapping[str, Json]) -> RunVariable:
    declared = str(item.get("type", "text"))
    kind = INPUT_TYPES.get(declared, "json")
    default = item.get("default")
    value = given.get(item["name"], default)
    return RunVariable(
        item["name"],
        kind,
        shown(kind, ABSENT if value is None else value),
        item.get("required") is True and default is None,
        str(item.get("description") or ""),
        EXAMPLES.get(declared, ""),
    )
