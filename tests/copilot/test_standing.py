"""Drafts and how they stand, without a server: what is refused, what is placed, and edges that wait for their other end."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalog import Catalog
from app.engine.graph import Graph, parse_graph
from app.engine.operations import apply
from app.services.copilot.data import seen, shape
from app.services.copilot.drafting import Drafting, Refused
from app.services.copilot.proposals import Proposal, Proposals, chosen, read_proposal, rebased
from app.services.copilot.search_words import ranked
from tests.support.graphs import block, edge


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def graph(*blocks: dict[str, Any], edges: tuple[str, ...] = ()) -> Graph:
    found, problems = parse_graph({"blocks": list(blocks), "edges": [edge(text) for text in edges]}, lambda type: type)
    assert not problems
    return found


def proposed(catalog: Catalog, before: Graph, *operations: dict[str, Any]) -> Proposal:
    return Proposals(catalog).made("x", before, Drafting(catalog).draft(before, list(operations)), (), None)


def new(id: str) -> dict[str, Any]:
    return {"type": "add_block", "block": {"id": id, "type": "code", "config": {"code": "return 1"}}}


def to(source: str, target: str) -> dict[str, Any]:
    return {"type": "connect", "edge": {"source": source, "target": target}}


START = graph(block("start", "starter", position={"x": 0, "y": 0}), block("end", "response", position={"x": 300, "y": 0}))


def test_new_blocks_stand_beside_what_leads_to_them_and_on_nothing(catalog: Catalog) -> None:
    after = Drafting(catalog).draft(START, [new("a"), new("b"), new("c"), to("start", "a"), to("start", "b"), to("a", "c")]).after
    places = {one.id: (one.x, one.y) for one in after.blocks}
    assert len(set(places.values())) == 5
    assert places["a"][0] > places["start"][0]
    assert places["c"][0] > places["a"][0]


def test_an_edge_waits_until_both_its_ends_are_taken(catalog: Catalog) -> None:
    proposal = proposed(catalog, START, new("a"), new("b"), to("start", "a"), to("a", "b"), to("b", "end"))
    of = {change.block_id: change.id for change in proposal.changes}
    operations, later = chosen(proposal, START, [of["a"]])
    first = apply(START, operations)
    assert [(one.source, one.target) for one in first.edges] == [("start", "a")]
    assert len(later) == 1
    rest = read_proposal((rebased(proposal, START, first)).stored().decode())
    operations, left = chosen(Proposal(rest.summary, rest.operations, rest.changes, later=later), first, [of["b"]])
    assert {(one.source, one.target) for one in apply(first, operations).edges} == {("start", "a"), ("a", "b"), ("b", "end")}
    assert left == ()


def test_a_proposal_is_the_same_after_it_was_kept(catalog: Catalog) -> None:
    proposal = proposed(catalog, START, new("a"), to("start", "a"), {"type": "set_block", "block_id": "end", "name": "Reply"})
    assert read_proposal(proposal.stored().decode()) == proposal


@pytest.mark.parametrize(
    "operations",
    [[], [new("a")] * 201, ["text"], [{"type": "add_block"}], [{"type": "move_blocks", "positions": {}}], [{"type": "set_field"}],
     [{"type": "add_block", "block": {"id": "x", "type": "code", "config": {"code": "a" * 200_001}}}]],
    ids=["nothing", "too-many", "no-object", "no-block", "no-places", "no-field", "too-large"],
)  # fmt: skip
def test_a_draft_that_is_none_is_refused(catalog: Catalog, operations: list[Any]) -> None:
    with pytest.raises(Refused):
        Drafting(catalog).draft(START, operations)


def test_values_are_shown_by_their_form_alone() -> None:
    value = {"name": "Ada", "price": "12,50", "items": [{"id": 1}, {"id": 2}], "paid": True, "none": None}
    assert shape(value) == {
        "name": "<text, 3 characters>", "price": "<text, 5 characters, looks like a number>",
        "items": [{"id": "<whole number>"}, "<1 more items>"], "paid": "<true or false>", "none": None,
    }  # fmt: skip
    assert seen({"api_key": "sk-1", "name": "Ada"}, shares_values=True) == {"api_key": "***", "name": "Ada"}
    deep: Any = "x"
    for _ in range(50):
        deep = {"in": deep}
    assert "further down" in str(shape(deep))


def test_things_are_found_by_words_of_two_languages() -> None:
    things = {"mail": "Send an email", "csv": "Read a table as CSV", "gate": "Ask for approval"}
    asked = {"schicke eine E-Mail": "mail", "Tabellen lesen": "csv", "Freigabe einholen": "gate", "approvals": "gate"}
    for words, wanted in asked.items():
        assert ranked(words, things, lambda name: [(things[name], 1)])[:1] == [wanted], words
    assert ranked("zebra", things, lambda name: [(things[name], 1)]) == []
    assert ranked("", things, lambda name: [(things[name], 1)]) == list(things)
