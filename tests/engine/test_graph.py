"""Graphs from JSON and back, and what is said about those that are malformed."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.graph import Edge, Graph, GraphBlock, Policy, Problem, dump_graph, parse_graph
from app.sdk import Json
from tests.support.graphs import block, drawing, edge, graph


def parse(raw: Json) -> tuple[Graph, list[Problem]]:
    return parse_graph(raw, lambda type: {"function": "code"}.get(type, type))


def one_block(**more: Json) -> dict[str, Any]:
    return {"blocks": [{"id": "a", "type": "noop"} | more], "edges": []}


def test_a_picture_becomes_blocks_and_edges() -> None:
    drawn = graph("start>check", "check:if>yes")
    assert [block.id for block in drawn.blocks] == ["start", "check", "yes"]
    assert [(edge.source, edge.source_handle, edge.target) for edge in drawn.edges] == [
        ("start", "output", "check"),
        ("check", "if", "yes"),
    ]


def test_everything_that_a_person_drew_comes_back_from_json() -> None:
    policy = Policy(timeout_ms=500, on_error="continue")
    blocks = (
        GraphBlock("a", "code", "Add up", 10.5, -3, {"code": "1"}, False, "remember", policy),
        GraphBlock("b", "noop", ""),
    )
    drawn = Graph(blocks, (Edge("e1", "a", "b", "error", "input"),))
    read, problems = parse(dump_graph(drawn))
    assert problems == []
    assert read == drawn


def test_what_may_be_left_out_has_defaults() -> None:
    read, problems = parse(
        {"blocks": [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop"}], "edges": [{"source": "a", "target": "b"}]}
    )
    assert problems == []
    assert read.blocks[0] == GraphBlock("a", "noop", "", 0, 0, {}, True, "", Policy())
    assert read.edges == (Edge("a:output>b:input", "a", "b", "output", "input"),)


def test_an_empty_handle_is_the_usual_one() -> None:
    drawn = drawing("a>b")
    drawn["edges"][0] |= {"sourceHandle": None, "targetHandle": ""}
    read, problems = parse(drawn)
    assert problems == []
    assert (read.edges[0].source_handle, read.edges[0].target_handle) == ("output", "input")


def test_an_alias_becomes_the_type_itself() -> None:
    read, _ = parse(one_block(type="function"))
    assert read.blocks[0].type == "code"


@pytest.mark.parametrize("raw", [None, [], "graph", 7])
def test_a_graph_is_an_object(raw: Json) -> None:
    read, problems = parse(raw)
    assert read == Graph()
    assert [problem.message for problem in problems] == ["A graph is an object with blocks and edges."]


@pytest.mark.parametrize(
    ("raw", "places"), [({}, ["blocks", "edges"]), ({"blocks": {}, "edges": []}, ["blocks"]), ({"blocks": []}, ["edges"])]
)
def test_blocks_and_edges_are_lists(raw: Json, places: list[str]) -> None:
    assert [problem.field for problem in parse(raw)[1]] == places


def test_an_unknown_field_of_the_graph_is_named() -> None:
    _, problems = parse({"blocks": [], "edges": [], "nodes": []})
    assert [problem.message for problem in problems] == ["Unknown field `nodes` in the graph."]


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"id": ""}, "blocks.0.id", "must not be empty"),
        ({"id": "a b"}, "blocks.0.id", "may not hold spaces"),
        ({"id": "<a>"}, "blocks.0.id", "may not hold spaces"),
        ({"id": "x" * 101}, "blocks.0.id", "at most 100 characters"),
        ({"id": 7}, "blocks.0.id", "valid string"),
        ({"type": None}, "blocks.0.type", "valid string"),
        ({"position": {"x": float("nan"), "y": 0}}, "blocks.0.position.x", "finite number"),
        ({"position": {"x": "12", "y": 0}}, "blocks.0.position.x", "valid number"),
        ({"config": []}, "blocks.0.config", "valid dictionary"),
        ({"enabled": "yes"}, "blocks.0.enabled", "valid boolean"),
        ({"policy": {"timeout_ms": 0}}, "blocks.0.policy.timeout_ms", "greater than or equal to 1"),
        ({"policy": {"on_error": "ignore"}}, "blocks.0.policy.on_error", "'fail' or 'continue'"),
        ({"colour": "red"}, "blocks.0.colour", "is not a known field"),
    ],
)
def test_a_malformed_block_is_left_out_and_its_place_named(more: dict[str, Json], field: str, message: str) -> None:
    read, problems = parse(one_block(**more))
    assert read.blocks == ()
    assert [problem.field for problem in problems] == [field]
    assert problems[0].severity == "error"
    assert message in problems[0].message


def test_a_problem_names_the_block_when_its_id_can_be_read() -> None:
    _, problems = parse(one_block(colour="red"))
    assert problems[0].block_id == "a"
    assert problems[0].message == "Block `a`: `colour` is not a known field."


@pytest.mark.parametrize("item", [None, "a", 7, []])
def test_what_is_not_an_object_is_no_block_and_no_edge(item: Json) -> None:
    read, problems = parse({"blocks": [item], "edges": [item]})
    assert read == Graph()
    assert [problem.field for problem in problems] == ["blocks.0", "edges.0"]


def test_all_problems_are_found_at_once_and_the_sound_rest_is_read() -> None:
    raw = {"blocks": [block("a", "noop"), {"type": "noop"}, {"id": "c"}], "edges": [edge("a>a"), {"source": "a"}]}
    read, problems = parse(raw)
    assert [block.id for block in read.blocks] == ["a"]
    assert len(read.edges) == 1
    assert [problem.field for problem in problems] == ["blocks.1.id", "blocks.2.type", "edges.1.target"]


def test_a_problem_never_repeats_the_value() -> None:
    _, problems = parse(one_block(enabled="sesame-open"))
    assert "sesame-open" not in problems[0].message
