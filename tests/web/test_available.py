"""Which values a block's fields can use, as a tree with samples, and what expressions would see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.catalog import Catalog
from app.engine.expressions import Budget
from app.engine.graph import Edge, Graph, GraphBlock
from app.web.available import Sample, ValueNode, available, sample_scope, secrets_shown
from app.web.pages.values import preview

CATALOG = Catalog.load()
START = GraphBlock("start", "starter", "Start", config={"variables": [{"name": "name", "type": "text", "default": "Ada"}]})
GRAPH = Graph(
    (START, GraphBlock("fetch-it", "code", "Fetch"), GraphBlock("use", "code", "Use"), GraphBlock("after", "code", "")),
    (Edge("1", "start", "fetch-it"), Edge("2", "fetch-it", "use"), Edge("3", "use", "after")),
)
LOOP = Graph(
    (START, GraphBlock("each", "flow.loop", "Each"), GraphBlock("do", "code", "Do"), GraphBlock("end", "code", "End")),
    (Edge("1", "start", "each"), Edge("2", "each", "do", "item"), Edge("3", "each", "end", "output")),
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def paths(node: ValueNode) -> list[str]:
    return [node.path, *(path for child in node.children for path in paths(child))]


def test_variables_and_the_blocks_before_are_offered_the_nearest_first_as_trees() -> None:
    sample = Sample({"name": "Ada"}, {"start": {"name": "Ada", "not a name": [1, {"x": 2}]}}, GRAPH)
    sources = available(GRAPH, "use", CATALOG, sample)
    assert [(source.node.label, source.state) for source in sources] == [
        ("Variables", "sampled"),
        ("Fetch", "unknown"),
        ("Start", "sampled"),
    ]
    assert sources[1].node.path == 'blocks["fetch-it"].output'
    assert paths(sources[2].node) == [
        "blocks.start.output",
        "blocks.start.output.name",
        'blocks.start.output["not a name"]',
        'blocks.start.output["not a name"][0]',
        'blocks.start.output["not a name"][1]',
        'blocks.start.output["not a name"][1].x',
    ]
    assert [(child.type, child.sample) for child in sources[2].node.children] == [("text", "Ada"), ("list of 2", '[1, {"x": 2}]')]


def test_a_sample_of_settings_that_have_changed_since_is_marked() -> None:
    before = Graph((GraphBlock("fetch-it", "code", "Fetch", config={"code": "old"}), *GRAPH.blocks[2:]), GRAPH.edges)
    states = {source.block_id: source.state for source in available(GRAPH, "use", CATALOG, Sample({}, {"fetch-it": 1}, before))}
    assert states["fetch-it"] == "changed"


def test_before_the_first_execution_the_declarations_are_offered() -> None:
    variables, *_ = available(GRAPH, "use", CATALOG, Sample())
    name = variables.node.children[0]
    assert (variables.state, name.path, name.type) == ("declared", "variables.name", "text")


def test_what_is_huge_or_deep_is_cut_and_counted() -> None:
    deep: object = 1
    for _ in range(30):
        deep = {"a": deep}
    sources = available(GRAPH, "use", CATALOG, Sample({}, {"start": {str(n): "x" * 500 for n in range(500)}, "fetch-it": deep}))
    by_id = {source.block_id: source.node for source in sources}
    assert (len(by_id["start"].children), by_id["start"].more) == (40, 460)
    assert max(len(child.sample) for child in by_id["start"].children) == 60
    assert len(paths(by_id["fetch-it"])) == 7


def test_inside_a_loop_there_are_item_and_index_and_not_the_loop_itself() -> None:
    sample = Sample({}, {"each": [1]}, LOOP, rounds={"each": {"sku": "A"}})
    inside = [source.node for source in available(LOOP, "do", CATALOG, sample)]
    assert [node.path for node in inside] == ["item", "index", "variables", "blocks.start.output"]
    assert inside[0].children[0].path == "item.sku"
    assert "item" not in [source.node.path for source in available(LOOP, "end", CATALOG, sample)]


def test_a_cycle_ends_the_search() -> None:
    ring = Graph(GRAPH.blocks, (*GRAPH.edges, Edge("4", "after", "fetch-it")))
    assert {source.node.label for source in available(ring, "use", CATALOG, Sample())} == {"Variables", "Fetch", "Start", "after"}


@pytest.mark.parametrize(
    ("text", "bare", "shown"),
    [
        ("Hello {{ blocks.start.output.name }}", False, "Hello Ada"),
        ("input.total * 2", True, "84"),
        ("{{ secrets.KEY }}", False, "••••••"),
        ("{{ input.nam }}", False, "No field `nam` in `input`."),
        ("blocks.after.output", True, "Block `after` has not run on this path"),
        ("10 ** 10 ** 10", True, "The number would be longer than 4096 bits"),
    ],
)
def test_a_preview_shows_the_value_or_why_there_is_none_and_never_a_secret(text: str, bare: bool, shown: str) -> None:
    sample = Sample({}, {"start": {"name": "Ada"}, "fetch-it": {"total": 42}}, GRAPH)
    about = {"execution": {}, "workflow": {}, "secrets": secrets_shown(["KEY"])}
    found = preview(text, bare, sample_scope(GRAPH, "use", CATALOG, sample, NOW, about), Budget())
    assert (found.shown or found.error).startswith(shown)
