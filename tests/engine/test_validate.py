"""Every structural rule of a graph, and that all of them speak at once."""

from __future__ import annotations

import pytest

from app.engine.graph import Edge, Graph, GraphBlock, Problem
from app.engine.validate import MAX_BLOCKS, MAX_EDGES, output_handles, validate
from app.sdk import Port
from tests.support.graphs import block, graph
from tests.support.tiny import takes, tiny, types

BRANCHES = (Port("if"), Port("elif_{n}", each="branches", skip=1), Port("else"))
KNOWN = types(tiny("branch", outputs=BRANCHES), takes("if"))


def problems_of(*edges: str, **blocks: str) -> list[Problem]:
    return validate(graph(*edges, **blocks), KNOWN)


def codes(found: list[Problem]) -> list[str]:
    return [problem.code for problem in found]


def test_a_sound_graph_has_no_problem() -> None:
    assert problems_of("start>check", "check:if>yes", "check:else>no", "yes>end", "no>end", start="start", check="check") == []


def test_an_empty_graph_has_no_problem() -> None:
    assert validate(Graph(), KNOWN) == []


def test_an_unknown_type_is_named_with_its_block() -> None:
    found = problems_of("start>odd", start="start", odd="telepathy")
    assert found == [Problem("UNKNOWN_BLOCK_TYPE", "Unknown block type `telepathy` of block `odd`.", "odd", "type")]


def test_an_id_is_unique() -> None:
    twice = Graph((GraphBlock("a", "noop", ""), GraphBlock("a", "noop", ""), GraphBlock("b", "noop", "")), ())
    found = validate(twice, KNOWN)
    assert [(problem.code, problem.block_id) for problem in found] == [("DUPLICATE_BLOCK_ID", "a")]


def test_an_edge_is_unique() -> None:
    assert codes(problems_of("a>b", "a>b")) == ["DUPLICATE_EDGE"]


def test_two_edges_between_the_same_blocks_may_leave_different_handles() -> None:
    assert problems_of("check:if>end", "check:else>end", check="check") == []


@pytest.mark.parametrize(("source", "target", "lost"), [("a", "gone", "target"), ("gone", "a", "source")])
def test_both_ends_of_an_edge_are_blocks(source: str, target: str, lost: str) -> None:
    found = validate(Graph((GraphBlock("a", "noop", ""),), (Edge("e", source, target),)), KNOWN)
    assert [(problem.code, problem.block_id, problem.field) for problem in found] == [("UNKNOWN_BLOCK", "gone", lost)]


def test_a_handle_that_the_block_does_not_have_is_named_with_those_it_has() -> None:
    found = problems_of("check:maybe>end", check="check")
    assert codes(found) == ["UNKNOWN_HANDLE"]
    assert "has no output handle `maybe`; it has `if`, `else`, `error`." in found[0].message
    assert found[0].block_id == "check"


def test_every_block_has_an_error_handle() -> None:
    assert problems_of("a:error>b") == []


def test_nothing_leads_into_a_trigger() -> None:
    found = problems_of("a>start", start="start")
    assert codes(found) == ["UNKNOWN_HANDLE"]
    assert found[0].message.endswith("has no input handle `input`; it has no input.")


def test_an_input_handle_must_exist() -> None:
    edge = Edge("e", "a", "b", "output", "left")
    found = validate(Graph((GraphBlock("a", "noop", ""), GraphBlock("b", "noop", "")), (edge,)), KNOWN)
    assert [(problem.block_id, problem.field) for problem in found] == [("b", "input.left")]


@pytest.mark.parametrize(("count", "handles"), [(0, "if else error"), (1, "if else error"), (3, "if elif_1 elif_2 else error")])
def test_handles_follow_the_configuration(count: int, handles: str) -> None:
    branch = tiny("branch", outputs=BRANCHES)
    drawn = GraphBlock("a", "branch", "", config={"branches": [{}] * count})
    assert output_handles(branch, drawn) == tuple(handles.split())


def test_an_edge_from_a_branch_that_was_removed_is_found() -> None:
    drawn = graph("pick:elif_2>end", pick=block("pick", "branch", {"branches": [{}, {}]}))
    assert codes(validate(drawn, KNOWN)) == ["UNKNOWN_HANDLE"]


def test_a_cycle_is_named_with_its_members_only() -> None:
    found = problems_of("start>a", "a>b", "b>c", "c>a", "c>end", start="start")
    assert codes(found) == ["CYCLE"]
    assert "`a`, `b`, `c`" in found[0].message
    assert "start" not in found[0].message
    assert "end" not in found[0].message


def test_a_block_that_leads_into_itself_is_a_cycle() -> None:
    assert codes(problems_of("a>a")) == ["CYCLE"]


def test_two_cycles_are_two_problems() -> None:
    found = problems_of("a>b", "b>a", "c>d", "d>c")
    assert sorted(problem.block_id or "" for problem in found) == ["a", "c"]


def test_all_rules_speak_at_once() -> None:
    found = problems_of("a>b", "b>a", "a:nowhere>c", "c>c", odd="telepathy")
    assert codes(found) == ["UNKNOWN_BLOCK_TYPE", "UNKNOWN_HANDLE", "CYCLE", "CYCLE"]


def test_too_many_blocks_are_refused_before_anything_else() -> None:
    many = Graph(tuple(GraphBlock(f"b{n}", "telepathy", "") for n in range(MAX_BLOCKS + 1)), ())
    assert [problem.message for problem in validate(many, KNOWN)] == ["A graph may have 5,000 blocks; this one has 5,001."]


def test_too_many_edges_are_refused() -> None:
    many = Graph((GraphBlock("a", "noop", ""),), tuple(Edge(f"e{n}", "a", "a") for n in range(MAX_EDGES + 1)))
    assert codes(validate(many, KNOWN)) == ["TOO_MANY_EDGES"]


def test_the_longest_cycle_needs_no_recursion() -> None:
    ring = [GraphBlock(f"b{n}", "noop", "") for n in range(MAX_BLOCKS)]
    edges = [Edge(f"e{n}", f"b{n}", f"b{(n + 1) % MAX_BLOCKS}") for n in range(MAX_BLOCKS)]
    found = validate(Graph(tuple(ring), tuple(edges)), KNOWN)
    assert codes(found) == ["CYCLE"]
    assert found[0].message.count("`") == 40
    assert "and more" in found[0].message
