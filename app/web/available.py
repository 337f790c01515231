"""The values that a block's fields can use, as a tree: what the blocks before it gave the last time, or would give. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from app.engine.expressions import Scope, Secret
from app.engine.graph import Graph, GraphBlock
from app.sdk import Block, Json
from app.services.bodies import containers_of
from app.web.form_values import shown

MAX_KEYS: Final = 40
MAX_ITEMS: Final = 3
MAX_DEPTH: Final = 6
MAX_NODES: Final = 600
SAMPLE_LENGTH: Final = 60
IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TYPE_WORDS: Final[Mapping[str, str]] = {
    "string": "text", "number": "number", "integer": "number", "boolean": "yes or no", "object": "object", "array": "list",
    "null": "nothing",
}  # fmt: skip
SECRET_SHOWN: Final = "••••••"

class Types(Protocol):
    """Declarations of blocks by type."""

    def get(self, type: str) -> Block | None: ...


@dataclass(frozen=True, slots=True)
class ValueNode:
    """One value; `path` is what to write between double braces, `more` counts the parts that are left out."""

    label: str
    path: str
    type: str
    sample: str = ""
    children: tuple[ValueNode, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class ValueSource:
    """What one block gives. `state` is sampled, changed (its settings differ from those that ran), declared or unknown."""

    node: ValueNode
    state: str
    icon: str = "box"
    block_id: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the last execution left: its variables, outputs by block, and the graph that it ran."""

    variables: Json = None
    outputs: Mapping[str, Json] = field(default_factory=dict)
    graph: Graph | None = None
    at: datetime | None = None
    rounds: Mapping[str, Json] = field(default_factory=dict)
    """The first item that a container handed to its body, by the container's id."""


@dataclass(slots=True)
class _Room:
    """How many nodes may still be made: a tree has to stay readable, and small."""

    left: int = MAX_NODES

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def available(graph: Graph, block_id: str, types: Types, sample: Sample) -> tuple[ValueSource, ...]:
    """The round of a loop that the block is in, the workflow's variables and the outputs before it, the nearest first."""
    room = _Room()
    by_id = {block.id: block for block in graph.blocks}
    before = [other for other in blocks_before(graph, block_id) if other in by_id]
    containers = _containers(graph, block_id, before, types)
    found = [source for container in containers for source in _round(container, sample, room)]
    variables = _variables(graph, sample, room)
    found += [variables] if variables else []
    return (*found, *(_source(by_id[other], types, sample, room) for other in before if by_id[other] not in containers))


def blocks_before(graph: Graph, block_id: str) -> tuple[str, ...]:
    """The blocks from which this one can be reached, the nearest first."""
    into: dict[str, list[str]] = {}
    for edge in graph.edges:
        into.setdefault(edge.target, []).append(edge.source)
    found: dict[str, None] = {}
    level = [block_id]
    while level:
        level = [source for target in level for source in into.get(target, ()) if source not in found and source != block_id]
        level = list(dict.fromkeys(level))
        found.update(dict.fromkeys(level))
    return tuple(found)


def input_of(graph: Graph, block_id: str) -> str:
    """The one block whose output is the input of this one; empty when there are several or none."""
    direct = {edge.source for edge in graph.edges if edge.target == block_id}
    return next(iter(direct)) if len(direct) == 1 else ""


def sample_scope(
    graph: Graph, block_id: str, types: Types, sample: Sample, now: datetime, about: Mapping[str, Json]
) -> Scope:
    """What the block's expressions would see if it ran on the sample; `about` has execution, workflow and secrets."""
    names = {block.id: block.name or block.id for block in graph.blocks}
    before = [other for other in blocks_before(graph, block_id) if other in sample.outputs]
    outputs = {other: {"output": sample.outputs[other]} for other in before}
    direct = dict.fromkeys(edge.source for edge in graph.edges if edge.target == block_id)
    inputs = {other: sample.outputs[other] for other in direct if other in sample.outputs}
    scope: dict[str, Json] = {**outputs, **about, "variables": sample.variables or {}, "blocks": outputs}
    if inputs:
        scope["input"] = next(iter(inputs.values())) if len(direct) == 1 else inputs
    for container in _containers(graph, block_id, blocks_before(graph, block_id), types):
        if container.id in sample.rounds:
            scope |= {"item": sample.rounds[container.id], "index": 0}
            scope.setdefault("input", sample.rounds[container.id])
    absent = {other: "has not run" for other in names if other not in outputs}
    return Scope(scope, now, absent if "input" in scope else absent | {"input": "has nothing yet"})


def declared_defaults(graph: Graph) -> dict[str, Json]:
    """The variables that the graph's triggers list, with the values that they have when nobody gives others."""
    listed = [item for block in graph.blocks for item in _listed_variables(block)]
    return {item["name"]: item["default"] for item in listed if item.get("default") is not None}


