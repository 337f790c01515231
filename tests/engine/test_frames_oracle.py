"""Random workflows with loops, waits, signals, attempts, failures and crashes, against the plainest interpreter there is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.graph import Graph
from app.engine.regions import problems
from app.sdk import Arrival, BlockError, Context, Json, Output, Port, Signal, Wait
from tests.support.depth import examples
from tests.support.flows import FAR, each, looping
from tests.support.graphs import block, graph
from tests.support.memory_journal import MemoryJournal
from tests.support.oracle import FAILED, Behaviour, Oracle
from tests.support.tiny import Types, tiny, types

PORTS = ("output", "if", "error")
MANNERS = ("at once", "later", "wait", "signal", "wait twice", "retry", "short wait")
"""How a block takes its time before it does what it does."""


@dataclass(frozen=True)
class Case:
    drawn: Graph
    behaviours: Mapping[str, Behaviour]
    manners: Mapping[str, tuple[str, ...]]
    """Of each block, in its first, second and third round."""
    order: tuple[str, ...]
    concurrency: int
    cuts: Mapping[int, int]


SELDOM = st.sampled_from((False, False, False, True))
ACTS = st.builds(
    Behaviour,
    st.lists(st.sampled_from(PORTS[:2]), unique=True, min_size=1).map(tuple),
    fails=SELDOM,
    passed=SELDOM,
    continues=st.booleans(),
    joins_any=SELDOM,
)
LOOPS = st.builds(Behaviour, loops=st.integers(0, 2), goes_on=st.booleans(), passed=SELDOM, continues=SELDOM)


def _ports(behaviour: Behaviour) -> tuple[str, ...]:
    """Where edges to blocks beside it may leave; those from a loop's other port lead into its body."""
    return PORTS if behaviour.loops is None else ("output", "error")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = [f"b{n}" for n in range(draw(st.integers(1, 10)))]
    behaviours: dict[str, Behaviour] = {}
    homes: dict[str, str] = {}
    edges: list[str] = []
    for name in names:
        loops = [before for before in names if before in behaviours and behaviours[before].loops is not None]
        home = homes[name] = draw(st.sampled_from(["", *loops]))
        ways = [f"{before}:{port}" for before in behaviours if homes[before] == home for port in _ports(behaviours[before])]
        ways += [f"{home}:item"] if home else []
        behaviours[name] = draw(st.one_of(ACTS, LOOPS))
        if ways:
            drawn = st.lists(st.sampled_from(ways), unique=True, min_size=1 if home else 0, max_size=3)
            edges += [f"{way}>{name}" for way in draw(drawn)]
    manners = {name: draw(st.tuples(*[st.sampled_from(MANNERS)] * 3)) for name in names}
    blocks = {name: _drawn(name, behaviours[name], manners[name], draw(st.integers(1, 3))) for name in names}
    cuts = draw(st.dictionaries(st.integers(1, 6), st.integers(0, 6), max_size=4))
    return Case(graph(*edges, **blocks), behaviours, manners, tuple(names), draw(st.sampled_from((1, 2, 32))), cuts)


def _drawn(name: str, behaviour: Behaviour, manners: tuple[str, ...], at_once: int) -> dict[str, Json]:
    policy: dict[str, Json] = {"on_error": "continue"} if behaviour.continues else {}
    off: dict[str, Json] = {}
    if behaviour.passed and "wait" in manners:
        policy["run_if"] = "1 > 2"
    elif behaviour.passed:
        off = {"enabled": False}
    if behaviour.loops is not None:
        on_error = "continue" if behaviour.goes_on else "stop"
        config = {"count": behaviour.loops, "at_once": at_once, "on_error": on_error}
        return block(name, "each", config, policy=policy, **off)
    if "retry" in manners:
        policy["retry"] = {"attempts": 3, "delay_ms": 60_000}
    return block(name, "act any" if behaviour.joins_any else "act", policy=policy, **off)


