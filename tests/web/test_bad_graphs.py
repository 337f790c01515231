"""Graphs that cannot be saved: every problem in one 400, each with its block and field (contract.md G24)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.graphs import block, drawing, edge, webhook
from tests.support.server import Client


def put(client: Client, workflow: str, drawn: Any, **headers: str) -> Any:
    return client.put(f"/api/workflows/{workflow}/graph", json=drawn, headers=headers)


def refused(client: Client, workflow: str, drawn: Any) -> list[dict[str, Any]]:
    """The problems of a graph that is refused."""
    answer = put(client, workflow, drawn)
    assert answer.status_code == 400, answer.text[:300]
    details: list[dict[str, Any]] = answer.json()["details"]
    assert details
    assert answer.json()["message"].startswith(details[0]["message"][:20]) or answer.json()["error"] == "UNKNOWN_BLOCK_TYPE"
    return details


WRONG_BLOCK_FIELDS: list[tuple[str, Any]] = [
    ("id", 7), ("id", ""), ("id", None), ("id", "a b"), ("id", "<b>"), ("id", "x" * 101), ("id", "a\nb"),
    ("type", 7), ("type", ""), ("type", None), ("name", 7), ("name", "x" * 201), ("name", None),
    ("position", 7), ("position", {"x": "1", "y": 2}), ("position", {"x": 1, "z": 2}), ("position", [1, 2]),
    ("config", []), ("config", "x"), ("config", None), ("enabled", "yes"), ("enabled", 1), ("enabled", None),
    ("notes", 7), ("notes", "x" * 10_001), ("policy", []), ("policy", {"timeout_ms": 0}), ("policy", {"timeout_ms": "1"}),
    ("policy", {"on_error": "ignore"}), ("policy", {"retries": 3}), ("colour", "red"), ("data", {}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_BLOCK_FIELDS, ids=lambda part: repr(part)[:30])
def test_a_wrong_field_of_a_block_is_named(client: Client, kept: str, field: str, value: Any) -> None:
    drawn = drawing("start>end", start="starter", end="response")
    drawn["blocks"][1][field] = value
    problems = refused(client, kept, drawn)
    assert any(problem["field"].startswith(f"blocks.1.{field}") for problem in problems)
    assert all(problem["code"] == "VALIDATION_ERROR" for problem in problems if problem["field"].startswith("blocks.1"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", 7),
        ("source", None),
        ("target", ["end"]),
        ("sourceHandle", 1),
        ("targetHandle", {}),
        ("id", 7),
        ("id", "x" * 201),
        ("sourceHandle", "x" * 101),
        ("label", "new"),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_a_wrong_field_of_an_edge_is_named(client: Client, kept: str, field: str, value: Any) -> None:
    drawn = drawing("start>end", start="starter", end="response")
    drawn["edges"][0][field] = value
    assert [problem["field"] for problem in refused(client, kept, drawn)] == [f"edges.0.{field}"]


@pytest.mark.parametrize("part", ["blocks", "edges"])
@pytest.mark.parametrize("value", [None, 7, "x", {}, [7], ["x"], [None], [[]]], ids=repr)
def test_parts_that_are_no_objects_are_named(client: Client, kept: str, part: str, value: Any) -> None:
    drawn = drawing("start>end", start="starter", end="response") | {part: value}
    assert any(str(problem["field"]).startswith(part) for problem in refused(client, kept, drawn))


@pytest.mark.parametrize("missing", ["id", "type"])
def test_a_missing_id_or_type_is_named(client: Client, kept: str, missing: str) -> None:
    drawn: dict[str, Any] = {
        "blocks": [{key: value for key, value in block("a", "starter").items() if key != missing}],
        "edges": [],
    }
    [problem] = refused(client, kept, drawn)
    assert (problem["field"], "is needed" in problem["message"]) == (f"blocks.0.{missing}", True)


def test_unknown_fields_of_the_graph_are_named(client: Client, kept: str) -> None:
    drawn = drawing("start>end", start="starter", end="response") | {"nodes": [], "version": 2}
    assert [problem["field"] for problem in refused(client, kept, drawn)] == ["nodes", "version"]


def test_a_duplicate_id_is_named(client: Client, kept: str) -> None:
    drawn = {"blocks": [block("a", "starter"), block("b", "response"), block("b", "code")], "edges": [edge("a>b")]}
    problems = refused(client, kept, drawn)
    assert [(problem["code"], problem["block_id"]) for problem in problems] == [("DUPLICATE_BLOCK_ID", "b")]


def test_the_same_edge_twice_is_refused(client: Client, kept: str) -> None:
    drawn = drawing("a>b", "a>b", a="starter", b="response")
    assert [problem["code"] for problem in refused(client, kept, drawn)] == ["DUPLICATE_EDGE"]


def test_edges_to_nowhere_are_named(client: Client, kept: str) -> None:
    drawn = {"blocks": [block("a", "starter")], "edges": [edge("a>ghost"), edge("phantom>a")]}
    problems = [problem for problem in refused(client, kept, drawn) if problem["code"] == "UNKNOWN_BLOCK"]
    assert [(problem["block_id"], problem["field"]) for problem in problems] == [("ghost", "target"), ("phantom", "source")]


@pytest.mark.parametrize(
    ("edges", "field"),
    [("check:elif_2>end", "output.elif_2"), ("check:output>end", "output.output"), ("end>check", "output.output"),
     ("check:if>start", "input.input"), ("start:if>end", "output.if")],
)  # fmt: skip
def test_unknown_handles_are_named_with_the_known_ones(client: Client, kept: str, edges: str, field: str) -> None:
    two = block("check", "condition", {"branches": [{"expression": "true"}, {"expression": "true"}]})
    drawn = drawing("start>check", edges, start="starter", check=two, end="response")
    problems = refused(client, kept, drawn)
    assert ("UNKNOWN_HANDLE", field) in [(problem["code"], problem["field"]) for problem in problems]
    if "elif" in field:
        assert "`if`, `elif_1`, `else`" in problems[0]["message"]


def test_a_cycle_names_its_blocks(client: Client, kept: str) -> None:
    drawn = drawing("s>a", "a>b", "b>c", "c>a", "c>end", s="starter", a="code", b="code", c="code", end="response")
    [problem] = refused(client, kept, drawn)
    assert problem["code"] == "CYCLE"
    assert "`a`, `b`, `c`." in problem["message"]
    assert "`end`" not in problem["message"]


def test_a_block_that_follows_itself_is_a_cycle(client: Client, kept: str) -> None:
    [problem] = refused(client, kept, drawing("s>a", "a>a", s="starter", a="code"))
    assert (problem["code"], problem["block_id"]) == ("CYCLE", "a")


def test_every_problem_comes_at_once(client: Client, kept: str) -> None:
    drawn = {
        "blocks": [
            block("s", "starter"), block("odd", "teleport"), block("dup", "code"), block("dup", "code"),
            block("x", "code"), block("y", "code"), block("bad", "code") | {"enabled": "yes"},
        ],
        "edges": [edge("s>ghost"), edge("s:nope>x"), edge("x>y"), edge("y>x"), {"source": "s"}],
        "extra": 1,
    }  # fmt: skip
    codes = {problem["code"] for problem in refused(client, kept, drawn)}
    assert {"VALIDATION_ERROR", "UNKNOWN_BLOCK_TYPE", "DUPLICATE_BLOCK_ID", "UNKNOWN_HANDLE", "CYCLE"} <= codes
    fields = {problem["field"] for problem in refused(client, kept, drawn)}
    assert {"extra", "blocks.6.enabled", "edges.4.target"} <= fields


def many(number: int) -> dict[str, Any]:
    """A graph of so many blocks, in chains of a hundred."""
    blocks = [block(f"b{n}", "code", {"code": "output = 1"}) for n in range(number)]
    return {"blocks": blocks, "edges": [edge(f"b{n}>b{n + 1}") for n in range(number - 1) if n % 100 != 99]}


def test_five_thousand_and_one_blocks_are_refused(client: Client, kept: str) -> None:
    [problem] = refused(client, kept, many(5_001))
    assert (problem["code"], problem["field"]) == ("TOO_MANY_BLOCKS", "blocks")
    assert "5,000" in problem["message"]


def test_five_thousand_blocks_are_saved_and_read(client: Client, kept: str) -> None:
    workflow = client.new()
    began = time.monotonic()
    assert put(client, workflow, many(5_000)).json()["blocks"] == 5_000
    assert len(client.drawn(workflow)["blocks"]) == 5_000
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("item", ["{}", '{"id":"a","type":"starter"}', "0"])
def test_a_flood_of_blocks_is_refused_at_once(client: Client, kept: str, item: str) -> None:
    body = f'{{"blocks": [{",".join([item] * (7_000_000 // (len(item) + 1)))}], "edges": []}}'
    began = time.monotonic()
    answer = client.put(f"/api/workflows/{kept}/graph", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, [problem["code"] for problem in answer.json()["details"]]) == (400, ["TOO_MANY_BLOCKS"])
    assert time.monotonic() - began < 5


def test_twenty_thousand_and_one_edges_are_refused(client: Client, kept: str) -> None:
    drawn = {
        "blocks": [block("a", "starter"), block("b", "code")],
        "edges": [edge("a>b") | {"id": f"e{n}"} for n in range(20_001)],
    }
    [problem] = refused(client, kept, drawn)
    assert problem["code"] == "TOO_MANY_EDGES"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [('"2"', 412), ('"0"', 412), ("999", 412), ("abc", 400), ('"-1"', 400), ('"1.0"', 400), ("9" * 30, 400)],
)
def test_if_match_that_is_stale_or_garbage_changes_nothing(client: Client, kept: str, if_match: str, status: int) -> None:
    answer = put(client, kept, {"blocks": [], "edges": []}, **{"If-Match": if_match})
    assert answer.status_code == status
    assert answer.json()["error"] == ("STALE_REVISION" if status == 412 else "VALIDATION_ERROR")
    assert status == 400 or answer.json()["revision"] == 1


@pytest.mark.parametrize("if_match", ['"1"', 'W/"1"', "1", "*", ""])
def test_if_match_that_fits_saves(client: Client, if_match: str) -> None:
    workflow = client.new()
    assert put(client, workflow, drawing("a>b", a="starter", b="response"), **{"If-Match": if_match}).json()["revision"] == 2


def test_a_webhook_id_twice_in_a_workflow_is_refused(client: Client, kept: str) -> None:
    hook = webhook("one")
    twin = hook | {"id": "two", "config": hook["config"] | {"webhook_id": hook["config"]["webhook_id"].upper()}}
    [problem] = refused(client, kept, {"blocks": [hook, twin], "edges": []})
    assert (problem["code"], problem["block_id"], problem["field"]) == ("DUPLICATE_WEBHOOK_ID", "two", "webhook_id")


def test_a_webhook_id_of_another_workflow_is_refused(client: Client, kept: str) -> None:
    hook = webhook()
    client.deployed(hook)
    stolen = block("thief", "webhook", hook["config"] | {"webhook_secret": "mine"})
    for drawn in ({"blocks": [stolen], "edges": []},):
        [problem] = refused(client, kept, drawn)
        assert (problem["code"], problem["block_id"]) == ("WEBHOOK_ID_TAKEN", "thief")
        answer = client.post("/api/workflows", json={"name": "Thief", **drawn})
        assert (answer.status_code, answer.json()["details"][0]["code"]) == (400, "WEBHOOK_ID_TAKEN")
    assert client.get("/api/workflows/Thief").status_code == 404


def test_a_webhook_id_is_free_again_when_its_workflow_is_gone(client: Client) -> None:
    hook = webhook()
    workflow = client.new(hook)
    assert client.delete(f"/api/workflows/{workflow}").status_code == 200
    assert client.new(hook)
