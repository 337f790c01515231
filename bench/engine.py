"""What the engine alone costs, without database and network: `python bench/engine.py`.

Microseconds per step of a chain and of a fan-out of blocks that do nothing, how that grows with the number of blocks, and
what executions that are under way at the same time hold in memory. Medians of interleaved rounds.
"""

from __future__ import annotations

import asyncio
import gc
import math
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.catalog import Catalog
from app.engine.assignment import Assignment
from app.engine.events import Event
from app.engine.graph import Edge, Graph, GraphBlock
from app.engine.program import Program, compile_program
from app.engine.runner import Runner
from app.sdk import Block, Config, Context, Json, Output

SIZES = (500, 1_000, 2_000, 5_000)
ROUNDS = 5
AT_ONCE = 1_000
CATALOG = Catalog.load()


class Counter:
    """A recorder that counts the events and forgets them."""

    def __init__(self) -> None:
        self.events = 0

    def record(self, event: Event) -> None:
        self.events += 1

    async def durable(self) -> None:
        """There is no disk."""


@dataclass(frozen=True)
class Nothing:
    """Lends nothing."""

    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    http: Any = None
    sandbox: Any = None
    workflows: Any = None
    platform: Any = None
    state: Any = None
    blocks: Any = None
    models: Any = None
    workspace: str = "bench"


def blocks(count: int, type: str = "flow.noop") -> tuple[GraphBlock, ...]:
    return tuple(GraphBlock(f"b{n}", type, f"Block {n}") for n in range(count))


def chain(count: int) -> Graph:
    return Graph(blocks(count), tuple(Edge(f"e{n}", f"b{n}", f"b{n + 1}") for n in range(count - 1)))


def fan_out(count: int) -> Graph:
    return Graph(blocks(count + 1), tuple(Edge(f"e{n}", "b0", f"b{n + 1}") for n in range(count)))


def loop(count: int) -> Graph:
    container = GraphBlock("loop", "flow.loop", "Loop", config={"items": list(range(count))})
    return Graph((container, *blocks(1)), (Edge("e", "loop", "b0", "item"),))


def assignment(program: Program) -> Assignment:
    workflow = {"id": "bench", "name": "Bench", "revision": 1}
    return Assignment("bench", program, program.entries(None), {"n": 1}, "manual", "live", workflow)


async def seconds(program: Program) -> float:
    given = assignment(program)
    began = time.perf_counter()
    outcome = await Runner(given, Counter(), Nothing()).drive()
    if outcome.status != "completed":
        raise RuntimeError(outcome.error)
    return time.perf_counter() - began


async def per_step(graphs: Mapping[str, Graph], steps: Mapping[str, int]) -> dict[str, float]:
    """Microseconds per step of each graph."""
    programs = {name: compile_program(graph, CATALOG) for name, graph in graphs.items()}
    found: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            gc.collect()
            found[name].append(await seconds(program) / steps[name] * 1e6)
    return {name: median(times) for name, times in found.items()}


def exponent(costs: Mapping[int, float]) -> float:
    """The k for which n steps take about n ** k: 1 is linear."""
    points = [(math.log(size), math.log(cost * size)) for size, cost in costs.items()]
    x, y = sum(a for a, _ in points) / len(points), sum(b for _, b in points) / len(points)
    covariance, variance = sum((a - x) * (b - y) for a, b in points), sum((a - x) * (a - x) for a, _ in points)
    return covariance / variance


async def at_once() -> tuple[float, float]:
    """KiB in memory for each of many executions that are in the middle of a step, and their seconds from begin to end."""
    inside, all_inside, may_end = 0, asyncio.Event(), asyncio.Event()

    async def hold(context: Context, config: Any, value: Json) -> Output:
        nonlocal inside
        inside += 1
        if inside == AT_ONCE:
            all_inside.set()
        await may_end.wait()
        return Output(value)

    class Types:
        def get(self, type: str) -> Block | None:
            return holding if type == "hold" else CATALOG.get(type)

    holding = Block("hold", "Hold", "Bench", "box", "", Config, hold)
    drawn = Graph(
        (*blocks(8), GraphBlock("hold", "hold", "Hold")),
        (*(Edge(f"e{n}", f"b{n}", f"b{n + 1}") for n in range(7)), Edge("h", "b7", "hold")),
    )
    program = compile_program(drawn, Types())
    gc.collect()
    tracemalloc.start()
    began, before = time.perf_counter(), tracemalloc.get_traced_memory()[0]
    tasks = [asyncio.create_task(Runner(assignment(program), Counter(), Nothing()).drive()) for _ in range(AT_ONCE)]
    await all_inside.wait()
    held = tracemalloc.get_traced_memory()[0] - before
    may_end.set()
    await asyncio.gather(*tasks)
    tracemalloc.stop()
    return held / AT_ONCE / 1024, time.perf_counter() - began


async def main() -> None:
    shapes: dict[str, Callable[[int], Graph]] = {"chain": chain, "fan-out": fan_out}
    print(f"{'µs per step':14}" + "".join(f"{size:>9,}" for size in SIZES) + "   exponent")
    for name, shape in shapes.items():
        graphs = {str(size): shape(size) for size in SIZES}
        costs = await per_step(graphs, {str(size): len(graphs[str(size)].blocks) for size in SIZES})
        by_size = {int(size): cost for size, cost in costs.items()}
        print(f"{name:14}" + "".join(f"{by_size[size]:9.1f}" for size in SIZES) + f"{exponent(by_size):11.2f}")
    rounds = await per_step({"loop": loop(10_000)}, {"loop": 10_000})
    print(f"{'round of a loop':22}{rounds['loop']:.1f} µs")
    kibibytes, elapsed = await at_once()
    print(f"{AT_ONCE:,} executions at once   {kibibytes:.1f} KiB each, all ended after {elapsed:.2f} s (traced)")


if __name__ == "__main__":
    asyncio.run(main())
