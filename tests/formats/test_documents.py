"""Workflows as text: every form is read back as it was written, and what a form has no words for is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.graph import Graph, parse_graph
from app.formats.documents import Head, first_expressible, read_document, write_document
from app.formats.forms import Form
from app.formats.layers import read_layers, write_layers
from app.formats.tasks import CannotExpress, keep_layout
from app.formats.text import NotReadable
from tests.support.graphs import block, drawing

TRIGGERS = {"starter", "webhook"}
IDS = ("a", "b", "c", "d", "a:if", "start", "x-approval", "x")


def parsed(raw: dict[str, Any]) -> Graph:
    graph, problems = parse_graph(raw, lambda type: type)
    assert not problems, problems
    return graph


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs with triggers, gates, odd ids, policies, disabled blocks and edges from several ports."""
    names = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6))
    blocks = [
        {
            "id": name,
            "type": draw(st.sampled_from(["util.log", "flow.gate", "starter", "webhook"])),
            "name": draw(st.sampled_from(["", name, "Start", "Odd name", "a"])),
            "config": draw(st.sampled_from([{}, {"title": "t"}, {"variables": []}])),
            "enabled": draw(st.booleans()),
            "policy": draw(st.sampled_from([{}, {"retry": {"attempts": 3}}, {"timeout_ms": 5, "run_if": "a"}])),
        }
        for name in names
    ]
    pairs = [(source, target) for place, source in enumerate(names) for target in names[place + 1 :]]
    edges = [
        {"source": source, "target": target, "sourceHandle": draw(st.sampled_from(["output", "if", "approved"]))}
        for source, target in pairs
        if draw(st.booleans())
    ]
    return parsed({"blocks": blocks, "edges": edges})


def content(graph: Graph) -> tuple[object, object]:
    """Everything but the order, and names that only repeat an id."""
    named = [replace(found, name=found.name or ("" if found.type in TRIGGERS else found.id)) for found in graph.blocks]
    blocks = {found.id: found for found in named}
    return blocks, {(edge.source, edge.source_handle, edge.target, edge.target_handle) for edge in graph.edges}


@settings(max_examples=200, deadline=None)
@given(graphs(), st.sampled_from(["tasks", "nodes", "graph"]))
def test_a_form_is_read_back_as_it_was_written(graph: Graph, form: Form) -> None:
    try:
        text = write_document(form, Head("x"), graph, TRIGGERS)
    except CannotExpress:
        assert form != "graph"
        return
    assert content(parsed(keep_layout(read_document(text).graph, graph))) == content(graph)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_layers_stand_for_the_same_graph(graph: Graph) -> None:
    try:
        found = read_layers(graph, TRIGGERS)
    except CannotExpress:
        return
    again = parsed(keep_layout(write_layers(found.triggers, found.layers), graph))
    assert content(again)[1] == content(graph)[1]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (drawing("a", a=block("a", "util.log", notes="why")), "block `a` has notes"),
        (drawing("a", a=block("a", "util.log", policy={"cache_ttl_ms": 5})), "block `a` has pinned data, a cache"),
        (drawing("a", s=block("s", "starter"), a=block("a", "util.log")), "nothing leads to block `a`"),
        (drawing("s>a", s=block("s", "starter", enabled=False), a=block("a", "util.log")), "block `s`"),
    ],
    ids=["notes", "cache", "unreached", "disabled start"],
)
def test_what_has_no_words_is_refused_with_the_reason(raw: dict[str, Any], reason: str) -> None:
    graph = parsed(raw)
    with pytest.raises(CannotExpress) as refused:
        write_document("tasks", Head("x"), graph, TRIGGERS)
    assert reason in str(refused.value)
    assert "blocks:" in first_expressible(("tasks", "nodes"), Head("x"), graph, TRIGGERS)


def test_tasks_run_in_their_order_and_may_name_each_other_or_a_port() -> None:
    text = """
name: x
tasks:
  - {name: Get it, type: general_api}
  - {name: check, type: condition}
  - {name: yes, type: util.log, depends_on: ["check:if"]}
  - {name: no, type: util.log, depends_on: ["check:else", Get it]}
"""
    graph = read_document(text).graph
    assert {(edge["source"], edge["sourceHandle"], edge["target"]) for edge in graph["edges"]} == {
        ("Get-it", "output", "check"),
        ("check", "if", "yes"),
        ("check", "else", "no"),
        ("Get-it", "output", "no"),
    }


def test_an_approval_becomes_a_gate_before_its_task() -> None:
    text = "name: x\ntasks:\n  - {name: a, type: util.log}\n  - {name: b, type: util.log, needs_approval: {title: Sure?}}\n"
    graph = parsed(read_document(text).graph)
    assert [(found.id, found.type) for found in graph.blocks] == [
        ("a", "util.log"),
        ("b-approval", "flow.gate"),
        ("b", "util.log"),
    ]
    assert "needs_approval:\n    title: Sure?" in write_document("tasks", Head("x"), graph, TRIGGERS)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("- a", "", 1),
        ("name: x", "", 1),
        ("name: x\ntasks:\n  - type: util.log", "tasks.0.name", 3),
        ("name: x\ntasks:\n  - name: a\n    type: util.log\n    color: red", "tasks.0.color", 5),
        ("name: x\ntasks:\n  - name: a\n    type: b\n    depends_on: [c]", "tasks.0.depends_on", 5),
        ("name: x\nnodes:\n  - id: a\n    type: b\n    config: 7", "nodes.0.config", 5),
        ("name: x\nblocks: 7", "blocks", 2),
    ],
    ids=["list", "nothing", "missing", "unknown", "dependency", "type", "blocks"],
)
def test_a_problem_of_form_names_its_path_and_line(text: str, path: str, line: int) -> None:
    with pytest.raises(NotReadable) as refused:
        read_document(text)
    assert [(problem.path, problem.line) for problem in refused.value.problems] == [(path, line)]


def test_the_complete_form_keeps_notes_and_frames() -> None:
    note = {
        "id": "n", "kind": "note", "text": "Ask Ada:\n- today", "colour": "pink", "position": {"x": 1.5, "y": -8},
        "size": {"width": 240, "height": 160},
    }  # fmt: skip
    graph = parsed({"blocks": [], "edges": [], "annotations": [note, note | {"id": "f", "kind": "frame"}]})
    assert parsed(read_document(write_document("graph", Head("x"), graph, TRIGGERS)).graph) == graph
    assert "annotations" not in read_document(write_document("graph", Head("x"), Graph(), TRIGGERS)).graph
