"""The graph by API: contract.md A188, A189, A200-A203, A263-A265."""

from __future__ import annotations

import pytest

from tests.support.graphs import block, drawing
from tests.support.server import Client


def test_a188_put_graph_replaces_the_whole_graph(client: Client) -> None:
    workflow = client.new(block("old", "starter"), block("older", "response"), edges=["old>older"])
    saved = client.put(f"/api/workflows/{workflow}/graph", json=drawing("start>end", start="starter", end="response"))
    assert (saved.status_code, saved.json()["ok"]) == (200, True)
    assert (saved.json()["blocks"], saved.json()["edges"], saved.json()["revision"]) == (2, 1, 2)
    found = client.get(f"/api/workflows/{workflow}").json()
    assert [drawn["id"] for drawn in found["blocks"]] == ["start", "end"]
    assert [(edge["source"], edge["target"]) for edge in found["edges"]] == [("start", "end")]


def test_a189_a_graph_is_blocks_and_edges(client: Client) -> None:
    workflow = client.new()
    drawn = {
        "blocks": [
            block("a", "starter", name="Begin", position={"x": 40, "y": -7.5}, enabled=True),
            block("b", "response", {"status": 201}, name="End", position={"x": 320, "y": 0}, enabled=False),
        ],
        "edges": [{"id": "e1", "source": "a", "target": "b", "sourceHandle": "output", "targetHandle": "input"}],
    }
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn).status_code == 200
    found = client.get(f"/api/workflows/{workflow}/graph").json()
    assert {"blocks": found["blocks"], "edges": found["edges"]} == drawn


@pytest.mark.parametrize("missing", ["blocks", "edges"])
def test_a189_a_graph_needs_both(client: Client, missing: str) -> None:
    workflow = client.new(block("kept", "starter"))
    drawn = drawing("a>b", a="starter", b="response")
    answer = client.put(f"/api/workflows/{workflow}/graph", json={key: drawn[key] for key in drawn if key != missing})
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["details"]] == [missing]
    assert [kept["id"] for kept in client.drawn(workflow)["blocks"]] == ["kept"]


def test_a200_function_is_an_alias_of_code(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("sum", "function", {"code": "output = 6 * 7"}), edges=["start>sum"])
    assert [kept["type"] for kept in client.drawn(workflow)["blocks"]] == ["starter", "code"]
    assert client.execute(workflow)["output"] == 42


def test_a201_api_call_is_an_alias_of_general_api(client: Client, server_url: str) -> None:
    workflow = client.new(
        block("start", "starter"), block("call", "api_call", {"url": f"{server_url}/healthz"}), edges=["start>call"]
    )
    assert [kept["type"] for kept in client.drawn(workflow)["blocks"]] == ["starter", "general_api"]
    assert client.execute(workflow)["output"]["body"] == {"status": "ok"}


def test_a202_there_is_a_block_registry(client: Client) -> None:
    listed = {entry["type"]: entry for entry in client.get("/api/blocks").json()["blocks"]}
    canonical = {
        "starter", "agent", "code", "condition", "general_api", "platform_api", "response", "split", "webhook", "orchestration",
    }  # fmt: skip
    assert canonical <= set(listed)
    assert [port["name"] for port in listed["condition"]["outputs"]] == ["if", "elif_{n}", "else"]
    assert listed["response"]["outputs"] == []
    assert listed["starter"]["inputs"] == []


@pytest.mark.parametrize(
    "edge", [{"sourceHandle": "nonsense"}, {"targetHandle": "nonsense"}, {"source": "end", "target": "start"}], ids=str
)
def test_a202_the_graph_is_checked_against_the_registry(client: Client, edge: dict[str, str]) -> None:
    workflow = client.new(block("start", "starter"), block("end", "response"))
    drawn = drawing("start>end", start="starter", end="response")
    drawn["edges"][0] |= edge
    answer = client.put(f"/api/workflows/{workflow}/graph", json=drawn)
    assert answer.status_code == 400
    assert {problem["code"] for problem in answer.json()["details"]} == {"UNKNOWN_HANDLE"}


def test_a203_an_unknown_block_type_is_400_unknown_block_type(client: Client) -> None:
    workflow = client.new(block("kept", "starter"))
    before = client.drawn(workflow)
    answer = client.put(f"/api/workflows/{workflow}/graph", json=drawing("start>odd", start="starter", odd="teleport"))
    assert (answer.status_code, answer.json()["error"]) == (400, "UNKNOWN_BLOCK_TYPE")
    assert answer.json()["message"].startswith("Unknown block type")
    assert [(problem["block_id"], problem["field"]) for problem in answer.json()["details"]] == [("odd", "type")]
    assert client.drawn(workflow) == before


def test_a263_a_graph_is_stored_by_put_and_stays(client: Client) -> None:
    workflow = client.new()
    drawn = drawing("a>b", "b:if>c", a="starter", b=block("b", "condition", {"branches": [{"expression": "true"}]}), c="response")
    saved = client.put(f"/api/workflows/{workflow}/graph", json=drawn, headers={"If-Match": '"1"'})
    assert (saved.status_code, saved.json()["revision"], saved.headers["etag"]) == (200, 2, '"2"')
    assert [kept["id"] for kept in client.drawn(workflow)["blocks"]] == ["a", "b", "c"]
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn, headers={"If-Match": '"1"'}).status_code == 412


def test_a264_every_unknown_block_type_is_named_at_once(client: Client) -> None:
    drawn = drawing("a>b", "b>c", a="starter", b="teleport", c="timewarp")
    answer = client.put(f"/api/workflows/{client.new()}/graph", json=drawn)
    assert answer.status_code == 400
    assert [problem["block_id"] for problem in answer.json()["details"]] == ["b", "c"]


def test_a265_blocks_run_after_all_that_they_follow(client: Client) -> None:
    sources = {"c": "input", "b": "input", "d": "{**input['b'], **input['c']}"}
    blocks = [block(id, "code", {"code": f"output = {text} | {{'{id}': 1}}"}) for id, text in sources.items()]
    workflow = client.new(
        block("end", "response"),
        *blocks,
        block("way", "split"),
        block("a", "starter"),
        edges=["d>end", "c>d", "b>d", "way:branch_2>c", "way:branch_1>b", "a>way"],
    )
    result = client.execute(workflow)
    order = [step["block_id"] for step in result["steps"]]
    assert [order[:2], set(order[2:4]), order[4:]] == [["a", "way"], {"b", "c"}, ["d", "end"]]
    assert result["output"] == {"b": 1, "c": 1, "d": 1}
