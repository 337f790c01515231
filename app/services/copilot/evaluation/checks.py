"""Pure: what is wrong with the graph that came of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import networkx as nx

from app.engine.graph import Graph, Problem, dump_graph
from app.engine.values import encode
from app.sdk import Json
from app.services.copilot.rehearsal import Rehearsed

FILLED_IN_BY_HAND = ("credential", "webhook_secret", "assignees")
"""Fields that a person fills in; a graph may lack them."""


def wrong_graph(graph: Graph, problems: Sequence[Problem], wants: Mapping[str, Json]) -> Iterator[str]:
    """Everything about the drawing that is not as it was asked for."""
    dumped = dump_graph(graph)
    blocks = {block["id"]: block for block in dumped["blocks"]}
    types = [block["type"] for block in dumped["blocks"]]
    yield from (f"there is no {one}" for one in wants.get("types", ()) if one not in types)
    for group in wants.get("any_of", ()):
        if not set(group) & set(types):
            yield f"there is none of {', '.join(group)}"
    yield from (f"the block {one} is gone" for one in wants.get("keeps", ()) if one not in blocks)
    yield from (f"the block {one} is still there" for one in wants.get("gone", ()) if one in blocks)
    for start, end in wants.get("leads", ()):
        if not _leads(graph, start.split("|"), end.split("|")):
            yield f"nothing leads from {start} to {end}"
    for source, handle, target in wants.get("edges", ()):
        if not any(_is_edge(blocks, edge, source, handle, target) for edge in dumped["edges"]):
            yield f"no connection leaves {source} at {handle}"
    for block_id, path, value in wants.get("fields", ()):
        found = _at(blocks.get(block_id), path)
        if found != value:
            yield f"{block_id}: {'.'.join(path)} is not {value}"
    text = encode(dumped).decode()
    yield from (f"nowhere is {one}" for one in wants.get("config_has", ()) if one not in text)
    for problem in problems:
        if problem.severity == "incomplete" and (problem.field or "").split(".")[0] not in FILLED_IN_BY_HAND:
            yield f"not ready: {problem.block_id}: {problem.message}"


def wrong_trial(found: Rehearsed, trial: Mapping[str, Json]) -> Iterator[str]:
    """What a simulation answered otherwise than it should."""
    shown = encode(trial["input"]).decode()
    if found.status != "completed":
        yield f"with {shown}: {found.status} {found.error}".strip()
        return
    values = list(_values(found.output))
    text = encode(found.output).decode()
    for wanted in trial.get("contains", ()):
        if not _has(values, text, wanted):
            yield f"with {shown}: {wanted} is not in the answer"
    for unwanted in trial.get("lacks", ()):
        if _has(values, text, unwanted):
            yield f"with {shown}: {unwanted} is in the answer"
    status = next((step.output.get("status") for step in reversed(found.steps) if _answers(step.output)), None)
    if "status" in trial and status != trial["status"]:
        yield f"with {shown}: the status is {status}, not {trial['status']}"


def _answers(output: Json) -> bool:
    return isinstance(output, dict) and set(output) == {"status", "headers", "body"}


def _has(values: Sequence[Json], text: str, wanted: Json) -> bool:
    if isinstance(wanted, str):
        return wanted in text
    return any(isinstance(value, (int, float)) and not isinstance(value, bool) and value == wanted for value in values)


def _values(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for child in value.values():
            yield from _values(child)
    elif isinstance(value, list):
        for child in value:
            yield from _values(child)
    else:
        yield _number(value)


def _number(value: Json) -> Json:
    """A text that is a number counts as one."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _leads(graph: Graph, starts: Sequence[str], ends: Sequence[str]) -> bool:
    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(block.id for block in graph.blocks)
    drawn.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    of = {block.id: block.type for block in graph.blocks}
    return any(
        nx.has_path(drawn, source, target)
        for source, kind in of.items()
        if kind in starts
        for target, other in of.items()
        if other in ends and target != source
    )


def _is_edge(blocks: Mapping[str, Json], edge: Mapping[str, Json], source: str, handle: str, target: str) -> bool:
    ends = blocks.get(edge["source"], {}).get("type"), blocks.get(edge["target"], {}).get("type")
    return ends[0] == source and edge["sourceHandle"] == handle and target in ("*", ends[1])


def _at(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
