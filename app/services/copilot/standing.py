"""Whether a change that was proposed for one state of a graph still fits a later one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.engine.annotations import Annotation, dump_annotation
from app.engine.graph import Graph, GraphBlock, dump_block
from app.engine.operations import (
    AddAnnotation,
    AddBlock,
    Conflict,
    Connect,
    Disconnect,
    Drawing,
    MoveAnnotations,
    MoveBlocks,
    Operation,
    RemoveAnnotation,
    RemoveBlock,
    RenameWorkflow,
    SetAnnotation,
    SetBlock,
    SetField,
)
from app.engine.operations.differences import same
from app.sdk import Json

FIELDS = ("name", "enabled", "notes", "policy")
LOOKS = ("text", "colour", "size")


def stale(base: Drawing, newest: Drawing, operations: Sequence[Operation], coming: Iterable[str]) -> str:
    """Why these operations do not fit the newest graph any more; empty while they do.

    `base` is the graph that they were made for, `coming` the ids of blocks that the same proposal adds.
    """
    looking = _Looking(base, newest, frozenset(coming))
    return next((reason for operation in operations if (reason := looking.reason(operation))), "")


def added(operations: Iterable[Operation]) -> set[str]:
    """The ids of the blocks that operations add."""
    return {str(operation.block["id"]) for operation in operations if isinstance(operation, AddBlock)}


def fitting(newest: Graph, operations: Sequence[tuple[int, Operation]]) -> tuple[list[Operation], list[int]]:
    """Those of the numbered operations that still do something, and the numbers of edges whose other end is not there yet.

    Raises Conflict for one that does not fit.
    """
    drawing = Drawing(newest)
    done: list[Operation] = []
    later: list[int] = []
    for number, operation in operations:
        match operation:
            case Connect(edge=edge) if not {edge.get("source"), edge.get("target")} <= drawing.blocks.keys():
                later.append(number)
                continue
            case Connect(edge=edge) if _is_drawn(drawing, edge):
                continue
            case Connect(edge=edge) if edge.get("id") in drawing.edges:
                operation = Connect(edge={**edge, "id": _free_edge(drawing, operations)})
            case RemoveBlock(block_id=block_id) if block_id not in drawing.blocks:
                continue
            case Disconnect(edge_id=edge_id) if edge_id not in drawing.edges:
                continue
            case MoveBlocks(positions=positions):
                there = {block_id: place for block_id, place in positions.items() if block_id in drawing.blocks}
                if not there:
                    continue
                operation = MoveBlocks(positions=there)
            case RemoveAnnotation(annotation_id=annotation_id) if annotation_id not in drawing.annotations:
                continue
            case MoveAnnotations(positions=positions):
                there = {one: place for one, place in positions.items() if one in drawing.annotations}
                if not there:
                    continue
                operation = MoveAnnotations(positions=there)
            case _:
                pass
        drawing.do(operation)
        done.append(operation)
    return done, later


def _is_drawn(drawing: Drawing, edge: dict[str, Json]) -> bool:
    wanted = (edge.get("target"), edge.get("sourceHandle") or "output", edge.get("targetHandle") or "input")
    ways = drawing.edges_of(str(edge["source"]))
    return any((one.target, one.source_handle, one.target_handle) == wanted for one in ways if one.source == edge["source"])


def _free_edge(drawing: Drawing, operations: Sequence[tuple[int, Operation]]) -> str:
    proposed = {operation.edge.get("id") for _, operation in operations if isinstance(operation, Connect)}
    number = len(drawing.edges) + 1
    while f"edge_{number}" in drawing.edges or f"edge_{number}" in proposed:
        number += 1
    return f"edge_{number}"


class _Looking:
    def __init__(self, base: Drawing, newest: Drawing, coming: frozenset[str]) -> None:
        self._base = base
        self._newest = newest
        self._coming = coming

    def reason(self, operation: Operation) -> str:
        match operation:
            case AddBlock(block=block) if block["id"] in self._newest.blocks:
                if self._base.blocks.get(str(block["id"])) == self._newest.blocks[str(block["id"])]:
                    return ""  # it replaces a block that is removed first
                return f"there is another block with the id `{block['id']}` now"
            case RemoveBlock(block_id=block_id) if block_id in self._newest.blocks:
                return self._changed(block_id)
            case SetField(block_id=block_id, path=path):
                return self._of_block(block_id) or self._of_field(block_id, path)
            case SetBlock(block_id=block_id):
                return self._of_block(block_id) or self._beside(operation)
            case Connect(edge=edge):
                ends = [str(edge.get(end)) for end in ("source", "target")]
                return next((reason for end in ends if end not in self._coming and (reason := self._of_block(end))), "")
            case RenameWorkflow() if self._base.name and self._base.name != self._newest.name:
                return f"the workflow was renamed “{self._newest.name}” meanwhile"
            case _:
                return self._of_annotation(operation)
        return ""

    def _of_annotation(self, operation: Operation) -> str:
        """What somebody has written or drawn meanwhile is neither overwritten nor taken away."""
        annotations = self._newest.annotations
        match operation:
            case AddAnnotation(annotation=annotation) if annotation["id"] in annotations:
                return f"there is another annotation with the id `{annotation['id']}` now"
            case RemoveAnnotation(annotation_id=annotation_id) if annotation_id in annotations:
                return self._rewritten(annotation_id, LOOKS)
            case SetAnnotation(annotation_id=annotation_id):
                if annotation_id not in annotations and annotation_id in self._base.annotations:
                    return f"{_annotation_name(self._base.annotations[annotation_id])} was removed meanwhile"
                return self._rewritten(annotation_id, [name for name in LOOKS if getattr(operation, name) is not None])
        return ""

    def _rewritten(self, annotation_id: str, looks: Iterable[str]) -> str:
        before, now = self._base.annotations.get(annotation_id), self._newest.annotations.get(annotation_id)
        if before is None or now is None:
            return ""
        old, new = dump_annotation(before), dump_annotation(now)
        return f"{_annotation_name(before)} was changed meanwhile" if any(old[name] != new[name] for name in looks) else ""

    def _name(self, block_id: str) -> str:
        block = self._newest.blocks.get(block_id) or self._base.blocks.get(block_id)
        return f"“{block.name or block_id}”" if block else f"block `{block_id}`"

    def _of_block(self, block_id: str) -> str:
        if block_id not in self._newest.blocks:
            return "" if block_id in self._coming else f"{self._name(block_id)} was removed meanwhile"
        before = self._base.blocks.get(block_id)
        if before is not None and before.type != self._newest.blocks[block_id].type:
            return f"{self._name(block_id)} was replaced meanwhile"
        return ""

    def _of_field(self, block_id: str, path: Sequence[str]) -> str:
        before, now = self._base.blocks.get(block_id), self._newest.blocks.get(block_id)
        if before is None or now is None:
            return ""
        if not same(_at(before.config, path), _at(now.config, path)):
            return f"{self._name(block_id)}: {'.'.join(path)} was changed meanwhile"
        return ""

    def _beside(self, operation: SetBlock) -> str:
        before, now = self._base.blocks.get(operation.block_id), self._newest.blocks.get(operation.block_id)
        if before is None or now is None:
            return ""
        old, new = dump_block(before), dump_block(now)
        touched = [name for name in FIELDS if getattr(operation, name) is not None]
        changed = [name for name in touched if old.get(name) != new.get(name)]
        return f"{self._name(operation.block_id)}: {changed[0]} was changed meanwhile" if changed else ""

    def _changed(self, block_id: str) -> str:
        """A block that somebody has worked on meanwhile is not removed."""
        before = self._base.blocks.get(block_id)
        if before is not None and not _same_but_place(before, self._newest.blocks[block_id]):
            return f"{self._name(block_id)} was changed meanwhile"
        return ""


def _same_but_place(one: GraphBlock, other: GraphBlock) -> bool:
    return replace(one, x=0, y=0) == replace(other, x=0, y=0)


def _annotation_name(annotation: Annotation) -> str:
    lines = annotation.text.strip().splitlines()
    return f"the {annotation.kind} “{lines[0][:60]}”" if lines else f"a {annotation.kind}"


_NOTHING: Json = object()


def _at(config: Json, path: Sequence[str]) -> Json:
    value = config
    for name in path:
        value = value[name] if isinstance(value, dict) and name in value else _NOTHING
    return None if value is _NOTHING else value


def conflict_words(conflict: Conflict) -> str:
    """A conflict as part of a sentence."""
    text = conflict.message.rstrip(".")
    return text[:1].lower() + text[1:]
