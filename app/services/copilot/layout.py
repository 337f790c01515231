"""Pure: places for new blocks, to the right of what leads to them and never on top of another block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.engine.graph import Graph
from app.engine.operations import AddBlock, Operation

ACROSS = 280.0
DOWN = 140.0
NEAR = (250.0, 120.0)
FIRST = (80.0, 120.0)


def placed(operations: Sequence[Operation], after: Graph, unplaced: set[str]) -> list[Operation]:
    """The operations with places for the new blocks that have none."""
    places = {block.id: (block.x, block.y) for block in after.blocks if block.id not in unplaced}
    for block_id in _in_order(after, unplaced):
        places[block_id] = _free(_wanted(after, block_id, places), places)
    return [
        AddBlock(block={**operation.block, "position": _position(places[str(operation.block["id"])])})
        if isinstance(operation, AddBlock) and operation.block["id"] in unplaced
        else operation
        for operation in operations
    ]


def _position(place: tuple[float, float]) -> dict[str, float]:
    return {"x": place[0], "y": place[1]}


def _in_order(graph: Graph, wanted: set[str]) -> Iterator[str]:
    """The wanted blocks, each after those that lead to it."""
    before = {block.id: {edge.source for edge in graph.edges if edge.target == block.id} & wanted for block in graph.blocks}
    left = [block.id for block in graph.blocks if block.id in wanted]
    done: set[str] = set()
    while left:
        ready = next((block_id for block_id in left if before[block_id] <= done), left[0])
        left.remove(ready)
        done.add(ready)
        yield ready


def _wanted(graph: Graph, block_id: str, places: dict[str, tuple[float, float]]) -> tuple[float, float]:
    sources = [places[edge.source] for edge in graph.edges if edge.target == block_id and edge.source in places]
    targets = [places[edge.target] for edge in graph.edges if edge.source == block_id and edge.target in places]
    if sources:
        return max(x for x, _ in sources) + ACROSS, sum(y for _, y in sources) / len(sources)
    if targets:
        return min(x for x, _ in targets) - ACROSS, sum(y for _, y in targets) / len(targets)
    if not places:
        return FIRST
    return min(x for x, _ in places.values()), max(y for _, y in places.values()) + DOWN


def _free(wanted: tuple[float, float], places: dict[str, tuple[float, float]]) -> tuple[float, float]:
    x, y = wanted
    while any(abs(x - other_x) < NEAR[0] and abs(y - other_y) < NEAR[1] for other_x, other_y in places.values()):
        y += DOWN
    return x, y

