"""The operations that lead from one graph to another."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.annotations import Annotation, dump_annotation
from app.engine.graph import Edge, Graph, GraphBlock, dump_block, dump_edge
from app.engine.operations.drawing import FIELDS, LOOKS
from app.engine.operations.kinds import (
    MAX_PATH,
    AddAnnotation,
    AddBlock,
    Connect,
    Disconnect,
    MoveAnnotations,
    MoveBlocks,
    Operation,
    Place,
    RemoveAnnotation,
    RemoveBlock,
    SetAnnotation,
    SetBlock,
    SetField,
)
from app.sdk import Json


def difference(before: Graph, after: Graph) -> tuple[Operation, ...]:
    """What makes `after` of `before`, as small as can be: one value, not its whole block."""
    return tuple(_difference(before, after))


def _difference(before: Graph, after: Graph) -> Iterator[Operation]:
    old = {block.id: block for block in before.blocks}
    new = {block.id: block for block in after.blocks}
    kept = {block_id for block_id, block in new.items() if block_id in old and old[block_id].type == block.type}
    gone, wanted = _edges(before, after, kept)
    yield from (Disconnect(edge_id=edge_id) for edge_id in gone)
    yield from (RemoveBlock(block_id=block_id) for block_id in old if block_id not in kept)
    yield from (AddBlock(block=dump_block(block)) for block_id, block in new.items() if block_id not in kept)
    moved = {block.id: Place(x=block.x, y=block.y) for block in after.blocks if block.id in kept and _moved(old[block.id], block)}
    if moved:
        yield MoveBlocks(positions=moved)
    for block in after.blocks:
        if block.id in kept:
            yield from changes_of(old[block.id], block)
    yield from (Connect(edge=dump_edge(edge)) for edge in wanted)
    yield from _annotations(before, after)


def _annotations(before: Graph, after: Graph) -> Iterator[Operation]:
    old = {one.id: one for one in before.annotations}
    new = {one.id: one for one in after.annotations}
    kept = {one for one, annotation in new.items() if one in old and old[one].kind == annotation.kind}
    yield from (RemoveAnnotation(annotation_id=one) for one in old if one not in kept)
    yield from (AddAnnotation(annotation=dump_annotation(annotation)) for one, annotation in new.items() if one not in kept)
    moved = {one: Place(x=new[one].x, y=new[one].y) for one in new if one in kept and _moved(old[one], new[one])}
    if moved:
        yield MoveAnnotations(positions=moved)
    for one in new:
        if one in kept:
            was, now = dump_annotation(old[one]), dump_annotation(new[one])
            if changed := {field: now[field] for field in LOOKS if was[field] != now[field]}:
                yield SetAnnotation.model_validate({"annotation_id": one, **changed})


def _edges(before: Graph, after: Graph, kept: set[str]) -> tuple[list[str], list[Edge]]:
    """The ids of the edges to take away, and the edges to draw. Those of a replaced block are drawn anew."""
    old = {edge.id: edge for edge in before.edges}
    staying = {edge.id for edge in after.edges if old.get(edge.id) == edge and edge.source in kept and edge.target in kept}
    return [edge_id for edge_id in old if edge_id not in staying], [edge for edge in after.edges if edge.id not in staying]


def _moved(before: GraphBlock | Annotation, after: GraphBlock | Annotation) -> bool:
    return (before.x, before.y) != (after.x, after.y)


def changes_of(before: GraphBlock, after: GraphBlock) -> Iterator[Operation]:
    """What changed of a block beside its place."""
    old, new = dump_block(before), dump_block(after)
    empty: dict[str, Json] = {"notes": "", "policy": {}}
    changed = {field: new.get(field, empty.get(field)) for field in FIELDS if old.get(field) != new.get(field)}
    if changed:
        yield SetBlock.model_validate({"block_id": after.id, **changed})
    yield from _fields(after.id, before.config, after.config, [])


def _fields(block_id: str, before: dict[str, Json], after: dict[str, Json], path: list[str]) -> Iterator[Operation]:
    """Objects are compared field by field; anything else, a list too, is one value."""
    for name in before:
        if name not in after:
            yield SetField(block_id=block_id, path=[*path, name], remove=True)
    for name, value in after.items():
        was = before.get(name)
        if isinstance(was, dict) and isinstance(value, dict) and len(path) < MAX_PATH - 1:
            yield from _fields(block_id, was, value, [*path, name])
        elif name not in before or not same(was, value):
            yield SetField(block_id=block_id, path=[*path, name], value=value)


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: Python alone would take true for 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return bool(one == other)
