"""Stored graphs: secrets sealed beside them, masked for some, minted anew for copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.adapters.vault import Vault, VaultError
from app.catalog import Catalog
from app.engine.graph import Graph, dump_graph
from app.services.graphs import MASK, Graphs
from tests.support.graphs import block, drawing, webhook

SECRET = "a very secret secret"


@pytest.fixture(scope="module")
def graphs() -> Graphs:
    return Graphs(Catalog.load(), Vault(b"k" * 32))


def read(graphs: Graphs, drawn: dict[str, Any]) -> Graph:
    graph, problems = graphs.parse(drawn)
    assert problems == []
    return graph


@pytest.fixture
def graph(graphs: Graphs) -> Graph:
    return read(
        graphs,
        drawing("hook>end", "again>end", hook=webhook("hook", SECRET), again=webhook("again", f"{SECRET} too"), end="response"),
    )


def test_a_stored_graph_comes_back_whole(graphs: Graphs, graph: Graph) -> None:
    assert graphs.restore(graphs.store(graph, "w1"), "w1") == graph


def test_the_stored_form_does_not_hold_the_secrets(graphs: Graphs, graph: Graph) -> None:
    stored = graphs.store(graph, "w1")
    assert SECRET.encode() not in stored
    assert b"secret secret" not in stored
    assert graph.blocks[0].config["webhook_id"].encode() in stored


@pytest.mark.parametrize("secret", ["{{ variables.x }}", "${KEY}", "<a.b>", "é ü", "x", " "])
def test_whatever_the_secret_looks_like_it_is_sealed(graphs: Graphs, secret: str) -> None:
    graph = read(graphs, drawing("hook>end", hook=webhook("hook", f"mark-{secret}"), end="response"))
    stored = graphs.store(graph, "w1")
    assert b"mark-" not in stored
    assert graphs.restore(stored, "w1") == graph


def test_storing_twice_seals_anew(graphs: Graphs, graph: Graph) -> None:
    assert graphs.store(graph, "w1") != graphs.store(graph, "w1")


def test_a_stored_graph_opens_for_its_own_workflow_and_key_only(graphs: Graphs, graph: Graph) -> None:
    stored = graphs.store(graph, "w1")
    with pytest.raises(VaultError):
        graphs.restore(stored, "w2")
    with pytest.raises(VaultError):
        Graphs(Catalog.load(), Vault(b"x" * 32)).restore(stored, "w1")


def test_masked_shows_everything_but_the_secrets(graphs: Graphs, graph: Graph) -> None:
    masked = graphs.masked(graph)
    assert [drawn.config.get("webhook_secret") for drawn in masked.blocks] == [MASK, None, MASK]
    assert SECRET not in str(dump_graph(masked))
    assert masked.blocks[0].config["webhook_id"] == graph.blocks[0].config["webhook_id"]
    assert SECRET in str(dump_graph(graph)), "the graph itself is as it was"


def test_an_empty_secret_is_shown_as_empty(graphs: Graphs) -> None:
    graph = read(graphs, drawing("hook>end", hook=block("hook", "webhook", {"webhook_secret": ""}), end="response"))
    assert graphs.masked(graph) == graph


def test_a_minted_copy_has_ids_and_secrets_of_its_own(graphs: Graphs, graph: Graph) -> None:
    minted = graphs.minted(graph)
    old_hooks, new_hooks = ([drawn for drawn in one.blocks if drawn.type == "webhook"] for one in (graph, minted))
    for old, new in zip(old_hooks, new_hooks, strict=True):
        for field in ("webhook_id", "webhook_secret"):
            assert new.config[field] != old.config[field]
            assert UUID(new.config[field]).version == 4
    assert len({drawn.config["webhook_id"] for drawn in new_hooks}) == 2
    assert (minted.edges, minted.blocks[1]) == (graph.edges, graph.blocks[1])


def test_an_alias_is_stored_under_its_canonical_name(graphs: Graphs) -> None:
    graph = read(graphs, drawing("a>b", a="starter", b=block("b", "function", {"code": "output = 1"})))
    assert graph.blocks[1].type == "code"


def test_a_graph_that_is_far_too_large_is_refused_by_its_size_alone(graphs: Graphs) -> None:
    _, problems = graphs.parse({"blocks": [None] * 5_001, "edges": []})
    assert [problem.code for problem in problems] == ["TOO_MANY_BLOCKS"]


def test_readiness_tells_what_is_missing_and_warns(graphs: Graphs) -> None:
    graph = read(graphs, drawing("start>call", start="starter", call="general_api", alone="code", hook=webhook("hook", "x")))
    found = {(problem.code, problem.block_id, problem.severity) for problem in graphs.readiness(graph)}
    assert ("NOT_CONNECTED", "alone", "warning") in found
    assert any(block_id == "call" and severity == "incomplete" for _, block_id, severity in found)
    switched_off = replace(graph, blocks=tuple(replace(drawn, enabled=drawn.id != "call") for drawn in graph.blocks))
    assert not any(problem.block_id == "call" for problem in graphs.readiness(switched_off))
