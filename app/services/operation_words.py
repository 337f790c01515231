"""Operations in the words of the people who draw: “Fetch”: Limit 50 → 100; “Approval” removed before “Send”."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.catalog import Catalog
from app.describe import FormField, form
from app.engine.graph import Edge, Graph, GraphBlock
from app.engine.operations import (
    AddAnnotation,
    AddBlock,
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
    apply,
)
from app.sdk import Json

SHOWN_KINDS = frozenset({"text", "integer", "number", "switch", "choice", "expression", "workflow", "credential"})
"""Kinds of fields whose values are told; of all others only that they changed."""
LONGEST_VALUE = 40
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a person would say has changed, and which operations it is made of."""

    text: str
    block_id: str | None
    operations: tuple[int, ...]


class Words:
    """Tells operations in words, with the titles that the forms show."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def changes(self, before: Graph, operations: Sequence[Operation]) -> list[Change]:
        """What the operations change in this graph; they must fit it."""
        return _Telling(self._catalog, before, operations).changes()


class _Telling:
    def __init__(self, catalog: Catalog, before: Graph, operations: Sequence[Operation]) -> None:
        self._catalog = catalog
        self._operations = operations
        self._before = Drawing(before)
        self._after = Drawing(apply(before, operations))
        self._added = {str(one.block.get("id")) for one in operations if isinstance(one, AddBlock)}
        self._removed = {one.block_id for one in operations if isinstance(one, RemoveBlock)}
        self._owned: defaultdict[str, list[int]] = defaultdict(list)
        """Operations on edges that need no words, because they come and go with a block."""

    def changes(self) -> list[Change]:
        told: list[tuple[int, str, str | None]] = []
        for index, operation in enumerate(self._operations):
            owner = self._owner(operation)
            if owner is not None:
                self._owned[owner].append(index)
            else:
                told += [(index, text, block_id) for text, block_id in self._tell(operation)]
        return [
            Change(text, block_id, tuple(sorted({index, *self._with(self._operations[index], block_id)})))
            for index, text, block_id in told
        ]

    def _with(self, operation: Operation, block_id: str | None) -> list[int]:
        return self._owned[block_id] if block_id and isinstance(operation, (AddBlock, RemoveBlock)) else []

    def _owner(self, operation: Operation) -> str | None:
        """The block whose coming or going explains an operation."""
        match operation:
            case RemoveBlock(block_id=block_id) if block_id in self._added:
                return block_id
            case Connect(edge=edge):
                ends = (edge.get("source"), edge.get("target"))
                return next((str(end) for end in ends if end in self._added), None)
            case Disconnect(edge_id=edge_id) if edge_id in self._before.edges:
                edge_before = self._before.edges[edge_id]
                gone = next((end for end in (edge_before.source, edge_before.target) if end in self._removed), None)
                return gone or self._inserted_on(edge_before)
        return None

    def _inserted_on(self, edge: Edge) -> str | None:
        """The new block that stands now between the ends of an edge that was there before."""
        followers = (self._after.edges[found].target for found in self._after_ids(edge.source))
        return next((one for one in followers if one in self._added and self._leads(one, edge.target)), None)

    def _after_ids(self, block_id: str) -> list[str]:
        return [edge.id for edge in self._after.edges_of(block_id) if edge.source == block_id]

    def _leads(self, source: str, target: str) -> bool:
        return any(self._after.edges[found].target == target for found in self._after_ids(source))

    def _tell(self, operation: Operation) -> list[tuple[str, str | None]]:
        match operation:
            case AddBlock(block=block):
                block_id = str(block["id"])
                verb = "replaced" if block_id in self._removed else "added"
                return [(f"{self._name(block_id)} {verb}{self._place(self._after, block_id)}", block_id)]
            case RemoveBlock(block_id=block_id):
                return [(f"{self._name(block_id)} removed{self._way_on(block_id)}", block_id)]
            case MoveBlocks(positions=positions):
                if len(positions) == 1:
                    (block_id,) = positions
                    return [(f"{self._name(block_id)} moved", block_id)]
                return [(f"{len(positions)} blocks moved", None)]
            case SetField():
                return [(f"{self._name(operation.block_id)}: {self._field(operation)}", operation.block_id)]
            case SetBlock():
                return [(text, operation.block_id) for text in self._beside(operation)]
            case Connect(edge=edge):
                return [(f"{self._name(str(edge['source']))} connected to {self._name(str(edge['target']))}", None)]
            case Disconnect(edge_id=edge_id):
                edge_before = self._before.edges.get(edge_id)
                if edge_before is None:
                    return []
                return [(f"{self._name(edge_before.source)} no longer connected to {self._name(edge_before.target)}", None)]
            case RenameWorkflow(name=name):
                return [(f"Workflow renamed {quoted(name)}", None)]
            case _:
                return [(text, None) for text in self._of_annotation(operation)]

    def _of_annotation(self, operation: Operation) -> list[str]:
        match operation:
            case AddAnnotation(annotation=annotation):
                return [f"{self._annotation(str(annotation['id']))} added"]
            case RemoveAnnotation(annotation_id=annotation_id):
                return [f"{self._annotation(annotation_id)} removed"]
            case MoveAnnotations(positions=positions) if len(positions) > 1:
                return [f"{len(positions)} notes and frames moved"]
            case MoveAnnotations(positions=positions):
                return [f"{self._annotation(next(iter(positions)))} moved"]
            case SetAnnotation(annotation_id=annotation_id, text=text):
                return [f"{self._annotation(annotation_id)} {'changed' if text is None else 'rewritten'}"]
            case _:
                return []

    def _annotation(self, annotation_id: str) -> str:
        """Its kind, and how its text begins."""
        found = self._after.annotations.get(annotation_id) or self._before.annotations.get(annotation_id)
        lines = found.text.strip().splitlines() if found else []
        kind = "Frame" if found and found.kind == "frame" else "Note"
        return f"{kind} {quoted(lines[0])}" if lines else kind

    def _name(self, block_id: str) -> str:
        found = self._before.blocks.get(block_id) or self._after.blocks.get(block_id)
        return quoted((found.name if found else "") or block_id)

    def _place(self, drawing: Drawing, block_id: str) -> str:
        before, after = self._neighbours(drawing, block_id)
        if before and after:
            return f" between {before[0]} and {after[0]}"
        return f" after {before[0]}" if before else f" before {after[0]}" if after else ""

    def _way_on(self, block_id: str) -> str:
        before, after = self._neighbours(self._before, block_id)
        return f" before {after[0]}" if after else f" after {before[0]}" if before else ""

    def _neighbours(self, drawing: Drawing, block_id: str) -> tuple[list[str], list[str]]:
        edges = drawing.edges_of(block_id)
        return (
            [self._name(edge.source) for edge in edges if edge.target == block_id],
            [self._name(edge.target) for edge in edges if edge.source == block_id],
        )

    def _beside(self, operation: SetBlock) -> list[str]:
        name, given = self._name(operation.block_id), operation
        told = []
        if given.name is not None:
            told.append(f"{name} renamed {quoted(given.name)}")
        if given.enabled is not None:
            told.append(f"{name} switched {'on' if given.enabled else 'off'}")
        if given.notes is not None:
            told.append(f"{name}: notes changed")
        if given.policy is not None:
            told.append(f"{name}: what happens on errors and how often it is tried changed")
        return told

    def _field(self, operation: SetField) -> str:
        before, after = (drawing.blocks.get(operation.block_id) for drawing in (self._before, self._after))
        block = before or after
        fields = self._fields_of(block)
        field, title = _find(fields, operation.path)
        if field is None or field.kind not in SHOWN_KINDS:
            return f"{title} changed"
        was, now = _at(before, operation.path), _at(after, operation.path)
        if _too_long(was) or _too_long(now):
            return f"{title} changed"
        return f"{title} {value_words(was)} → {value_words(now)}"

    def _fields_of(self, block: GraphBlock | None) -> tuple[FormField, ...]:
        declared = self._catalog.get(block.type) if block else None
        return form(declared) if declared else ()


def _find(fields: Sequence[FormField], path: Sequence[str]) -> tuple[FormField | None, str]:
    """The form's field at a path, and its title; of what is inside a value, the title of the value and its own name."""
    titles: list[str] = []
    for place, name in enumerate(path):
        field = next((one for one in fields if one.name == name), None)
        if field is None:
            return None, ", ".join([*titles, *(part.replace("_", " ") for part in path[place:])])[:LONGEST_NAME]
        titles.append(field.title)
        fields = field.fields if field.kind == "object" else ()
        if place == len(path) - 1:
            return field, ", ".join(titles)
    return None, ", ".join(titles)


def _at(block: GraphBlock | None, path: Sequence[str]) -> Json:
    value: Json = block.config if block else None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _too_long(value: Json) -> bool:
    return isinstance(value, (dict, list)) or (isinstance(value, str) and (len(value) > LONGEST_VALUE or "\n" in value))


def value_words(value: Json) -> str:
    """A short value as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "empty" if value is None or value == "" else str(value)


def quoted(name: str) -> str:
    return f"“{name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + '…'}”"
