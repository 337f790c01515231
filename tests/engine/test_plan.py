"""The plan and the progress of one execution: in pictures, and against brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.graph import Graph
from app.engine.plan import Advance, Progress, compile_plan
from app.engine.validate import MAX_BLOCKS
from tests.support.depth import examples
from tests.support.graphs import graph

BRANCH = graph("start>check", "check:if>yes", "check:else>no", "yes>end", "no>end")


def walk(drawn: Graph, *entries: str, **taken: str) -> str:
    """The blocks in the order in which they run, a skipped one in brackets; `taken` names ports instead of `output`."""
    plan = compile_plan(drawn)
    roots = plan.roots if not entries else tuple(plan.number[name] for name in entries)
    progress = Progress(plan, roots)
    told: list[str] = []
    waiting = [progress.begin()]
    while waiting:
        advance = waiting.pop(0)
        told += [f"({plan.ids[number]})" for number in advance.skipped]
        for number in advance.ready:
            told.append(plan.ids[number])
            waiting.append(progress.settle(number, taken.get(plan.ids[number], "output").split()))
    return " ".join(told)


@pytest.mark.parametrize(("port", "story"), [("if", "start check (no) yes end"), ("else", "start check (yes) no end")])
def test_a_branch_that_is_not_taken_is_skipped_and_the_join_runs(port: str, story: str) -> None:
    assert walk(BRANCH, check=port) == story


def test_a_join_runs_once_when_both_ways_are_taken() -> None:
    assert walk(BRANCH, check="if else") == "start check yes no end"


def test_skipping_spreads_to_all_that_follows() -> None:
    assert walk(BRANCH, check="neither") == "start check (yes) (no) (end)"


def test_skipping_stops_where_another_way_leads_in() -> None:
    drawn = graph("start>check", "check:if>a", "a>b", "b>end", "start>end")
    assert walk(drawn, check="else") == "start check (a) (b) end"


def test_an_error_handle_is_a_way_like_others() -> None:
    drawn = graph("fetch>use", "fetch:error>repair", "use>end", "repair>end")
    assert walk(drawn, fetch="error") == "fetch (use) repair end"


def test_split_ways_are_ready_together() -> None:
    plan = compile_plan(graph("start>a", "start>b", "start>c", "a>end", "b>end", "c>end"))
    progress = Progress(plan, plan.roots)
    start, end = plan.number["start"], plan.number["end"]
    progress.begin()
    assert [plan.ids[number] for number in progress.settle(start, ["output"]).ready] == ["a", "b", "c"]
    assert [progress.settle(plan.number[name], ["output"]).ready for name in "bca"] == [(), (), (end,)]
    assert [plan.ids[number] for number in progress.sources(end)] == ["a", "b", "c"]


def test_only_the_entry_runs_and_what_cannot_be_reached_from_it_is_skipped() -> None:
    drawn = graph("hook>a", "start>b", "a>end", "b>end")
    assert walk(drawn, "hook") == "(start) (b) hook a end"


def test_sources_are_only_the_ways_that_were_taken() -> None:
    plan = compile_plan(BRANCH)
    progress = Progress(plan, plan.roots)
    progress.begin()
    for name, port in (("start", "output"), ("check", "else"), ("no", "output")):
        progress.settle(plan.number[name], [port])
    assert [plan.ids[number] for number in progress.sources(plan.number["end"])] == ["no"]


def test_two_edges_from_one_block_are_one_source() -> None:
    plan = compile_plan(graph("check:if>end", "check:else>end"))
    progress = Progress(plan, plan.roots)
    progress.begin()
    assert progress.settle(plan.number["check"], ["if", "else"]) == Advance((plan.number["end"],), ())
    assert progress.sources(plan.number["end"]) == (plan.number["check"],)


def test_ties_keep_the_order_in_which_blocks_were_drawn() -> None:
    assert compile_plan(graph("z>end", "b>end", "a>end")).ids == ("z", "b", "a", "end")


def test_ancestors_are_all_that_can_lead_there() -> None:
    plan = compile_plan(graph("a>b", "b>d", "c>d", "d>e", "x>y"))
    assert plan.ancestors("d") == {"a", "b", "c"}
    assert plan.ancestors("a") == frozenset()


def test_the_longest_chain_needs_no_recursion() -> None:
    chain = [f"b{n}>b{n + 1}" for n in range(MAX_BLOCKS - 1)]
    assert walk(graph(*chain)).split() == [f"b{n}" for n in range(MAX_BLOCKS)]


def test_skipping_the_longest_chain_needs_no_recursion() -> None:
    chain = graph("start:error>b0", *(f"b{n}>b{n + 1}" for n in range(MAX_BLOCKS - 2)))
    assert walk(chain).count("(") == MAX_BLOCKS - 1
    assert len(compile_plan(chain).ancestors(f"b{MAX_BLOCKS - 2}")) == MAX_BLOCKS - 1


def test_the_widest_fan_runs_every_block_once() -> None:
    middle = [f"m{n}" for n in range(MAX_BLOCKS - 2)]
    fan = graph(*(f"start>{name}" for name in middle), *(f"{name}>end" for name in middle))
    assert walk(fan).split() == ["start", *middle, "end"]


# -- against brute force ---------------------------------------------------------------------------------------------

HANDLES = ("output", "if", "error")


@dataclass(frozen=True)
class Case:
    """A random graph, where it is entered, what each block takes, and the order in which ready blocks end."""

    drawn: Graph
    entries: frozenset[str]
    taken: Mapping[str, Sequence[str]]
    order: Sequence[int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 9))
    names = [f"b{n}" for n in draw(st.permutations(range(count)))]
    ways = [(source, target, handle) for source in range(count) for target in range(source + 1, count) for handle in HANDLES]
    chosen = draw(st.lists(st.sampled_from(ways), unique=True, max_size=3 * count)) if ways else []
    edges = [f"{names[source]}:{handle}>{names[target]}" for source, target, handle in chosen]
    drawn = graph(*edges, **dict.fromkeys(sorted(names), "noop"))
    roots = [name for n, name in enumerate(names) if n not in {target for _, target, _ in chosen}]
    entries = draw(st.sets(st.sampled_from(roots)))
    taken = {name: draw(st.lists(st.sampled_from(HANDLES), unique=True)) for name in names}
    return Case(drawn, frozenset(entries), taken, draw(st.lists(st.integers(0, 8), min_size=count, max_size=count)))


def brute_force(case: Case) -> dict[str, list[str]]:
    """The blocks that run, each with its sources: a fixed point over the definition, without any bookkeeping."""
    running = {name: [""] for name in case.entries}
    while True:
        sources: dict[str, list[str]] = {}
        for edge in case.drawn.edges:
            if edge.source in running and edge.source_handle in case.taken[edge.source]:
                sources.setdefault(edge.target, []).append(edge.source)
        found = {name: [""] for name in case.entries} | sources
        if found.keys() == running.keys():
            return found
        running = found


@examples(1000)
@given(cases())
def test_progress_is_what_brute_force_finds(case: Case) -> None:
    plan = compile_plan(case.drawn)
    expected = brute_force(case)
    progress = Progress(plan, [plan.number[name] for name in case.entries])
    advance = progress.begin()
    ready, skipped, settled = list(advance.ready), list(advance.skipped), set(advance.skipped)
    ran: list[int] = []
    for choice in case.order:
        if not ready:
            break
        number = ready.pop(choice % len(ready))
        assert settled >= set(plan.upstream[number]), "it ran before all that leads to it was settled"
        sources = [plan.ids[source] for source in progress.sources(number)]
        assert len(sources) == len(set(sources)), "two ways from one block are one source"
        assert {*sources, ""} == {*expected[plan.ids[number]], ""}
        ran.append(number)
        advance = progress.settle(number, case.taken[plan.ids[number]])
        ready += advance.ready
        skipped += advance.skipped
        settled |= {number, *advance.skipped}
    assert {plan.ids[number] for number in ran} == expected.keys()
    assert sorted([*ran, *skipped]) == list(range(len(plan.ids))), "every block is settled exactly once"
