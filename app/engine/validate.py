"""Small rules that find every structural problem of a graph at once (contract.md, G24)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from app.engine import regions
from app.engine.graph import Graph, GraphBlock, Problem
from app.engine.plan import NETWORKX
from app.engine.registry import BlockTypes
from app.sdk import ERROR_PORT, Block

if TYPE_CHECKING:
    from networkx import DiGraph

MAX_BLOCKS = 5_000
MAX_EDGES = 20_000


def output_handles(block: Block, graph_block: GraphBlock) -> tuple[str, ...]:
    """The names of the handles that edges may leave; the error handle comes last."""
    return (*(port.name for port in block.ports(graph_block.config)), ERROR_PORT.name)


def validate(graph: Graph, types: BlockTypes) -> list[Problem]:
    """Every structural problem of the graph, in the order in which a person would repair them."""
    return too_large(len(graph.blocks), len(graph.edges)) or [problem for rule in RULES for problem in rule(graph, types)]


def too_large(blocks: int, edges: int) -> list[Problem]:
    """The problems of a graph with so many parts; worth asking before anything else is looked at."""
    if blocks > MAX_BLOCKS:
        return [Problem("TOO_MANY_BLOCKS", f"A graph may have {MAX_BLOCKS:,} blocks; this one has {blocks:,}.", field="blocks")]
    if edges > MAX_EDGES:
        return [Problem("TOO_MANY_EDGES", f"A graph may have {MAX_EDGES:,} edges; this one has {edges:,}.", field="edges")]
    return []


def _unknown_types(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    for block in graph.blocks:
        if types.get(block.type) is None:
            yield Problem("UNKNOWN_BLOCK_TYPE", f"Unknown block type `{block.type}` of block `{block.id}`.", block.id, "type")


def _duplicate_ids(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    for block_id, count in Counter(block.id for block in graph.blocks).items():
        if count > 1:
            yield Problem("DUPLICATE_BLOCK_ID", f"{count} blocks have the id `{block_id}`; an id must be unique.", block_id, "id")
    for edge_id, count in Counter(edge.id for edge in graph.edges).items():
        if count > 1:
            yield Problem("DUPLICATE_EDGE", f"{count} edges are `{edge_id}`; an edge must be unique.", field=f"edges.{edge_id}")


def _edges_to_nowhere(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    ids = {block.id for block in graph.blocks}
    for edge in graph.edges:
        for end, block_id in (("source", edge.source), ("target", edge.target)):
            if block_id not in ids:
                yield Problem(
                    "UNKNOWN_BLOCK", f"Edge `{edge.id}`: its {end} `{block_id}` is not a block of this graph.", block_id, end
                )


def _unknown_handles(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    blocks = {block.id: block for block in graph.blocks}
    for edge in graph.edges:
        source, target = blocks.get(edge.source), blocks.get(edge.target)
        source_type = types.get(source.type) if source else None
        target_type = types.get(target.type) if target else None
        if source and source_type:
            known = output_handles(source_type, source)
            if edge.source_handle not in known:
                yield _handle_problem(edge.id, source, "output", edge.source_handle, known)
        if target and target_type:
            inputs = () if target_type.trigger else tuple(port.name for port in target_type.inputs)
            if edge.target_handle not in inputs:
                yield _handle_problem(edge.id, target, "input", edge.target_handle, inputs)


def _handle_problem(edge_id: str, block: GraphBlock, side: str, handle: str, known: tuple[str, ...]) -> Problem:
    choice = f"it has {', '.join(f'`{name}`' for name in known[:12])}" if known else f"it has no {side}"
    message = f"Edge `{edge_id}`: block `{block.id}` ({block.type}) has no {side} handle `{handle}`; {choice}."
    return Problem("UNKNOWN_HANDLE", message, block.id, f"{side}.{handle}")


def _cycles(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    nx = import_module(NETWORKX)
    digraph: DiGraph[str] = nx.DiGraph()
    digraph.add_nodes_from(block.id for block in graph.blocks)
    digraph.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    for component in nx.strongly_connected_components(digraph):
        if len(component) > 1 or any(digraph.has_edge(block_id, block_id) for block_id in component):
            members = sorted(component)
            named = ", ".join(f"`{block_id}`" for block_id in members[:20]) + (" and more" if len(members) > 20 else "")
            yield Problem("CYCLE", f"These blocks form a cycle: {named}. A workflow runs forward only.", members[0])


def _bodies(graph: Graph, types: BlockTypes) -> Iterator[Problem]:
    return regions.problems(graph, types)


RULES: tuple[Callable[[Graph, BlockTypes], Iterator[Problem]], ...] = (
    _unknown_types,
    _duplicate_ids,
    _edges_to_nowhere,
    _unknown_handles,
    _cycles,
    _bodies,
)
