"""Containers: a block that declares a body port runs what follows that port itself, as often as it likes.

The outer graph stays a DAG: for it, a container with its whole body is one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from app.engine.graph import Edge, Graph, GraphBlock, Problem
from app.engine.plan import NETWORKX
from app.engine.registry import BlockTypes

if TYPE_CHECKING:
    from networkx import MultiDiGraph

MAX_NESTING = 20
"""How many containers may stand inside each other."""

NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Body:
    """What follows a container's body port; `doors` are the blocks directly behind that port."""

    graph: Graph
    doors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Regions:
    """A graph cut at its outermost containers: what is outside, and the body of each container by its id."""

    outer: Graph
    bodies: Mapping[str, Body]


def cut(graph: Graph, types: BlockTypes) -> Regions:
    """Cut a graph that has passed validation. Bodies may hold containers themselves; cut them in turn."""
    bodies = _bodies(graph, types)
    nested = {block_id for members in bodies.values() for block_id in members if block_id in bodies}
    outermost = {container: members for container, members in bodies.items() if container not in nested}
    inside = {block_id for members in outermost.values() for block_id in members}
    outer = Graph(
        tuple(block for block in graph.blocks if block.id not in inside),
        tuple(edge for edge in graph.edges if edge.source not in inside and edge.target not in inside),
    )
    parts = _parts(graph, outermost)
    doors = {container: frozenset(edges) for container, edges in _doors(graph, types).items()}
    return Regions(outer, {container: Body(parts[container], doors[container]) for container in outermost})


def problems(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    """Containers nested too deep, and edges that lead into a body from elsewhere than its container's body port."""
    too_deep = _too_deep(graph, types)
    if too_deep is not None:
        message = f"Block `{too_deep}` stands inside more than {MAX_NESTING} containers."
        yield Problem("NESTED_TOO_DEEP", message, too_deep)
        return
    ports = {block.id: _body_port(block.type, types) for block in graph.blocks}
    containers = around(graph, types)
    for edge in graph.edges:
        for container in sorted(containers.get(edge.target, NOWHERE) - containers.get(edge.source, NOWHERE)):
            if edge.source != container or edge.source_handle != ports[container]:
                message = (
                    f"Edge `{edge.id}` leads into the body of block `{container}` from outside. "
                    f"What follows its port `{ports[container]}` can only be reached through that port."
                )
                yield Problem("EDGE_INTO_BODY", message, edge.target, f"edges.{edge.id}")


def around(graph: Graph, types: BlockTypes) -> Mapping[str, frozenset[str]]:
    """The containers around each block that stands in one."""
    found: dict[str, set[str]] = {}
    for container, members in _bodies(graph, types).items():
        for member in members:
            found.setdefault(member, set()).add(container)
    return {member: frozenset(containers) for member, containers in found.items()}


def _body_port(type: str, types: BlockTypes) -> str:
    declared = types.get(type)
    return declared.body if declared else ""


def _doors(graph: Graph, types: BlockTypes) -> dict[str, set[str]]:
    """The blocks directly behind the body port of each container."""
    ports = {block.id: port for block in graph.blocks if (port := _body_port(block.type, types))}
    doors: dict[str, set[str]] = {container: set() for container in ports}
    for edge in graph.edges:
        if edge.source in ports and edge.source_handle == ports[edge.source]:
            doors[edge.source].add(edge.target)
    return doors


def _bodies(graph: Graph, types: BlockTypes) -> dict[str, frozenset[str]]:
    """Everything that follows the body port of each container."""
    followers: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        followers.setdefault(edge.source, []).append(edge)
    bodies: dict[str, frozenset[str]] = {}
    for container, doors in _doors(graph, types).items():
        members: set[str] = set()
        stack = list(doors)
        while stack:
            member = stack.pop()
            if member not in members:
                members.add(member)
                stack.extend(edge.target for edge in followers.get(member, ()))
        bodies[container] = frozenset(members)
    return bodies


def _parts(graph: Graph, bodies: Mapping[str, frozenset[str]]) -> dict[str, Graph]:
    """The part of the graph that is each body; bodies that do not overlap."""
    home = {member: container for container, members in bodies.items() for member in members}
    blocks: dict[str, list[GraphBlock]] = {container: [] for container in bodies}
    edges: dict[str, list[Edge]] = {container: [] for container in bodies}
    for block in graph.blocks:
        if block.id in home:
            blocks[home[block.id]].append(block)
    for edge in graph.edges:
        if edge.source in home and home[edge.source] == home.get(edge.target):
            edges[home[edge.source]].append(edge)
    return {container: Graph(tuple(blocks[container]), tuple(edges[container])) for container in bodies}


def _too_deep(graph: Graph, types: BlockTypes) -> str | None:
    """A block inside too many containers; None also where a cycle makes the question senseless."""
    ports = {block.id: _body_port(block.type, types) for block in graph.blocks}
    nx = import_module(NETWORKX)
    digraph: MultiDiGraph[str] = nx.MultiDiGraph()
    digraph.add_nodes_from(ports)
    digraph.add_edges_from((edge.source, edge.target, {"handle": edge.source_handle}) for edge in graph.edges)
    depth: dict[str, int] = dict.fromkeys(digraph, 0)
    if not nx.is_directed_acyclic_graph(digraph):
        return None
    order: list[str] = list(nx.topological_sort(digraph))
    for block_id in order:
        if depth[block_id] > MAX_NESTING:
            return block_id
        for _, target, edge in digraph.out_edges(block_id, data=True):
            enters = bool(ports.get(block_id)) and edge["handle"] == ports[block_id]
            depth[target] = max(depth[target], depth[block_id] + enters)
    return None
