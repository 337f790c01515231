"""The picture of a graph on a gallery card."""

from __future__ import annotations

from app.catalog import Catalog
from app.engine.graph import Edge, Graph, GraphBlock
from app.web.pages.sketch import sketch

GRAPH = Graph(
    (
        GraphBlock("a", "webhook", "Call", 100, 50),
        GraphBlock("b", "response", "Answer", 400, 190),
        GraphBlock("c", "gone", "", 400, 50),
    ),
    (Edge("1", "a", "b"), Edge("2", "a", "nowhere")),
)


def test_blocks_are_boxes_by_role_and_edges_run_from_side_to_side() -> None:
    picture = sketch(GRAPH, Catalog.load().get)
    assert [(box.title, box.role) for box in picture.boxes] == [("Call", "trigger"), ("Answer", "answer"), ("gone", "step")]
    assert picture.lines == ("M250 88C325 88 325 228 400 228",)
    assert picture.view_box == "88 38 474 240"


def test_an_empty_graph_has_an_empty_picture() -> None:
    assert sketch(Graph(), Catalog.of().get).boxes == ()