class Actors:
    """Blocks that do, in the engine, what the behaviours say; each run takes its time in its own manner."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._tried: set[str] = set()

    def known(self) -> Types:
        ports = tuple(Port(name) for name in PORTS)
        acting = tiny("act", self._execute, resume=self._resume, outputs=ports)
        joining = tiny("act any", self._execute, resume=self._resume, outputs=ports, join="any")
        return types(acting, joining, looping(execute=self._loop))

    async def _execute(self, context: Context, config: Any, value: Json) -> Output | Wait:
        match self._manner(context):
            case "later":
                await asyncio.sleep(0)
            case "wait" | "wait twice":
                return Wait(context.now() + FAR, 1)
            case "short wait":
                return Wait(context.now(), 1)
            case "signal":
                return Wait(signal=Signal("event", "news"))
            case "retry" if context.idempotency_key not in self._tried:
                self._tried.add(context.idempotency_key)
                raise BlockError("BUSY", "busy")
        return self._act(context, value)

    async def _resume(self, context: Context, config: Any, value: Json, arrival: Arrival) -> Output | Wait:
        if self._manner(context) == "wait twice" and arrival.value == 1:
            return Wait(context.now() + FAR, 2)
        return self._act(context, value)

    def _manner(self, context: Context) -> str:
        rounds = context.idempotency_key.rpartition(":")[2]
        return self._case.manners[context.block_id][sum(map(int, rounds.split("/"))) % 3]

    def _act(self, context: Context, value: Json) -> Output:
        behaviour = self._case.behaviours[context.block_id]
        if behaviour.fails:
            raise BlockError("BROKEN", "it is broken", retryable=False)
        return Output([context.block_id, "any" if behaviour.joins_any else _plain(value)], behaviour.ports)

    async def _loop(self, context: Context, config: Any, value: Json) -> Output:
        return await each(context, config, list(range(config.count)))


def _plain(value: Json) -> Json:
    """Failures as the oracle tells them."""
    if isinstance(value, dict) and set(value) == {"error"}:
        return f"{value['error']['block_id']} failed"
    if isinstance(value, dict) and set(value) == {"failed"}:
        return "failed"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


MANY = examples(400)


@MANY
@given(cases())
def test_whatever_waits_retries_or_crashes_the_end_is_what_the_oracle_says(case: Case) -> None:
    assert not list(problems(case.drawn, Actors(case).known()))
    oracle = Oracle(case.drawn, case.behaviours, case.order)
    expected = oracle.run()
    journal = MemoryJournal(case.drawn, Actors(case).known(), "in")
    outcome = asyncio.run(journal.drive_to_end(cuts=case.cuts, concurrency=case.concurrency))
    assert journal.repeated == []
    if expected is FAILED:
        assert outcome.status == "failed"
        return
    assert outcome.status == "completed", outcome
    if not any(behaviour.joins_any for behaviour in case.behaviours.values()):
        assert _plain(outcome.output) == expected
    done = {place for place, step in journal.steps.items() if step.status in ("completed", "failed")}
    assert done == oracle.ran or oracle.passed_over
    assert not journal.by_status("waiting", "retrying")


@MANY
@given(cases())
def test_an_execution_parks_only_when_nothing_else_can_be_done(case: Case) -> None:
    asyncio.run(_parks_rightly(case))


async def _parks_rightly(case: Case) -> None:
    journal = MemoryJournal(case.drawn, Actors(case).known(), "in")
    for _ in range(60):
        outcome = await journal.drive(concurrency=case.concurrency)
        assert outcome is not None
        if outcome.status != "parked":
            return
        before = dict(journal.steps)
        assert (await journal.drive(concurrency=case.concurrency)) is not None
        if not any(step.status == "failed" for _, step in journal.steps.items()):
            # where a round has failed, its loop knows sooner than in the drive before
            assert journal.steps == before, "taken up again at once, there was something to do after all"
        journal.time_passes()
        journal.answer("news")
    raise AssertionError("it never ends")


@pytest.mark.anyio
@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_a_round_that_ends_at_once_is_not_taken_for_one_that_waits(at_once: int) -> None:
    """The third round's only step ends in the same moment in which it begins, while the others wait."""

    async def waits_first(context: Context, config: Any, value: Json) -> Output | Wait:
        return Wait(context.now() + FAR) if value < at_once - 1 else Output(value)

    drawn = graph("each:item>w", "each:item>n", each=block("each", "each", {"at_once": at_once}), w="w")
    journal = MemoryJournal(drawn, types(looping(), tiny("w", waits_first)), [0, 1, 2, 3, 4, 5])
    outcome = await journal.drive()
    assert outcome is not None
    assert {place for place, step in journal.steps.items() if step.status == "completed"} >= {("w", "5"), ("n", "5")}
