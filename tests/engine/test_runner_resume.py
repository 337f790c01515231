"""Waiting, and going on from what was recorded: a recorded step is not run again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.assignment import RecordedStep
from app.engine.graph import Graph
from app.engine.plan import compile_plan
from app.sdk import BlockError, Context, Json, Output, Port
from tests.support.depth import examples
from tests.support.graphs import block, graph
from tests.support.tiny import NOW, Types, drive, fails, takes, tiny, types, waits

pytestmark = pytest.mark.anyio


def recorded(block_id: str, output: Json = None, *ports: str, status: str = "completed", **more: Any) -> RecordedStep:
    return RecordedStep(block_id, status, ports or ("output",), output, NOW, **more)


# -- waiting ---------------------------------------------------------------------------------------------------------


async def test_an_execution_that_can_only_wait_is_parked() -> None:
    ran = await drive(graph("a>wait", "wait>b", wait="wait"), types(waits(60)))
    assert ran.told[3:] == ["wait starts", "wait waits", "parks", "durable"]
    assert ran.outcome.status == "parked"
    assert ran.outcome.wake_at is not None


async def test_what_does_not_wait_goes_on_before_the_execution_is_parked() -> None:
    ran = await drive(graph("a>wait", "a>b", "b>c", "wait>end", "c>end", wait="wait"), types(waits(60)))
    assert ran.recorder.ran() == ["a", "wait", "b", "c"]
    assert ran.outcome.status == "parked"


async def test_the_earliest_moment_wakes_a_parked_execution() -> None:
    ran = await drive(graph("a>long", "a>short", long="long", short="short"), types(waits(900, "long"), waits(60, "short")))
    short = next(step for step in ran.recorder.recorded() if step.block_id == "short")
    assert ran.outcome.wake_at == short.wake_at


async def test_a_wait_that_is_over_needs_no_parking() -> None:
    ran = await drive(graph("a>wait", "wait>b", wait="wait"), types(waits(0)), "data")
    assert ran.outcome.output == "data"
    assert "parks" not in ran.told


async def test_a_parked_execution_goes_on_with_the_value_of_its_wait() -> None:
    drawn, known = graph("a>wait", "wait>b", wait="wait"), types(waits(60))
    steps = [
        replace(step, wake_at=NOW) if step.wake_at else step for step in (await drive(drawn, known, "data")).recorder.recorded()
    ]
    again = await drive(drawn, known, "data", recorded=steps, epoch=2)
    assert again.recorder.ran() == ["b"]
    assert again.told == ["begins", "wait completed", "b starts", "b completed", "ends completed", "durable"]
    assert again.output("b") == "data"


async def test_an_execution_that_is_taken_up_too_early_is_parked_again() -> None:
    drawn, known = graph("a>wait", "wait>b", wait="wait"), types(waits(60))
    first = await drive(drawn, known)
    again = await drive(drawn, known, recorded=first.recorder.recorded(), epoch=2)
    assert again.told == ["begins", "parks", "durable"]
    assert again.outcome.wake_at == first.outcome.wake_at


async def test_a_wait_ends_in_time_while_other_steps_run() -> None:
    wait_is_over = asyncio.Event()

    async def until_then(context: Context, config: Any, value: Json) -> Output:
        await wait_is_over.wait()
        return Output("other")

    async def tells(context: Context, config: Any, value: Json) -> Output:
        wait_is_over.set()
        return Output("woken")

    drawn = graph("a>wait", "a>other", "wait>then", wait="wait", other="other", then="then")
    async with asyncio.timeout(5):
        ran = await drive(drawn, types(waits(0.05), tiny("other", until_then), tiny("then", tells)))
    assert ran.outcome.output == {"then": "woken", "other": "other"}


# -- going on --------------------------------------------------------------------------------------------------------


async def test_recorded_steps_are_not_run_again() -> None:
    ran = await drive(graph("a>b", "b>c"), types(), recorded=[recorded("a", 1), recorded("b", 2)], epoch=2)
    assert ran.recorder.ran() == ["c"]
    assert ran.outcome.output == 2


async def test_the_way_that_was_taken_is_taken_again() -> None:
    drawn = graph("check:if>yes", "check:else>no", check="check")
    ran = await drive(drawn, types(takes("if")), recorded=[recorded("check", 1, "else")], epoch=2)
    assert ran.recorder.ran() == ["no"]


async def test_expressions_know_what_was_recorded() -> None:
    async def tells(context: Context, config: Any, value: Json) -> Output:
        return Output(context.evaluate("blocks.a.output + variables.n", "text"))

    drawn = graph("start>a", "a>b", start="start", b="tell")
    steps = [recorded("start", {"n": 40}), recorded("a", 2)]
    assert (await drive(drawn, types(tiny("tell", tells)), {}, recorded=steps, epoch=2)).outcome.output == 42


async def test_a_recorded_answer_stays_the_answer() -> None:
    response = {"status": 201, "headers": {}, "body": "made"}
    steps = [recorded("a"), RecordedStep("answer", "completed", (), response, NOW, response=response)]
    ran = await drive(graph("a>answer", "a>b", answer="answer"), types(), recorded=steps, epoch=2)
    assert ran.outcome.output == "made"
    assert ran.recorder.ran() == ["b"]


async def test_an_interrupted_step_runs_again() -> None:
    steps = [recorded("a", 1), RecordedStep("b", "cancelled", (), None, NOW)]
    ran = await drive(graph("a>b"), types(), recorded=steps, epoch=2)
    assert ran.recorder.ran() == ["b"]


async def test_a_recorded_failure_ends_the_execution_without_running_anything() -> None:
    first = await drive(graph("a>bad", "a>b", bad="fails"), types(fails()))
    steps = [step for step in first.recorder.recorded() if step.block_id in ("a", "bad")]
    again = await drive(graph("a>bad", "a>b", bad="fails"), types(fails()), recorded=steps, epoch=2)
    assert again.recorder.ran() == []
    assert again.outcome.error == first.outcome.error


@pytest.mark.parametrize("policy", [{"on_error": "continue"}, {}])
async def test_a_recorded_failure_that_was_dealt_with_goes_on(policy: dict[str, Json]) -> None:
    edges = ["bad>b"] if policy else ["bad:error>b"]
    drawn = graph(*edges, bad=block("bad", "fails", policy=policy))
    first = await drive(drawn, types(fails()))
    steps = [step for step in first.recorder.recorded() if step.block_id == "bad"]
    again = await drive(drawn, types(fails()), recorded=steps, epoch=2)
    assert again.recorder.ran() == ["b"]
    assert again.outcome == first.outcome


async def test_a_block_without_outputs_that_may_fail_does_not_fail_the_execution_later() -> None:
    drawn = graph("a>bad", bad=block("bad", "fails", policy={"on_error": "continue"}))
    known = types(fails(outputs=()))
    first = await drive(drawn, known)
    again = await drive(drawn, known, recorded=first.recorder.recorded(), epoch=2)
    assert again.outcome == first.outcome
    assert again.outcome.status == "completed"


# -- a crash at any moment of a random execution ---------------------------------------------------------------------


async def adds_up(context: Context, config: Any, value: Json) -> Output:
    """Leaves at the ports that its id asks for, or fails, always in the same way for the same block."""
    letter = context.block_id[0]
    if letter == "f":
        raise BlockError("BROKEN", "it is broken")
    ports = {"l": ("left",), "r": ("right",), "b": ("left", "right")}[letter]
    return Output({"from": context.block_id, "seen": sorted(value) if isinstance(value, dict) else value}, ports)


SIDES = (Port("left"), Port("right"))
RANDOM_TYPES = types(tiny("step", adds_up, outputs=SIDES), tiny("act", adds_up, outputs=SIDES, effect="write"))


@dataclass(frozen=True)
class Case:
    drawn: Graph
    off: frozenset[str]
    continues: frozenset[str]
    cut: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 8))
    names = [f"{draw(st.sampled_from('llrrbbf'))}{n}" for n in range(count)]
    ways = [(a, b, handle) for a in range(count) for b in range(a + 1, count) for handle in ("left", "right", "error")]
    chosen = draw(st.lists(st.sampled_from(ways), unique=True, max_size=2 * count)) if ways else []
    off = draw(st.sets(st.sampled_from(names)))
    continues = draw(st.sets(st.sampled_from(names)))
    blocks: Mapping[str, Any] = {
        name: block(name, draw(st.sampled_from(["step", "act"])), enabled=name not in off,
                    policy={"on_error": "continue" if name in continues else "fail"})
        for name in names
    }  # fmt: skip
    drawn = graph(*(f"{names[a]}:{handle}>{names[b]}" for a, b, handle in chosen), **blocks)
    return Case(drawn, frozenset(off), frozenset(continues), draw(st.integers(0, count)))


def expected(case: Case) -> tuple[set[str], bool]:
    """Which blocks run, and whether the execution fails, by the definition and in topological order."""
    connected = {edge.source for edge in case.drawn.edges if edge.source_handle == "error"}
    taken: dict[str, Sequence[str]] = {}
    failed = False
    for block_id in compile_plan(case.drawn).ids:
        into = [edge for edge in case.drawn.edges if edge.target == block_id]
        if into and not any(edge.source_handle in taken.get(edge.source, ()) for edge in into):
            continue
        fails_here = block_id[0] == "f" and block_id not in case.off
        if block_id in case.off or (fails_here and block_id in case.continues and block_id not in connected):
            taken[block_id] = ["left"]
        elif fails_here:
            taken[block_id] = ["error"] if block_id in connected else []
            failed = failed or block_id not in connected
        else:
            taken[block_id] = {"l": ["left"], "r": ["right"], "b": ["left", "right"]}[block_id[0]]
    return set(taken), failed


@examples(400)
@given(cases())
def test_an_execution_ends_alike_however_often_it_is_taken_up_again(case: Case) -> None:
    known: Types = RANDOM_TYPES
    whole = asyncio.run(drive(case.drawn, known, "in"))
    blocks, failed = expected(case)
    assert (whole.outcome.status == "failed") == failed
    if not failed:
        assert set(whole.recorder.ran()) == blocks
        assert len(whole.recorder.ran()) == len(blocks), "no block runs twice"
    kept = [step for step in whole.recorder.recorded() if step.status != "cancelled"][: case.cut]
    again = asyncio.run(drive(case.drawn, known, "in", recorded=kept, epoch=2))
    assert not {step.block_id for step in kept} & set(again.recorder.ran()), "a recorded step ran again"
    assert again.outcome.status == whole.outcome.status
    assert again.outcome.output == whole.outcome.output
