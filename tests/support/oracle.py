"""What a workflow must come to, by the plainest means: no waiting, no order, no bookkeeping.

A block runs when an edge to it is taken; blocks are looked at in topological order, bodies by recursion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.engine.graph import Edge, Graph
from app.sdk import Json

FAILED = object()


@dataclass(frozen=True)
class Behaviour:
    """What a block does: the ports it takes, and whether it fails; `loops` runs its body for each of so many items."""

    ports: tuple[str, ...] = ("output",)
    fails: bool = False
    loops: int | None = None
    goes_on: bool = False
    """A loop that passes failing rounds over."""
    passed: bool = False
    """Disabled, or its condition is false: its input goes on at its first port."""
    continues: bool = False
    """Its policy says to go on after a failure."""
    joins_any: bool = False
    """Runs at the first taken edge; its output does not tell which one that was."""


@dataclass
class Oracle:
    """`order`: the ids of all blocks, each after those before it. `ran` tells each block with its iteration."""

    graph: Graph
    behaviours: Mapping[str, Behaviour]
    order: Sequence[str]
    ran: set[tuple[str, str]] = field(default_factory=set)
    passed_over: bool = False
    """Whether a round failed and something went on: which other steps of that round ran is a matter of speed."""

    def run(self) -> Json:
        """The output of the execution, or FAILED."""
        inside = {member for block in self.order for member in self._body(block)}
        entries = {block for block in self.order if block not in inside and not any(e.target == block for e in self.graph.edges)}
        return self._run([block for block in self.order if block not in inside], entries, "", "in", "")

    def _body(self, container: str) -> set[str]:
        if self.behaviours[container].loops is None:
            return set()
        found: set[str] = set()
        for block in self.order:
            for edge in self.graph.edges:
                if edge.target == block and (edge.source in found or _is_door(edge, container)):
                    found.add(block)
        return found

    def _run(self, members: Sequence[str], entries: set[str], iteration: str, given: Json, container: str) -> Json:
        outputs: dict[str, Json] = {}
        taken: dict[str, tuple[str, ...]] = {}
        followed: set[str] = set()
        for block in members:
            ways = [e for e in self.graph.edges if e.target == block and e.source_handle in taken.get(e.source, ())]
            sources = [before for before in members if any(edge.source == before for edge in ways)]
            if not sources and block not in entries:
                continue
            followed.update(sources)
            came = ({container: given} if block in entries else {}) | {before: outputs[before] for before in sources}
            self.ran.add((block, iteration))
            output = self._output(block, iteration, next(iter(came.values())) if len(came) == 1 else came)
            taken[block] = self._ports(block, failed=output is FAILED)
            if output is FAILED and not taken[block]:
                return FAILED
            outputs[block] = f"{block} failed" if output is FAILED else output
        last = {block: output for block, output in outputs.items() if block not in followed}
        return next(iter(last.values())) if len(last) == 1 else last or None

    def _ports(self, block: str, *, failed: bool) -> tuple[str, ...]:
        behaviour = self.behaviours[block]
        if failed:
            if any(edge.source == block and edge.source_handle == "error" for edge in self.graph.edges):
                return ("error",)
            return ("output",) if behaviour.continues else ()
        return ("output",) if behaviour.passed or behaviour.loops is not None else behaviour.ports

    def _output(self, block: str, iteration: str, value: Json) -> Json:
        behaviour = self.behaviours[block]
        if behaviour.passed:
            return value
        if behaviour.fails:
            return FAILED
        if behaviour.loops is None:
            return [block, "any" if behaviour.joins_any else value]
        return self._rounds(block, behaviour.loops, iteration)

    def _rounds(self, block: str, count: int, iteration: str) -> Json:
        body = self._body(block)
        nested = {member for inner in body for member in self._body(inner)}
        members = [member for member in self.order if member in body - nested]
        doors = {edge.target for edge in self.graph.edges if _is_door(edge, block)}
        results: list[Json] = []
        for number in range(count):
            path = f"{iteration}/{number}" if iteration else str(number)
            result = self._run(members, doors, path, number, block) if members else number
            self.passed_over = self.passed_over or result is FAILED
            if result is FAILED and not self.behaviours[block].goes_on:
                return FAILED
            results.append("failed" if result is FAILED else result)
        return results


def _is_door(edge: Edge, container: str) -> bool:
    return edge.source == container and edge.source_handle == "item"
