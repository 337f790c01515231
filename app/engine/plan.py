"""A graph compiled once per revision, and the pure state machine of one execution over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from app.engine.graph import Graph

if TYPE_CHECKING:
    from networkx import DiGraph

NETWORKX = "networkx"
"""Imported when the first graph is looked at: ten megabytes that an idle server need not hold."""


@dataclass(frozen=True)
class Plan:
    """Blocks by number in topological order, with the edges between them.

    `outgoing[n]` maps a handle to the numbers of the blocks behind it, one entry for each edge.
    """

    ids: tuple[str, ...]
    incoming: tuple[int, ...]
    """How many edges lead to each block."""
    outgoing: tuple[dict[str, tuple[int, ...]], ...]
    upstream: tuple[tuple[int, ...], ...]
    """The blocks directly before each block, without repetition, in order."""
    joins_any: frozenset[int] = frozenset()
    """Blocks that run at the first taken edge instead of waiting for all."""

    @cached_property
    def number(self) -> dict[str, int]:
        return {block_id: number for number, block_id in enumerate(self.ids)}

    @cached_property
    def roots(self) -> tuple[int, ...]:
        return tuple(number for number, count in enumerate(self.incoming) if count == 0)

    def ancestors(self, block_id: str) -> frozenset[str]:
        """The ids of all blocks from which this one can be reached."""
        seen: set[int] = set()
        stack = list(self.upstream[self.number[block_id]])
        while stack:
            number = stack.pop()
            if number not in seen:
                seen.add(number)
                stack.extend(self.upstream[number])
        return frozenset(self.ids[number] for number in seen)


def compile_plan(graph: Graph, joins_any: Collection[str] = ()) -> Plan:
    """The plan of a graph that has passed validation; networkx gives the order (ties as the person drew them)."""
    drawn = {block.id: number for number, block in enumerate(graph.blocks)}
    nx = import_module(NETWORKX)
    digraph: DiGraph[str] = nx.DiGraph()
    digraph.add_nodes_from(drawn)
    digraph.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    ids = tuple(nx.lexicographical_topological_sort(digraph, key=drawn.__getitem__))
    number = {block_id: position for position, block_id in enumerate(ids)}
    incoming = [0] * len(ids)
    outgoing: list[dict[str, list[int]]] = [{} for _ in ids]
    upstream: list[list[int]] = [[] for _ in ids]
    for edge in graph.edges:
        source, target = number[edge.source], number[edge.target]
        incoming[target] += 1
        outgoing[source].setdefault(edge.source_handle, []).append(target)
        if source not in upstream[target]:
            upstream[target].append(source)
    return Plan(
        ids,
        tuple(incoming),
        tuple({handle: tuple(targets) for handle, targets in handles.items()} for handles in outgoing),
        tuple(tuple(sources) for sources in upstream),
        frozenset(number[block_id] for block_id in joins_any),
    )


@dataclass(frozen=True, slots=True)
class Advance:
    """What follows from one block being settled: blocks that may run now, and blocks that never will."""

    ready: tuple[int, ...]
    skipped: tuple[int, ...]


NOTHING = Advance((), ())


class Progress:
    """Which blocks of one execution are settled. Pure: told what happened, it says what follows.

    A block runs when all its incoming edges are settled and at least one of them is taken; a block of which none
    is taken is skipped, and its own edges are settled as not taken (engine.md, Graph semantics).
    """

    def __init__(self, plan: Plan, entries: Collection[int]) -> None:
        """`entries`: the blocks to which a taken edge leads from outside the plan."""
        self.plan = plan
        self._entries = frozenset(entries)
        self._unsettled = list(plan.incoming)
        self._sources: list[list[int]] = [[] for _ in plan.ids]

    def begin(self) -> Advance:
        """The entries are ready unless they wait for more; every other block without incoming edges is skipped."""
        ready = sorted(number for number in self._entries if not self._unsettled[number] or number in self.plan.joins_any)
        skipped = [root for root in self.plan.roots if root not in self._entries]
        self._spread(list(skipped), ready, skipped)
        return Advance(tuple(ready), tuple(skipped))

    def settle(self, block: int, ports: Iterable[str]) -> Advance:
        """A block is done and has taken these output ports."""
        outgoing = self.plan.outgoing[block]
        if not outgoing:
            return NOTHING
        ready: list[int] = []
        skipped: list[int] = []
        taken = frozenset(ports)
        for handle, targets in outgoing.items():
            for target in targets:
                self._settle_edge(block if handle in taken else None, target, ready, skipped)
        if skipped:
            self._spread(list(skipped), ready, skipped)
        return Advance(tuple(ready), tuple(skipped))

    def _settle_edge(self, source: int | None, target: int, ready: list[int], skipped: list[int]) -> None:
        """One edge is settled: taken when it has a source."""
        self._unsettled[target] -= 1
        sources = self._sources[target]
        entered = bool(sources) or target in self._entries
        if target in self.plan.joins_any:
            if source is not None and not entered:
                sources.append(source)
                ready.append(target)
            elif not self._unsettled[target] and not entered:
                skipped.append(target)
            return
        if source is not None and source not in sources:
            sources.append(source)
            entered = True
        if not self._unsettled[target]:
            (ready if entered else skipped).append(target)

    def _spread(self, pending: list[int], ready: list[int], skipped: list[int]) -> None:
        """Settle as not taken all that follows from skipping; iterative, so depth does not matter."""
        while pending:
            for targets in self.plan.outgoing[pending.pop()].values():
                for target in targets:
                    known = len(skipped)
                    self._settle_edge(None, target, ready, skipped)
                    pending.extend(skipped[known:])

    def sources(self, block: int) -> tuple[int, ...]:
        """The blocks whose output is this block's input, in the order of the plan."""
        sources = self._sources[block]
        return tuple(sources) if len(sources) < 2 else tuple(sorted(sources))
