"""Flow blocks where they belong: in workflows, on the real engine."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.catalog import Catalog
from app.engine.assignment import RecordedStep
from app.engine.validate import validate
from app.sdk import BlockError, Context, Json, Output
from tests.support.graphs import block, graph
from tests.support.tiny import NOW, Ran, Types, drive, tiny

pytestmark = pytest.mark.anyio


@dataclass
class Environment:
    """What the engine lends to the blocks."""

    state: Any = None
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    workspace: str = "workspace-1"


async def compute(context: Context, config: Any, value: Json) -> Output:
    return Output(context.evaluate(config.of, "of"))


async def key_of(context: Context, config: Any, value: Json) -> Output:
    return Output(context.idempotency_key)


def failing(times: int) -> Any:
    left = [BlockError("BUSY", "the line is busy")] * times

    async def execute(context: Context, config: Any, value: Json) -> Output:
        if left:
            raise left.pop()
        return Output("at last")

    return execute


KNOWN = {found.type: found for found in Catalog.load()} | {"compute": tiny("compute", compute), "key": tiny("key", key_of)}


def computes(id: str, of: str) -> Any:
    return block(id, "compute", {"of": of})


async def run(*edges: str, value: Json = None, state: Any = None, fails: int = 0, recorded: Any = (), **drawn: Any) -> Ran:
    known = Types({**KNOWN, "busy": tiny("busy", failing(fails))})
    workflow = graph(*edges, **drawn)
    assert validate(workflow, known) == []
    return await drive(workflow, known, value, environment=Environment(state), recorded=recorded)


async def test_a_loop_runs_its_body_for_each_item_and_goes_on_with_the_results() -> None:
    ran = await run(
        "loop:item>double",
        "loop>after",
        value=[5, 6, 7],
        loop=block("loop", "flow.loop", {"concurrency": 2}),
        double=computes("double", "item * 2 + index"),
        after=computes("after", "[input, loop.output]"),
    )
    assert ran.outcome.output == [[10, 13, 16], [10, 13, 16]]


async def test_every_round_has_a_key_of_its_own() -> None:
    drawn: dict[str, Any] = {"outer": block("outer", "flow.loop"), "inner": block("inner", "flow.loop"), "key": "key"}
    ran = await run("outer:item>inner", "inner:item>key", value=[[1, 2], [3]], **drawn)
    assert len({key for row in ran.outcome.output for key in row}) == 3


ODD = block("odd", "flow.switch", {"mode": "rules", "cases": [{"expression": "input % 2 == 1"}]})
STOP = block("stop", "flow.stop_error", {"message": "{{ input }} is odd", "code": "ODD"})


async def test_a_failing_item_fails_the_loop_or_is_data_in_its_place() -> None:
    edges = ("loop:item>odd", "odd:case_1>stop", "odd:default>even")
    body: dict[str, Any] = {"odd": ODD, "stop": STOP, "even": "flow.noop"}
    failed = await run(*edges, value=[2, 3, 4], loop=block("loop", "flow.loop"), **body)
    assert failed.outcome.error is not None
    assert failed.outcome.error.code == "ODD"
    assert "item 2" in failed.outcome.error.message
    went_on = await run(*edges, value=[2, 3, 4], loop=block("loop", "flow.loop", {"on_error": "continue"}), **body)
    assert [entry if isinstance(entry, int) else entry["error"]["code"] for entry in went_on.outcome.output] == [2, "ODD", 4]


async def test_portions() -> None:
    batches = block("batches", "flow.batch", {"size": 2})
    ran = await run("batches:batch>sum", value=[1, 2, 3], batches=batches, sum=computes("sum", "sum(item)"))
    assert ran.outcome.output == [3, 3]


async def test_rounds_go_on_with_what_the_round_before_gave() -> None:
    loop = block("loop", "flow.while", {"condition": "input < 100"})
    ran = await run("loop:round>double", value=7, loop=loop, double=computes("double", "input * 2"))
    assert ran.outcome.output == {"value": 112, "rounds": 4}


@pytest.mark.parametrize(("fails", "ended"), [(0, ["after", "last"]), (1, ["after", "last"]), (2, ["repair", "last"])])
async def test_a_try_takes_one_of_its_ways_and_finally(fails: int, ended: list[str]) -> None:
    ran = await run(
        "attempt:try>busy",
        "attempt>after",
        "attempt:catch>repair",
        "attempt:finally>last",
        fails=fails,
        attempt=block("attempt", "flow.try", {"attempts": 2}),
        busy="busy",
        after="flow.noop",
        repair="flow.noop",
        last="flow.noop",
    )
    assert ran.outcome.status == "completed"
    assert [name for name in ran.recorder.ran() if name in ("after", "repair", "last")] == ended


async def test_a_disabled_container_passes_its_input_on_past_its_body() -> None:
    loop = block("loop", "flow.loop", enabled=False)
    ran = await run("loop:item>inside", "loop>after", value="data", loop=loop, inside="flow.noop", after="flow.noop")
    assert (ran.recorder.ran(), ran.outcome.output) == (["loop", "after"], "data")


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({}, {"a": [1], "b": 2}),
        ({"mode": "append"}, [1, 2]),
        ({"mode": "any"}, [1]),
    ],
)
async def test_branches_come_together(config: dict[str, Json], output: Json) -> None:
    ran = await run(
        "split:branch_1>a",
        "split:branch_2>b",
        "a>merge",
        "b>merge",
        split="split",
        a=computes("a", "[1]"),
        b=computes("b", "2"),
        merge=block("merge", "flow.merge", config),
    )
    assert ran.output("merge") == output


GATE: dict[str, Any] = {"gate": block("gate", "flow.gate", {"title": "May it?"}), "yes": "flow.noop", "no": "flow.noop"}


@pytest.mark.parametrize(("decision", "way"), [("approved", "yes"), ("rejected", "no")])
async def test_a_gate_parks_and_goes_the_way_that_people_decide(decision: str, way: str) -> None:
    edges = ("gate:approved>yes", "gate:rejected>no")
    assert (await run(*edges, value=7, **GATE)).outcome.status == "parked"
    payload = {"decision": decision, "decided_by": "ada@example.com"}
    arrived = RecordedStep("gate", "waiting", (), None, NOW, arrived=True, payload=payload)
    ran = await run(*edges, value=7, recorded=[arrived], **GATE)
    assert ran.recorder.ran() == ["gate", way]
    assert (ran.outcome.output["decided_by"], ran.outcome.output["input"]) == ("ada@example.com", 7)


async def test_of_equal_items_only_one_passes(stage: Any) -> None:
    ran = await run(
        "loop:item>once",
        "once:first>new",
        "once:repeat>old",
        value=["a", "a", "b"],
        state=stage().state,
        loop=block("loop", "flow.loop"),
        once=block("once", "flow.once", {"key": "{{ item }}"}),
        new=computes("new", "'new'"),
        old=computes("old", "'old'"),
    )
    assert ran.outcome.output == ["new", "old", "new"]


async def test_what_is_over_the_limit_is_parked(stage: Any) -> None:
    limit = block("limit", "flow.rate_limit", {"per": "hour"})
    ran = await run("limit>after", value=1, state=stage().state, limit=limit, after="flow.noop")
    assert ran.outcome.status == "completed"
    state = stage().state
    first = await run("limit>after", value=1, state=state, limit=limit, after="flow.noop")
    second = await run("limit>after", value=2, state=state, limit=limit, after="flow.noop")
    assert (first.outcome.status, second.outcome.status) == ("completed", "parked")


PAID: Json = {"type": "order.paid", "data": {"total": 5}}


@pytest.mark.parametrize(("event", "blocks"), [("order.*", ["event", "after"]), ("invoice.*", ["event"])])
async def test_nothing_follows_a_trigger_that_is_not_meant(event: str, blocks: list[str]) -> None:
    ran = await run("event>after", value=PAID, event=block("event", "trigger.event", {"event": event}), after="flow.noop")
    assert (ran.outcome.status, ran.recorder.ran()) == ("completed", blocks)
