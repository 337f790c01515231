"""Operations on graphs: what they do, what takes them back, and that small changes amount to replacing the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.annotations import Annotation, Colour, Kind, dump_annotation
from app.engine.graph import Edge, Graph, GraphBlock, Policy, Retry, dump_block, dump_edge, parse_graph
from app.engine.operations import OPERATIONS, Conflict, Drawing, Operation, applied, apply, difference
from app.engine.operations.differences import same
from tests.support.graphs import block, edge, graph

IDS = ("a", "b", "c", "d", "e")

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "{{ a.output }}"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=2),
    max_leaves=5,
)
configs = st.dictionaries(st.sampled_from("pqr"), values, max_size=3)
policies = st.sampled_from([Policy(), Policy(on_error="continue"), Policy(timeout_ms=5, retry=Retry(attempts=3))])


@st.composite
def an_annotation(draw: st.DrawFn, annotation_id: str) -> Annotation:
    kinds: tuple[Kind, ...] = ("note", "frame")
    colours: tuple[Colour, ...] = ("yellow", "blue")
    kind, colour = draw(st.sampled_from(kinds)), draw(st.sampled_from(colours))
    text, x, width = draw(st.sampled_from(["", "Hi"])), draw(st.integers(0, 1)), draw(st.integers(40, 41))
    return Annotation(annotation_id, kind, text, colour, x, 0, width)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any blocks and edges; whether they make sense as a workflow does not matter here."""
    blocks = tuple(
        GraphBlock(
            block_id,
            draw(st.sampled_from(["code", "split"])),
            draw(st.sampled_from(["", "One", "Two"])),
            draw(st.integers(0, 2)),
            draw(st.integers(0, 2)),
            draw(configs),
            draw(st.booleans()),
            draw(st.sampled_from(["", "a note"])),
            draw(policies),
        )
        for block_id in draw(st.sets(st.sampled_from(IDS)))
    )
    ids = [one.id for one in blocks]
    pairs = draw(st.sets(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=5)) if ids else set()
    edges = tuple(Edge(f"edge_{number}", *pair) for number, pair in enumerate(sorted(pairs)))
    return Graph(blocks, edges, tuple(draw(an_annotation(one)) for one in sorted(draw(st.sets(st.sampled_from(["n1", "n2"]))))))


def is_same(one: Graph, other: Graph) -> bool:
    """Whatever the order of their parts, with true and 1 told apart."""
    return same(parts(one), parts(other))


def parts(found: Graph) -> dict[str, Any]:
    dumped = (*map(dump_block, found.blocks), *map(dump_edge, found.edges), *map(dump_annotation, found.annotations))
    return {part["id"]: part for part in dumped}


@settings(max_examples=150, deadline=None)
@given(graphs(), graphs())
def test_the_difference_of_two_graphs_leads_from_one_to_the_other(before: Graph, after: Graph) -> None:
    assert is_same(apply(before, difference(before, after)), after)


@settings(max_examples=150, deadline=None)
@given(graphs(), graphs())
def test_the_inverses_in_reverse_order_take_everything_back(before: Graph, after: Graph) -> None:
    changed, inverses = applied(before, difference(before, after))
    back = [operation for inverse in reversed(inverses) for operation in inverse]
    assert is_same(apply(changed, back), before)


@settings(max_examples=60, deadline=None)
@given(graphs(), graphs())
def test_operations_survive_being_sent_and_stored(before: Graph, after: Graph) -> None:
    operations = list(difference(before, after))
    assert OPERATIONS.validate_json(OPERATIONS.dump_json(operations)) == operations


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_nothing_differs_from_itself(found: Graph) -> None:
    assert difference(found, found) == ()


def read(*raw: dict[str, Any]) -> list[Operation]:
    return OPERATIONS.validate_python(list(raw))


PAIR = graph("a>b", a=block("a", "code", {"limit": 50, "to": {"host": "x", "port": 1}}), b="response")


def config(found: Graph, block_id: str) -> dict[str, Any]:
    return Drawing(found).blocks[block_id].config


def test_one_field_is_set_beside_its_neighbours() -> None:
    after = apply(PAIR, read({"type": "set_field", "block_id": "a", "path": ["to", "port"], "value": 2}))
    assert config(after, "a") == {"limit": 50, "to": {"host": "x", "port": 2}}
    assert config(PAIR, "a") == {"limit": 50, "to": {"host": "x", "port": 1}}, "the graph that went in is as it was"


def test_a_field_is_removed_and_comes_back() -> None:
    after, inverses = applied(PAIR, read({"type": "set_field", "block_id": "a", "path": ["limit"], "remove": True}))
    assert config(after, "a") == {"to": {"host": "x", "port": 1}}
    assert config(apply(after, list(inverses[0])), "a")["limit"] == 50


def test_a_field_that_is_null_is_not_one_that_is_missing() -> None:
    after, (inverse,) = applied(PAIR, read({"type": "set_field", "block_id": "a", "path": ["new"], "value": None}))
    assert config(after, "a")["new"] is None
    assert "new" not in config(apply(after, list(inverse)), "a")


def test_a_removed_block_takes_the_edges_that_its_author_had_not_seen() -> None:
    after, (inverse,) = applied(PAIR, read({"type": "remove_block", "block_id": "a"}))
    assert ([one.id for one in after.blocks], after.edges) == (["b"], ())
    assert is_same(apply(after, list(inverse)), PAIR)


