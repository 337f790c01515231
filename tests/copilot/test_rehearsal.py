"""Simulations of graphs that are stored nowhere: they compute, act on nothing, end, and leave nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.adapters.sandbox import MontySandbox
from app.catalog import Catalog
from app.engine.graph import parse_graph
from app.services.copilot import rehearsal
from app.services.copilot.rehearsal import Rehearsals, Rehearsed
from tests.support.graphs import block, edge
from tests.support.peer import Peer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
async def run(catalog: Catalog) -> AsyncIterator[Any]:
    sandbox = MontySandbox()

    async def rehearsed(*blocks: dict[str, Any], edges: tuple[str, ...], given: Any = None, **more: Any) -> Rehearsed:
        raw = {"blocks": list(blocks), "edges": [edge(text) for text in edges]}
        graph, problems = parse_graph(raw, lambda type: type)
        assert not problems
        return await Rehearsals(catalog, sandbox).run(graph, given or {}, **more)

    yield rehearsed
    sandbox.close()


async def test_blocks_compute_and_those_with_an_effect_do_not_act(run: Any) -> None:
    with Peer() as peer:
        found = await run(
            block("start", "starter"), block("sum", "code", {"code": "return input['a'] + 1"}),
            block("send", "general_api", {"method": "POST", "url": f"{peer.url}/take", "body": "{{ sum.output }} ${KEY}"}),
            block("keep", "kv.set", {"key": "x", "value": "{{ sum.output }}"}),
            block("end", "response", {"body": "{{ sum.output }}"}),
            edges=("start>sum", "sum>send", "send>keep", "keep>end"), given={"a": 2}, credentials=["KEY"],
        )  # fmt: skip
        assert peer.seen == []
    assert (found.status, found.output) == ("completed", 3)
    send = next(step for step in found.steps if step.block_id == "send")
    assert "did not run" in send.log[0]
    assert "${KEY}" in send.log[0]


async def test_what_blocks_remember_is_forgotten(run: Any) -> None:
    for _ in range(2):
        found = await run(
            block("start", "starter"), block("once", "flow.once", {"key": "same"}), edges=("start>once",)
        )  # fmt: skip
        assert found.steps[-1].ports == ("first",)


async def test_a_failure_names_its_block(run: Any) -> None:
    found = await run(block("start", "starter"), block("bad", "code", {"code": "return input['no']"}), edges=("start>bad",))
    assert (found.status, found.failed_block) == ("failed", "bad")
    assert "KeyError" in found.error


async def test_it_ends_where_it_would_wait(run: Any) -> None:
    found = await run(block("start", "starter"), block("ask", "flow.wait", {"seconds": 60}), edges=("start>ask",))
    assert (found.status, found.error) == ("waiting", "It waits at block `ask`.")


async def test_it_ends_when_it_takes_too_long(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MOST_EVENTS", 20)
    found = await run(
        block("start", "starter"), block("loop", "flow.loop", {"items": "{{ [1] * 50 }}"}), block("in", "flow.noop"),
        edges=("start>loop", "loop:item>in"),
    )  # fmt: skip
    assert found.status == "timed_out"


async def test_several_starts_begin_at_the_first(run: Any) -> None:
    hook = {"webhook_id": "6f1c0a52-3f60-4f0e-9a55-0a3f4f8a1c11", "webhook_secret": "x"}
    found = await run(
        block("a", "webhook", hook), block("b", "trigger.event", {"event": "x"}), block("end", "response"),
        edges=("a>end", "b>end"),
    )  # fmt: skip
    assert found.status == "completed"
