"""Graphs as pictures: `graph("start>check", "check:if>yes", check="condition", ...)`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from app.engine.graph import Graph, parse_graph
from app.sdk import Json


def block(id: str, type: str, config: dict[str, Json] | None = None, **more: Json) -> dict[str, Json]:
    """One block as the API takes it."""
    return {"id": id, "type": type, "name": id.capitalize(), "config": config or {}, **more}


def edge(text: str) -> dict[str, str]:
    """`"a>b"` is an edge from a's output to b; `"a:if>b"` leaves the handle `if`."""
    source, target = text.split(">")
    source, _, handle = source.partition(":")
    return {"source": source, "target": target, "sourceHandle": handle or "output", "targetHandle": "input"}


def drawing(*edges: str, **types: str | dict[str, Json]) -> dict[str, Any]:
    """A graph's JSON; blocks are named in the edges, of type `noop` unless given as `id=type` or `id=block(...)`."""
    names = [name.partition(":")[0] for text in edges for name in text.split(">")]
    ids = dict.fromkeys([*names, *types])
    blocks = []
    for name in ids:
        given = types.get(name, "noop")
        blocks.append(given if isinstance(given, dict) else block(name, given))
    return {"blocks": blocks, "edges": [edge(text) for text in edges if ">" in text]}


def graph(*edges: str, **types: str | dict[str, Json]) -> Graph:
    parsed, problems = parse_graph(drawing(*edges, **types), lambda type: type)
    assert not problems, problems
    return parsed


def webhook(id: str = "hook", secret: str | None = None, **config: Json) -> dict[str, Json]:
    """A webhook block with an id and a secret of its own."""
    return block(id, "webhook", {"webhook_id": str(uuid4()), "webhook_secret": secret or str(uuid4()), **config})
