"""Where bodies begin and end, what may lead into them, and what may be named in them."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.graph import Graph
from app.engine.program import compile_program
from app.engine.references import check_sources
from app.engine.regions import MAX_NESTING, cut
from app.engine.validate import MAX_BLOCKS, validate
from app.sdk import Config, Port
from tests.support.flows import flows, looping
from tests.support.graphs import block, graph
from tests.support.tiny import tiny


class Text(Config):
    text: str = ""


KNOWN = flows(tiny("say", config=Text), looping("nest"))


def found(drawn: Graph) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.block_id) for problem in validate(drawn, KNOWN)]


def bodies(*edges: str, **drawn: Any) -> dict[str, set[str]]:
    regions = cut(graph(*edges, **drawn), KNOWN)
    return {container: {block.id for block in body.graph.blocks} for container, body in regions.bodies.items()}


def test_a_body_is_all_that_follows_the_port() -> None:
    found = bodies("start>each", "each:item>a", "a>b", "a:error>c", "each>end", start="start", each="each")
    assert found == {"each": {"a", "b", "c"}}


def test_only_the_outermost_containers_are_cut_and_those_inside_in_turn() -> None:
    drawn = graph("outer:item>inner", "inner:item>a", "inner>b", outer="each", inner="each")
    program = compile_program(drawn, KNOWN)
    assert program.plan.ids == ("outer",)
    assert program.bodies["outer"].plan.ids == ("inner", "b")
    assert program.bodies["outer"].bodies["inner"].plan.ids == ("a",)
    assert program.names.keys() == {"outer", "inner", "a", "b"}
    assert program.step("a").block.type == "noop"


def test_a_container_without_a_body_has_an_empty_one() -> None:
    assert bodies("each>end", each="each") == {"each": set()}


@pytest.mark.parametrize(
    ("edges", "target"),
    [
        (("start>each", "each:item>a", "start>a"), "a"),
        (("each:item>a", "each>a"), "a"),
        (("each:item>a", "other:item>a"), "a"),
        (("each:item>a", "a>b", "start>b"), "b"),
        (("each:item>other", "other:item>a", "each:item>a"), "a"),
    ],
)
def test_an_edge_into_a_body_from_elsewhere_is_refused(edges: tuple[str, ...], target: str) -> None:
    drawn = graph(*edges, each="each", other="each", start="start")
    assert ("EDGE_INTO_BODY", target) in found(drawn)


def test_edges_within_a_body_and_through_its_port_are_fine() -> None:
    drawn = graph("start>each", "each:item>a", "each:item>b", "a>b", "each>end", start="start", each="each")
    assert found(drawn) == []


def nested(depth: int) -> Graph:
    names = [f"n{n}" for n in range(depth)]
    return graph(*(f"{a}:item>{b}" for a, b in zip(names, [*names[1:], "inside"], strict=True)), **dict.fromkeys(names, "nest"))


def test_containers_may_stand_inside_each_other_up_to_a_depth() -> None:
    assert found(nested(MAX_NESTING)) == []
    assert found(nested(MAX_NESTING + 1)) == [("NESTED_TOO_DEEP", "inside")]


def test_the_deepest_graph_is_refused_soon_and_without_recursion() -> None:
    assert [code for code, _ in found(nested(MAX_BLOCKS - 1))] == ["NESTED_TOO_DEEP"]


def test_the_most_containers_beside_each_other_compile() -> None:
    half = MAX_BLOCKS // 2
    drawn = graph(*(f"c{n}:item>b{n}" for n in range(half)), **{f"c{n}": "each" for n in range(half)})
    assert found(drawn) == []
    assert len(compile_program(drawn, KNOWN).bodies) == half


def test_a_cycle_is_told_as_a_cycle() -> None:
    assert ("CYCLE", "a") in found(graph("each:item>a", "a>each", each="each"))


# -- names -----------------------------------------------------------------------------------------------------------


def references(text: str, *edges: str) -> list[str]:
    drawn = graph(*edges, each="each", use=block("use", "say", {"text": f"{{{{ {text} }}}}"}))
    return [problem.code for problem in check_sources(drawn, KNOWN)]


@pytest.mark.parametrize("text", ["before.output", "blocks.before.output", "inside.output", "item", "index", "input"])
def test_a_body_may_name_what_comes_before_its_container_and_in_itself(text: str) -> None:
    assert references(text, "before>each", "each:item>inside", "inside>use") == []


def test_a_body_may_not_name_its_own_container_which_has_no_output_yet() -> None:
    assert references("each.output", "each:item>use") == ["REFERENCE_NOT_BEFORE"]


def test_what_comes_after_the_container_may_name_it_but_no_block_of_its_body() -> None:
    assert references("each.output", "each:item>inside", "each>use") == []
    assert references("inside.output", "each:item>inside", "each>use") == ["REFERENCE_NOT_BEFORE"]


def test_a_body_may_not_name_what_runs_beside_its_container() -> None:
    assert references("beside.output", "start>beside", "start>each", "each:item>use") == ["REFERENCE_NOT_BEFORE"]


def test_a_port_of_a_container_beside_its_body_leads_outside() -> None:
    two = tiny("two", outputs=(Port("output"), Port("item"), Port("more")), body="item")
    drawn = graph("two:item>a", "two:more>b", two="two")
    assert {block.id for block in cut(drawn, flows(two)).outer.blocks} == {"two", "b"}
