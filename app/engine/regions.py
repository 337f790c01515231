"""Containers: a block that declares a body port runs what follows that port itself, as often as it likes.

The outer graph stays a DAG: for it, a container with its whole body is one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.engine.graph import Edge, Graph, Problem
from app.engine.registry import BlockTypes


@dataclass(frozen=True, slots=True)
class Regions:
    """A graph cut at its outermost containers: what is outside, and the body of each container by its id."""

    outer: Graph
    bodies: Mapping[str, Graph]


def cut(graph: Graph, types: BlockTypes) -> Regions:
    """Cut a graph that has passed validation. Bodies may hold containers themselves; cut them in turn."""
    bodies = dict(_bodies(graph, types))
    nested = {block_id for container, members in bodies.items() for block_id in members if block_id in bodies}
    outermost = {container: members for container, members in bodies.items() if container not in nested}
    inside = {block_id for members in outermost.values() for block_id in members}
    outer = Graph(
        tuple(block for block in graph.blocks if block.id not in inside),
        tuple(edge for edge in graph.edges if edge.source not in inside and edge.target not in inside),
    )
    return Regions(outer, {container: _part(graph, members) for container, members in outermost.items()})


def problems(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    """Edges that lead into a body from elsewhere than its container's body port."""
    for container, members in _bodies(graph, types):
        port = _body_port(graph, types, container)
        for edge in graph.edges:
            by_the_door = edge.source == container and edge.source_handle == port
            if edge.target in members and edge.source not in members and not by_the_door:
                message = (
                    f"Edge `{edge.id}` leads into the body of block `{container}` from outside. "
                    f"What follows its port `{port}` can only be reached through that port."
                )
                yield Problem("EDGE_INTO_BODY", message, edge.target, f"edges.{edge.id}")


def _bodies(graph: Graph, types: BlockTypes) -> Iterator[tuple[str, frozenset[str]]]:
    followers: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        followers.setdefault(edge.source, []).append(edge)
    for block in graph.blocks:
        declared = types.get(block.type)
        if declared is None or not declared.body:
            continue
        members: set[str] = set()
        stack = [edge.target for edge in followers.get(block.id, ()) if edge.source_handle == declared.body]
        while stack:
            member = stack.pop()
            if member not in members:
                members.add(member)
                stack.extend(edge.target for edge in followers.get(member, ()))
        yield block.id, frozenset(members)


def _body_port(graph: Graph, types: BlockTypes, container: str) -> str:
    declared = next(types.get(block.type) for block in graph.blocks if block.id == container)
    return declared.body if declared else ""


def _part(graph: Graph, members: frozenset[str]) -> Graph:
    return Graph(
        tuple(block for block in graph.blocks if block.id in members),
        tuple(edge for edge in graph.edges if edge.source in members and edge.target in members),
    )
