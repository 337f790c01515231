"""Pure: notes and frames as a model writes them. Ids, colours, sizes and places that it leaves out are filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import uuid4

from app.engine.graph import Graph
from app.engine.operations import AddAnnotation, Operation
from app.sdk import Json

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

CARD = (232.0, 120.0)
"""The size of a usual card."""
MARGIN = 40.0
TITLE = 32.0
GAP = 24.0
SIZES = {"note": (240.0, 144.0), "frame": (560.0, 320.0)}
COLOURS = {"note": "yellow", "frame": "blue"}
FIRST = (80.0, 120.0)


def completed(raw: Mapping[str, Json]) -> tuple[dict[str, Json], list[str]]:
    """An annotation with what was left out, and the ids of the blocks that it belongs to."""
    kind = raw.get("kind") if raw.get("kind") in SIZES else "note"
    width, height = SIZES[str(kind)]
    standard = {"id": f"{kind}_{uuid4().hex[:12]}", "kind": kind, "colour": COLOURS[str(kind)]}
    around = raw.get("around")
    given = {name: value for name, value in raw.items() if name != "around"}
    whole = {**standard, "size": {"width": width, "height": height}, **given}
    return whole, [str(one) for one in around] if isinstance(around, list) else []


def arranged(operations: Sequence[Operation], after: Graph, around: Mapping[str, Sequence[str]]) -> list[Operation]:
    """The operations with places for the notes and frames in `around`, which belong to these blocks, or to none."""
    cards = {block.id: _box(block.x, block.y, *CARD) for block in after.blocks}
    taken = [*cards.values(), *(_box(one.x, one.y, one.width, one.height) for one in after.annotations if one.id not in around)]
    boxes: dict[str, Box] = {}
    # Frames first: what belongs to a block in one of them goes above it.
    for annotation in sorted((one for one in after.annotations if one.id in around), key=lambda one: one.kind):
        held = [cards[block_id] for block_id in around[annotation.id] if block_id in cards]
        size = (annotation.width, annotation.height)
        boxes[annotation.id] = _frame(held) if annotation.kind == "frame" and held else _free(size, held, taken)
        taken.append(boxes[annotation.id])
    return [_with_place(operation, boxes) for operation in operations]


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x, y, x + width, y + height


def _placed(box: Box) -> dict[str, Json]:
    left, top, right, bottom = box
    return {"position": {"x": left, "y": top}, "size": {"width": right - left, "height": bottom - top}}


def _with_place(operation: Operation, boxes: Mapping[str, Box]) -> Operation:
    box = boxes.get(str(operation.annotation["id"])) if isinstance(operation, AddAnnotation) else None
    if box is None or not isinstance(operation, AddAnnotation):
        return operation
    return AddAnnotation(annotation={**operation.annotation, **_placed(box)})


def _frame(held: Iterable[Box]) -> Box:
    """Around these boxes, with room for a title."""
    left, top, right, bottom = _around(held)
    return left - MARGIN, top - MARGIN - TITLE, right + MARGIN, bottom + MARGIN


def _free(size: tuple[float, float], held: Sequence[Box], taken: Sequence[Box]) -> Box:
    """Above what it belongs to, or above everything, and on top of nothing."""
    below = held or taken
    if not below:
        return _box(*FIRST, *size)
    left, top, _, _ = _around(below)
    box = _box(left, top - GAP - size[1], *size)
    while (other := next((one for one in taken if _overlap(box, one)), None)) is not None:
        box = _box(left, other[1] - GAP - size[1], *size)
    return box


def _around(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
