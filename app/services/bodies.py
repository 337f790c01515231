"""Where blocks stand: in the body of which containers."""

from __future__ import annotations

from app.engine.graph import Graph
from app.engine.regions import around
from app.engine.registry import BlockTypes


def containers_of(graph: Graph, block_id: str, types: BlockTypes) -> frozenset[str]:
    """The containers in whose body a block is."""
    return around(graph, types).get(block_id, frozenset())