def secrets_shown(names: list[str]) -> dict[str, Json]:
    """Stand-ins for secrets, which a preview shows as dots."""
    return {name: Secret(SECRET_SHOWN) for name in names}


def type_word(value: Json) -> str:
    """What a value is, in a word for people."""
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, list):
        return f"list of {len(value)}"
    return {str: "text", int: "number", float: "number", dict: "object"}.get(type(value), "nothing")


def short(value: Json) -> str:
    """A value in a few letters."""
    if isinstance(value, (dict, list)) and len(value) > MAX_KEYS:
        return f"{len(value)} entries"
    text = " ".join(shown("text", value).split())
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"


def _containers(graph: Graph, block_id: str, before: Sequence[str], types: Types) -> list[GraphBlock]:
    """The blocks in whose body this block is, the innermost first."""
    inside = containers_of(graph, block_id, types)
    return [block for other in before if other in inside for block in graph.blocks if block.id == other]


def _round(container: GraphBlock, sample: Sample, room: _Room) -> Iterator[ValueSource]:
    known = container.id in sample.rounds
    state = "sampled" if known else "declared"
    item = sample.rounds.get(container.id)
    node = _node("Item", "item", item, room, 0) if known else ValueNode("Item", "item", "")
    yield ValueSource(node, state, "repeat", container.id)
    yield ValueSource(ValueNode("Index", "index", "number", "0" if known else ""), state, "hash", container.id)


def _variables(graph: Graph, sample: Sample, room: _Room) -> ValueSource | None:
    if isinstance(sample.variables, dict) and sample.variables:
        return ValueSource(_node("Variables", "variables", sample.variables, room, 0), "sampled", "variable")
    listed = [item for block in graph.blocks for item in _listed_variables(block)]
    children = tuple(
        ValueNode(item["name"], step("variables", item["name"]), _declared_type(str(item.get("type", "text")))) for item in listed
    )
    return ValueSource(ValueNode("Variables", "variables", "object", "", children), "declared", "variable") if children else None


def _listed_variables(block: GraphBlock) -> Iterator[dict[str, Json]]:
    listed = block.config.get("variables")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"]:
            yield item


def _declared_type(kind: str) -> str:
    return TYPE_WORDS.get(kind, kind)


def _source(block: GraphBlock, types: Types, sample: Sample, room: _Room) -> ValueSource:
    declared = types.get(block.type)
    label, path = block.name or block.id, step("blocks", block.id) + ".output"
    icon = declared.icon if declared else "box"
    if block.id in sample.outputs:
        ran = next((one for one in sample.graph.blocks if one.id == block.id), None) if sample.graph else None
        same = ran is None or (ran.type, ran.config) == (block.type, block.config)
        node = _node(label, path, sample.outputs[block.id], room, 0)
        return ValueSource(node, "sampled" if same else "changed", icon, block.id)
    schema = declared.output_schema if declared else {}
    known = bool(schema.get("type") or schema.get("properties"))
    return ValueSource(_declared(label, path, schema, room, 0), "declared" if known else "unknown", icon, block.id)


def _node(label: str, path: str, value: Json, room: _Room, depth: int) -> ValueNode:
    children: list[ValueNode] = []
    parts = list(_parts(path, value)) if depth < MAX_DEPTH else []
    for name, place, child in parts[: MAX_ITEMS if isinstance(value, list) else MAX_KEYS]:
        if not room.take():
            break
        children.append(_node(name, place, child, room, depth + 1))
    return ValueNode(label, path, type_word(value), short(value), tuple(children), len(parts) - len(children))


def _parts(path: str, value: Json) -> Iterator[tuple[str, str, Json]]:
    if isinstance(value, dict):
        yield from ((key, step(path, key), child) for key, child in value.items())
    elif isinstance(value, list):
        yield from ((f"{number + 1}.", f"{path}[{number}]", child) for number, child in enumerate(value))


def _declared(label: str, path: str, schema: Mapping[str, Json], room: _Room, depth: int) -> ValueNode:
    kind = schema.get("type")
    properties = schema.get("properties")
    named = properties if isinstance(properties, dict) and depth < MAX_DEPTH else {}
    children = [
        _declared(key, step(path, key), child, room, depth + 1)
        for key, child in list(named.items())[:MAX_KEYS]
        if isinstance(child, dict) and room.take()
    ]
    return ValueNode(label, path, TYPE_WORDS.get(str(kind), ""), "", tuple(children), len(named) - len(children))


def step(path: str, key: str) -> str:
    """The path of a field of what stands at a path."""
    return f"{path}.{key}" if IDENTIFIER.fullmatch(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"
