"""Doing operations to a graph. Pure: a graph goes in, another comes out, with what would take it all back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from app.engine.annotations import MAX_ANNOTATIONS, Annotation, dump_annotation
from app.engine.graph import Edge, Graph, GraphBlock, Problem, dump_block, dump_edge, parse_graph
from app.engine.operations.kinds import (
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
    RenameWorkflow,
    SetAnnotation,
    SetBlock,
    SetField,
)
from app.sdk import Json

FIELDS = ("name", "enabled", "notes", "policy")
"""What `set_block` may change."""
LOOKS = ("text", "colour", "size")
"""What `set_annotation` may change."""


class Conflict(Exception):
    """An operation that does not fit the graph it was meant for."""

    def __init__(self, code: str, message: str, block_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.block_id = block_id
        self.index = 0
        """Which operation of the batch it was, counted from 0."""

    def as_problem(self) -> Problem:
        return Problem(self.code, self.message, self.block_id, f"operations.{self.index}")


def apply(graph: Graph, operations: Sequence[Operation]) -> Graph:
    """The graph after these operations, in their order. Raises Conflict for the first that does not fit."""
    return applied(graph, operations)[0]


def applied(graph: Graph, operations: Sequence[Operation], name: str = "") -> tuple[Graph, tuple[tuple[Operation, ...], ...]]:
    """Like apply, with what takes each operation back. All is taken back by the inverses in reverse order.

    `name` is what the workflow is called before; `rename_workflow` needs it to be taken back.
    """
    drawing, inverses = Drawing(graph, name), []
    for index, operation in enumerate(operations):
        try:
            inverses.append(tuple(drawing.do(operation)))
        except Conflict as conflict:
            conflict.index = index
            raise
    return drawing.graph(), tuple(inverses)


class Drawing:
    """A graph under change, found by id."""

    def __init__(self, graph: Graph, name: str = "") -> None:
        self.name = name
        self.blocks = {block.id: block for block in graph.blocks}
        self.edges = {edge.id: edge for edge in graph.edges}
        self.annotations = {annotation.id: annotation for annotation in graph.annotations}
        self._edges_of: defaultdict[str, set[str]] = defaultdict(set)
        for edge in graph.edges:
            self._note(edge)

    def graph(self) -> Graph:
        return Graph(tuple(self.blocks.values()), tuple(self.edges.values()), tuple(self.annotations.values()))

    def edges_of(self, block_id: str) -> list[Edge]:
        """The edges at a block, in the order of their ids."""
        return [self.edges[edge_id] for edge_id in sorted(self._edges_of.get(block_id, ()))]

    def do(self, operation: Operation) -> list[Operation]:
        """Change the drawing; the operations that take it back. Raises Conflict, and then nothing has changed."""
        match operation:
            case AddBlock():
                return self._add(operation)
            case RemoveBlock():
                return self._remove(operation)
            case MoveBlocks():
                return self._move(operation)
            case SetField():
                return self._set_field(operation)
            case SetBlock():
                return self._set_block(operation)
            case Connect():
                return self._connect(operation)
            case Disconnect():
                return self._disconnect(operation)
            case AddAnnotation():
                return self._annotate(operation)
            case RemoveAnnotation(annotation_id=annotation_id):
                gone = self._annotation(annotation_id)
                del self.annotations[annotation_id]
                return [AddAnnotation(annotation=dump_annotation(gone))]
            case MoveAnnotations():
                return self._move_annotations(operation)
            case SetAnnotation():
                return self._set_annotation(operation)
            case RenameWorkflow():
                before, self.name = self.name, operation.name
                return [RenameWorkflow(name=before)]

    def _add(self, operation: AddBlock) -> list[Operation]:
        block = _parsed(operation.block)
        if block.id in self.blocks:
            raise Conflict("BLOCK_ID_TAKEN", f"There is already a block `{block.id}`.", block.id)
        self.blocks[block.id] = block
        return [RemoveBlock(block_id=block.id)]

    def _remove(self, operation: RemoveBlock) -> list[Operation]:
        block = self._block(operation.block_id)
        edges = self.edges_of(block.id)
        for edge in edges:
            self._forget(edge)
        del self.blocks[block.id]
        return [AddBlock(block=dump_block(block)), *(Connect(edge=dump_edge(edge)) for edge in edges)]

    def _move(self, operation: MoveBlocks) -> list[Operation]:
        moved = {block_id: (self._block(block_id), place) for block_id, place in operation.positions.items()}
        for block_id, (block, place) in moved.items():
            self.blocks[block_id] = replace(block, x=place.x, y=place.y)
        return [MoveBlocks(positions={block_id: Place(x=block.x, y=block.y) for block_id, (block, _) in moved.items()})]

    def _set_field(self, operation: SetField) -> list[Operation]:
        block, path = self._block(operation.block_id), operation.path
        config, before = _with(block, block.config, path, operation)
        self.blocks[block.id] = replace(block, config=config)
        if before is _ABSENT:
            return [SetField(block_id=block.id, path=path, remove=True)]
        return [SetField(block_id=block.id, path=path, value=before)]

    def _set_block(self, operation: SetBlock) -> list[Operation]:
        block = self._block(operation.block_id)
        given = {field: getattr(operation, field) for field in FIELDS if getattr(operation, field) is not None}
        before = dump_block(block)
        self.blocks[block.id] = _parsed(before | given)
        empty: dict[str, Json] = {"notes": "", "policy": {}}
        restored = {field: before.get(field, empty.get(field)) for field in given}
        return [SetBlock.model_validate({"block_id": block.id, **restored})]

    def _connect(self, operation: Connect) -> list[Operation]:
        edge = _parsed_edge(operation.edge)
        if edge.id in self.edges:
            raise Conflict("EDGE_ID_TAKEN", f"There is already an edge `{edge.id}`.")
        for block_id in (edge.source, edge.target):
            self._block(block_id)
        self.edges[edge.id] = edge
        self._note(edge)
        return [Disconnect(edge_id=edge.id)]

    def _disconnect(self, operation: Disconnect) -> list[Operation]:
        edge = self.edges.get(operation.edge_id)
        if edge is None:
            raise Conflict("EDGE_GONE", f"There is no edge `{operation.edge_id}` any more.")
        self._forget(edge)
        return [Connect(edge=dump_edge(edge))]

    def _annotate(self, operation: AddAnnotation) -> list[Operation]:
        annotation = _parsed_annotation(operation.annotation)
        if annotation.id in self.annotations:
            raise Conflict("ANNOTATION_ID_TAKEN", f"There is already an annotation `{annotation.id}`.")
        if len(self.annotations) >= MAX_ANNOTATIONS:
            raise Conflict("TOO_MANY_ANNOTATIONS", f"A graph may have {MAX_ANNOTATIONS:,} notes and frames.")
        self.annotations[annotation.id] = annotation
        return [RemoveAnnotation(annotation_id=annotation.id)]

    def _move_annotations(self, operation: MoveAnnotations) -> list[Operation]:
        moved = {one: (self._annotation(one), place) for one, place in operation.positions.items()}
        for one, (annotation, place) in moved.items():
            self.annotations[one] = replace(annotation, x=place.x, y=place.y)
        back = {one: Place(x=annotation.x, y=annotation.y) for one, (annotation, _) in moved.items()}
        return [MoveAnnotations(positions=back)]

    def _set_annotation(self, operation: SetAnnotation) -> list[Operation]:
        before = dump_annotation(self._annotation(operation.annotation_id))
        given = {field: value for field, value in operation.model_dump().items() if field in LOOKS and value is not None}
        self.annotations[operation.annotation_id] = _parsed_annotation(before | given)
        restored = {field: before[field] for field in given}
        return [SetAnnotation.model_validate({"annotation_id": operation.annotation_id, **restored})]

    def _annotation(self, annotation_id: str) -> Annotation:
        annotation = self.annotations.get(annotation_id)
        if annotation is None:
            raise Conflict("ANNOTATION_GONE", f"There is no annotation `{annotation_id}` any more.")
        return annotation

    def _block(self, block_id: str) -> GraphBlock:
        block = self.blocks.get(block_id)
        if block is None:
            raise Conflict("BLOCK_GONE", f"There is no block `{block_id}` any more.", block_id)
        return block

    def _note(self, edge: Edge) -> None:
        for block_id in (edge.source, edge.target):
            self._edges_of[block_id].add(edge.id)

    def _forget(self, edge: Edge) -> None:
        del self.edges[edge.id]
        for block_id in (edge.source, edge.target):
            self._edges_of[block_id].discard(edge.id)


_ABSENT = object()


def _with(block: GraphBlock, tree: dict[str, Json], path: list[str], operation: SetField) -> tuple[dict[str, Json], object]:
    """A copy of the tree with the value in its place, and what was there before."""
    copy, here = dict(tree), path[0]
    if len(path) > 1:
        child = copy.get(here)
        if not isinstance(child, dict):
            message = f"Block `{block.id}` has no object `{here}` to hold `{'.'.join(operation.path)}`."
            raise Conflict("FIELD_GONE", message, block.id)
        copy[here], before = _with(block, child, path[1:], operation)
        return copy, before
    before = copy.get(here, _ABSENT)
    if operation.remove:
        copy.pop(here, None)
    else:
        copy[here] = operation.value
    return copy, before


def _parsed(raw: dict[str, Json]) -> GraphBlock:
    graph, problems = parse_graph({"blocks": [raw], "edges": []}, lambda type: type)
    if problems:
        raise Conflict(problems[0].code, problems[0].message, problems[0].block_id)
    return graph.blocks[0]


def _parsed_edge(raw: dict[str, Json]) -> Edge:
    graph, problems = parse_graph({"blocks": [], "edges": [raw]}, lambda type: type)
    if problems:
        raise Conflict(problems[0].code, problems[0].message)
    return graph.edges[0]


def _parsed_annotation(raw: dict[str, Json]) -> Annotation:
    graph, problems = parse_graph({"blocks": [], "edges": [], "annotations": [raw]}, lambda type: type)
    if problems:
        raise Conflict(problems[0].code, problems[0].message)
    return graph.annotations[0]
