"""Joins of any: the first that comes counts, what comes later is ignored, and nothing comes where nothing is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.graph import Graph
from app.engine.plan import Progress, compile_plan
from app.engine.program import compile_program
from app.sdk import Config, Context, Json, Output
from tests.support.depth import examples
from tests.support.flows import flows
from tests.support.graphs import block, graph
from tests.support.tiny import drive, takes, tiny, types

pytestmark = pytest.mark.anyio


def told_in_turn() -> Any:
    """`slow` ends only after `end` ran."""
    end_ran = asyncio.Event()

    async def slow(context: Context, config: Any, value: Json) -> Output:
        await end_ran.wait()
        return Output("slow")

    async def fast(context: Context, config: Any, value: Json) -> Output:
        return Output("fast")

    async def end(context: Context, config: Any, value: Json) -> Output:
        end_ran.set()
        return Output(value)

    return types(tiny("slow", slow), tiny("fast", fast), tiny("any", join="any"), tiny("end", end))


async def test_the_first_that_comes_wins_and_nobody_waits_for_the_others() -> None:
    edges = ("start>slow", "start>fast", "slow>any", "fast>any", "any>end")
    drawn = graph(*edges, start="start", slow="slow", fast="fast", any="any", end="end")
    async with asyncio.timeout(5):
        ran = await drive(drawn, told_in_turn())
    assert (ran.output("any"), ran.output("end")) == ("fast", "fast")
    assert ran.recorder.ran().count("any") == ran.recorder.ran().count("end") == 1


async def test_a_way_that_is_not_taken_does_not_count_as_the_first() -> None:
    drawn = graph("check:if>any", "check:else>b", "b>any", check="check", any="any")
    ran = await drive(drawn, types(takes("else"), tiny("any", join="any")), 7)
    assert ran.recorder.ran() == ["check", "b", "any"]


async def test_without_any_way_taken_it_is_skipped_with_all_that_follows() -> None:
    drawn = graph("check:if>a", "check:if>any", "a>any", "any>end", check="check", any="any")
    ran = await drive(drawn, types(takes("else"), tiny("any", join="any")), 7)
    assert "skips a any end" in ran.told
    assert ran.recorder.ran() == ["check"]


class Mode(Config):
    mode: Literal["all", "any"] = "all"


@pytest.mark.parametrize(("config", "joins"), [({}, False), ({"mode": "all"}, False), ({"mode": "any"}, True)])
def test_the_configuration_may_decide(config: dict[str, Json], joins: bool) -> None:
    known = types(tiny("merge", join=("mode", "any"), config=Mode))
    program = compile_program(graph("a>merge", "b>merge", merge=block("merge", "merge", config)), known)
    assert (program.plan.number["merge"] in program.plan.joins_any) is joins


async def test_a_join_of_any_directly_behind_a_containers_port_runs_once_with_the_rounds_value() -> None:
    drawn = graph("each:item>double", "double>any", "each:item>any", each=block("each", "each"), double="double", any="any")
    ran = await drive(drawn, flows(tiny("any", join="any")), [5])
    assert ran.outcome.output == [{"double": 10, "any": 5}]
    assert ran.recorder.ran().count("any") == 1


# -- against brute force ---------------------------------------------------------------------------------------------

HANDLES = ("output", "if", "error")


@dataclass(frozen=True)
class Case:
    drawn: Graph
    taken: Mapping[str, Sequence[str]]
    joins_any: frozenset[str]
    doors: frozenset[str]
    """Blocks to which a taken edge leads from outside, besides those without any edge."""
    order: Sequence[int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = [f"b{n}" for n in range(draw(st.integers(1, 8)))]
    edges: list[str] = []
    for number, target in enumerate(names[1:], 1):
        ways = [f"{source}:{handle}>{target}" for source in names[:number] for handle in HANDLES]
        edges += draw(st.lists(st.sampled_from(ways), unique=True, max_size=4))
    targets = {edge.split(">")[1] for edge in edges}
    return Case(
        graph(*edges, **dict.fromkeys(names, "noop")),
        {name: draw(st.lists(st.sampled_from(HANDLES), unique=True)) for name in names},
        frozenset(draw(st.sets(st.sampled_from(names)))),
        frozenset(draw(st.sets(st.sampled_from(sorted(targets))))) if targets else frozenset(),
        draw(st.lists(st.integers(0, 7), min_size=len(names), max_size=len(names))),
    )


@examples(600)
@given(cases())
def test_what_runs_does_not_depend_on_how_branches_join_or_on_who_is_faster(case: Case) -> None:
    plan = compile_plan(case.drawn, case.joins_any)
    entries = {plan.ids[root] for root in plan.roots} | case.doors
    reached: set[str] = set()
    for name in plan.ids:
        edges = [edge for edge in case.drawn.edges if edge.target == name]
        if name in entries or any(edge.source in reached and edge.source_handle in case.taken[edge.source] for edge in edges):
            reached.add(name)
    ran: dict[str, set[str]] = {}
    progress = Progress(plan, [plan.number[name] for name in entries])
    advance = progress.begin()
    ready, skipped = [plan.ids[number] for number in advance.ready], [plan.ids[number] for number in advance.skipped]
    for choice in (*case.order, *[0] * 8):
        if not ready:
            break
        name = ready.pop(choice % len(ready))
        assert name not in ran, "it runs once"
        ran[name] = {plan.ids[number] for number in progress.sources(plan.number[name])}
        advance = progress.settle(plan.number[name], case.taken[name])
        ready += [plan.ids[number] for number in advance.ready]
        skipped += [plan.ids[number] for number in advance.skipped]
    assert ran.keys() == reached
    assert sorted(skipped) == sorted(set(plan.ids) - reached), "everything else is skipped, once"
    for name, sources in ran.items():
        ways = [edge for edge in case.drawn.edges if edge.target == name and edge.source in ran]
        taken = {edge.source for edge in ways if edge.source_handle in case.taken[edge.source]}
        if name not in case.joins_any:
            assert sources == taken
        elif name in entries:
            assert sources == set(), "what a round is given came first"
        else:
            assert len(sources) == 1
            assert sources <= taken
