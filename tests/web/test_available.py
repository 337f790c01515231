"""Which values a block's fields can use."""

from __future__ import annotations

from app.engine.graph import Edge, Graph, GraphBlock
from app.web.available import available

GRAPH = Graph(
    (
        GraphBlock("start", "starter", "Start"),
        GraphBlock("fetch-it", "code", "Fetch"),
        GraphBlock("use", "code", "Use"),
        GraphBlock("after", "code", ""),
    ),
    (Edge("1", "start", "fetch-it"), Edge("2", "fetch-it", "use"), Edge("3", "use", "after")),
)


def test_variables_and_the_blocks_before_are_offered_the_nearest_first() -> None:
    values = available(GRAPH, "use", {"name": "Ada"}, {"start": {"name": "Ada", "not a name": 1}})
    assert [(value.label, value.path, value.sample) for value in values] == [
        ("Variable, name", "variables.name", "Ada"),
        ("Fetch", 'blocks["fetch-it"].output', ""),
        ("Start", "blocks.start.output", '{"name": "Ada", "not a name": 1}'),
        ("Start, name", "blocks.start.output.name", "Ada"),
    ]


def test_a_long_sample_is_cut() -> None:
    assert len(available(GRAPH, "use", {"text": "x" * 500}, {})[0].sample) == 80


def test_a_cycle_ends_the_search() -> None:
    ring = Graph(GRAPH.blocks, (*GRAPH.edges, Edge("4", "after", "fetch-it")))
    assert {value.label for value in available(ring, "use", {}, {})} == {"Fetch", "Start", "after"}
