"""A small picture of a graph for a gallery card: numbers in, shapes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.engine.graph import Graph
from app.sdk import Block

WIDTH: Final = 150.0
HEIGHT: Final = 76.0
MARGIN: Final = 12.0


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    title: str
    icon: str
    role: str
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Sketch:
    view_box: str
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    label: str


def sketch(graph: Graph, block_of: Callable[[str], Block | None]) -> Sketch:
    """Every block as a box where it stands and every edge as a curve from right to left side."""
    boxes = tuple(_box(block.x, block.y, block.name or block.type, block_of(block.type)) for block in graph.blocks)
    places = {block.id: box for block, box in zip(graph.blocks, boxes, strict=True)}
    lines = tuple(
        _curve(places[edge.source], places[edge.target])
        for edge in graph.edges
        if edge.source in places and edge.target in places
    )
    return Sketch(_view_box(boxes), boxes, lines, "From left to right: " + ", ".join(box.title for box in boxes))


def _box(x: float, y: float, title: str, block: Block | None) -> Box:
    role = "trigger" if block and block.trigger else "answer" if block and block.answers else "step"
    return Box(x, y, title, block.icon if block else "box", role)


def _curve(source: Box, target: Box) -> str:
    x1, y1 = source.x + source.width, source.y + source.height / 2
    x2, y2 = target.x, target.y + target.height / 2
    bend = max(abs(x2 - x1) / 2, 24.0)
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"


def _view_box(boxes: tuple[Box, ...]) -> str:
    if not boxes:
        return f"0 0 {WIDTH:g} {HEIGHT:g}"
    left, top = min(box.x for box in boxes) - MARGIN, min(box.y for box in boxes) - MARGIN
    right, bottom = max(box.x + box.width for box in boxes) + MARGIN, max(box.y + box.height for box in boxes) + MARGIN
    return f"{left:g} {top:g} {right - left:g} {bottom - top:g}"
