"""Ordered layers (flow8): equal index is parallel, each index waits for all of the one before it (contract.md C26)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.engine.graph import Graph
from app.formats.tasks import CannotExpress, Task, TaskFlow, from_graph, to_graph
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class Layer:
    """One step at its place in the order."""

    index: float
    task: Task


@dataclass(frozen=True, slots=True)
class LayeredFlow:
    triggers: tuple[Task, ...]
    layers: tuple[Layer, ...]


def read_layers(graph: Graph, trigger_types: Collection[str]) -> LayeredFlow:
    """The graph as layers, numbered from 0. Raises CannotExpress."""
    flow = from_graph(graph, trigger_types)
    left = list(flow.tasks)
    layers: list[Layer] = []
    before: set[str] = set()
    level = 0
    while left:
        now = [task for task in left if set(task.after) == before and len(task.after) == len(before)]
        if not now:
            raise CannotExpress(f"block `{left[0].id}` does not wait for exactly the blocks of one layer")
        layers += [Layer(level, task) for task in now]
        left = [task for task in left if task not in now]
        before = {task.id for task in now}
        level += 1
    return LayeredFlow(flow.triggers, tuple(layers))


def write_layers(triggers: tuple[Task, ...], layers: Sequence[Layer]) -> dict[str, Json]:
    """The graph's JSON of layers in whatever numbers they have."""
    tasks: list[Task] = []
    before: tuple[str, ...] = ()
    for index in sorted({layer.index for layer in layers}):
        level = [layer.task for layer in layers if layer.index == index]
        tasks += [replace(task, after=before) for task in level]
        before = tuple(task.id for task in level)
    return to_graph(TaskFlow(triggers, tuple(tasks)))
