"""The values that a block's fields can use: what the blocks before it give, with samples of the last execution. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.engine.graph import Graph
from app.sdk import Json
from app.web.form_values import shown

MAX_KEYS: Final = 30
SAMPLE_LENGTH: Final = 80
IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class AvailableValue:
    """`path` is what to write between double braces; `sample` is empty where nothing has run."""

    label: str
    path: str
    sample: str = ""


def available(graph: Graph, block_id: str, variables: Json, outputs: Mapping[str, Json]) -> tuple[AvailableValue, ...]:
    """The workflow's variables and the outputs of every block before `block_id`, the nearest first."""
    names = {block.id: block.name or block.id for block in graph.blocks}
    values = list(_entries("Variable", "variables", variables, themselves=False))
    for before in _before(graph, block_id):
        path = f"blocks.{before}.output" if IDENTIFIER.fullmatch(before) else f'blocks["{before}"].output'
        values.extend(_entries(names.get(before, before), path, outputs.get(before)))
    return tuple(values)


def _before(graph: Graph, block_id: str) -> list[str]:
    found: list[str] = []
    level = [block_id]
    while level:
        level = [
            edge.source for edge in graph.edges if edge.target in level and edge.source not in found and edge.source != block_id
        ]
        level = list(dict.fromkeys(level))
        found.extend(level)
    return found


def _entries(label: str, path: str, value: Json, *, themselves: bool = True) -> Iterator[AvailableValue]:
    if themselves:
        yield AvailableValue(label, path, _sample(value))
    if isinstance(value, dict):
        for key in [key for key in value if IDENTIFIER.fullmatch(key)][:MAX_KEYS]:
            yield AvailableValue(f"{label}, {key}", f"{path}.{key}", _sample(value[key]))


def _sample(value: Json) -> str:
    text = shown("text", value)
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"
