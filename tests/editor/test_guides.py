"""What a dragged box is aligned with, and the lines that show it."""

from __future__ import annotations

from .conftest import Evaluate

GUIDES = """
const { alignment, guideLines, guidePath } = await import("/static/editor/guides.js");
const box = (x, y, width = 100, height = 60) => ({ x, y, width, height });
"""


def test_a_box_snaps_to_the_nearest_edge_or_middle(evaluate: Evaluate) -> None:
    assert evaluate(GUIDES + """
        const others = [box(0, 0), box(300, 200, 40, 20)];
        return [
          alignment(box(4, 500), others, 5), alignment(box(500, -3), others, 5), alignment(box(103, 500), others, 5),
          alignment(box(267, 500), others, 5), alignment(box(800, 182), others, 5),
        ];""") == [
        {"x": -4, "y": None}, {"x": None, "y": 3}, {"x": -3, "y": None}, {"x": 3, "y": None}, {"x": None, "y": -2},
    ]  # fmt: skip


def test_nothing_far_away_attracts(evaluate: Evaluate) -> None:
    assert evaluate(GUIDES + "return [alignment(box(6, 66), [box(0, 0)], 5), alignment(box(0, 0), [], 5)];") == [
        {"x": None, "y": None}, {"x": None, "y": None},
    ]  # fmt: skip


def test_a_middle_is_never_aligned_with_an_edge(evaluate: Evaluate) -> None:
    assert evaluate(GUIDES + "return alignment(box(52, 300), [box(0, 0)], 5);") == {"x": None, "y": None}


def test_lines_reach_over_all_that_is_aligned(evaluate: Evaluate) -> None:
    assert evaluate(GUIDES + """
        const lines = guideLines(box(0, 300), [box(0, 0), box(0, 600, 40), box(777, 777)]);
        return [lines, guidePath(lines)];""") == [
        [
            {"axis": "x", "at": 0, "from": 0, "to": 660},
            {"axis": "x", "at": 50, "from": 0, "to": 360},
            {"axis": "x", "at": 100, "from": 0, "to": 360},
        ],
        "M0,0V660M50,0V360M100,0V360",
    ]  # fmt: skip