def test_what_stands_beside_the_configuration_is_set_alone() -> None:
    raw = {"type": "set_block", "block_id": "a", "enabled": False, "policy": {"on_error": "continue"}}
    after = Drawing(apply(PAIR, read(raw))).blocks["a"]
    assert (after.enabled, after.policy.on_error, after.name, after.config) == (False, "continue", "A", PAIR.blocks[0].config)


def test_true_and_one_differ() -> None:
    assert not same(True, 1)
    assert not same([{"p": False}], [{"p": 0}])
    assert same({"p": [1, None]}, {"p": [1.0, None]})


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"type": "add_block", "block": block("a", "code")}, "BLOCK_ID_TAKEN"),
        ({"type": "add_block", "block": {"id": "no type"}}, "VALIDATION_ERROR"),
        ({"type": "remove_block", "block_id": "gone"}, "BLOCK_GONE"),
        ({"type": "move_blocks", "positions": {"a": {"x": 1, "y": 1}, "gone": {"x": 1, "y": 1}}}, "BLOCK_GONE"),
        ({"type": "set_field", "block_id": "gone", "path": ["p"], "value": 1}, "BLOCK_GONE"),
        ({"type": "set_field", "block_id": "a", "path": ["limit", "deeper"], "value": 1}, "FIELD_GONE"),
        ({"type": "set_block", "block_id": "a", "name": "x" * 201}, "VALIDATION_ERROR"),
        ({"type": "set_block", "block_id": "a", "policy": {"on_error": "explode"}}, "VALIDATION_ERROR"),
        ({"type": "connect", "edge": {"id": "a:output>b:input", **edge("a>b")}}, "EDGE_ID_TAKEN"),
        ({"type": "connect", "edge": {"id": "new", **edge("a>gone")}}, "BLOCK_GONE"),
        ({"type": "connect", "edge": {"source": "a"}}, "VALIDATION_ERROR"),
        ({"type": "disconnect", "edge_id": "gone"}, "EDGE_GONE"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_changes_nothing(raw: dict[str, Any], code: str) -> None:
    fits = {"type": "set_block", "block_id": "a", "notes": "fits"}
    with pytest.raises(Conflict) as refused:
        apply(PAIR, read(fits, raw))
    assert (refused.value.code, refused.value.index) == (code, 1)
    drawing = Drawing(PAIR)
    with pytest.raises(Conflict):
        drawing.do(read(raw)[0])
    assert drawing.graph() == PAIR


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "explode"},
        {"block_id": "a"},
        {"type": "remove_block"},
        {"type": "remove_block", "block_id": 3},
        {"type": "remove_block", "block_id": "a", "more": 1},
        {"type": "move_blocks", "positions": {}},
        {"type": "move_blocks", "positions": {"a": {"x": float("inf"), "y": 0}}},
        {"type": "set_field", "block_id": "a", "path": []},
        {"type": "set_field", "block_id": "a", "path": ["p"] * 91},
        {"type": "set_field", "block_id": "a", "path": [0]},
    ],
    ids=str,
)
def test_a_malformed_operation_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read(raw)


def test_a_block_of_another_type_is_another_block() -> None:
    after = parse_graph(
        {"blocks": [{**dump_block(PAIR.blocks[0]), "type": "split"}, dump_block(PAIR.blocks[1])],
         "edges": [dump_edge(PAIR.edges[0])]},
        str,
    )[0]  # fmt: skip
    kinds = [operation.type for operation in difference(PAIR, after)]
    assert kinds == ["disconnect", "remove_block", "add_block", "connect"]


NOTED = parse_graph(
    {"blocks": [], "edges": [], "annotations": [{"id": "n", "kind": "note", "text": "Ask Ada"}]}, lambda type: type
)[0]


def test_a_note_is_moved_and_written_apart() -> None:
    moved = {"type": "move_annotations", "positions": {"n": {"x": 8, "y": 16}}}
    said = {"type": "set_annotation", "annotation_id": "n", "text": "Ask Bob"}
    after, inverses = applied(NOTED, read(moved, said))
    assert dump_annotation(after.annotations[0]) | {"size": None} == {
        "id": "n", "kind": "note", "text": "Ask Bob", "colour": "yellow", "position": {"x": 8, "y": 16}, "size": None
    }  # fmt: skip
    assert apply(after, [*inverses[1], *inverses[0]]) == NOTED


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"type": "remove_annotation", "annotation_id": "gone"}, "ANNOTATION_GONE"),
        ({"type": "move_annotations", "positions": {"gone": {"x": 0, "y": 0}}}, "ANNOTATION_GONE"),
        ({"type": "add_annotation", "annotation": {"id": "n", "kind": "note"}}, "ANNOTATION_ID_TAKEN"),
        ({"type": "add_annotation", "annotation": {"id": "m", "kind": "poster"}}, "VALIDATION_ERROR"),
        ({"type": "set_annotation", "annotation_id": "n", "colour": "infrared"}, "VALIDATION_ERROR"),
        ({"type": "set_annotation", "annotation_id": "n", "size": {"width": 1, "height": 99}}, "VALIDATION_ERROR"),
        ({"type": "set_annotation", "annotation_id": "n", "text": "x" * 10_001}, "VALIDATION_ERROR"),
    ],
    ids=lambda given: given if isinstance(given, str) else given["type"],
)
def test_annotations_that_do_not_fit_are_refused(raw: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        apply(NOTED, read(raw))
    assert refused.value.code == code


def test_a_workflow_gets_its_old_name_back() -> None:
    _, (first, second) = applied(Graph(), read(*({"type": "rename_workflow", "name": name} for name in ("B", "C"))), "A")
    assert [one.name for one in (*first, *second) if one.type == "rename_workflow"] == ["A", "B"]
