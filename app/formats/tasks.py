"""Tasks that depend on each other: what task lists, node lists and layers have in common, and the graph they stand for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from app.engine.graph import Edge, Graph, GraphBlock, Policy, dump_graph
from app.sdk import Json

START = "start"
GATE = "flow.gate"
GATE_SUFFIX = "-approval"
APPROVED = "approved"
STARTER_VARIABLES = "variables"
COLUMN, ROW = 260, 140


class CannotExpress(Exception):
    """The graph holds something that this form has no words for; the message says what."""


@dataclass(frozen=True, slots=True)
class Task:
    """One block with what it waits for. `after` names blocks, with `id:port` for another port than `output`.

    `approval` is the gate before it: True for a plain one, or the gate's configuration.
    """

    id: str
    name: str
    type: str
    config: dict[str, Json]
    after: tuple[str, ...] = ()
    policy: dict[str, Json] = field(default_factory=dict)
    enabled: bool = True
    approval: Json = None


@dataclass(frozen=True, slots=True)
class TaskFlow:
    """Tasks behind the blocks at which they start; a task that waits for nothing starts with all of those."""

    triggers: tuple[Task, ...]
    tasks: tuple[Task, ...]


EXPRESSED = ("timeout_ms", "retry", "run_if", "on_error")


def block_id(name: str, taken: Collection[str] = ()) -> str:
    """An id made of a name: its letters, digits, `-`, `_` and `.`, with a number where it is taken."""
    plain = re.sub(r"[^\w.-]+", "-", name.strip()).strip("-")[:90] or "task"
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}-{number}", number + 1
    return found


def to_graph(flow: TaskFlow) -> dict[str, Json]:
    """The graph's JSON, laid out from left to right."""
    triggers = [trigger.id for trigger in flow.triggers]
    blocks = [_block(trigger) for trigger in flow.triggers]
    edges: list[Json] = []
    known = {task.id for task in (*flow.triggers, *flow.tasks)}
    for task in flow.tasks:
        target = task.id
        if task.approval:
            config = task.approval if isinstance(task.approval, dict) else _plain_gate(task)
            target = gate_of(task.id)
            blocks.append({"id": target, "type": GATE, "name": f"Approve {task.name or task.id}"[:200], "config": config})
            edges.append({"source": target, "target": task.id, "sourceHandle": APPROVED})
        blocks.append(_block(task))
        edges += [_edge(source, target, known) for source in task.after or triggers]
    return {"blocks": _laid_out(blocks, edges), "edges": edges}


def gate_of(task_id: str) -> str:
    return f"{task_id}{GATE_SUFFIX}"


def _plain_gate(task: Task) -> dict[str, Json]:
    return {"title": f"Approve {task.name or task.id}"[:200]}


def _block(task: Task) -> dict[str, Json]:
    block: dict[str, Json] = {"id": task.id, "type": task.type, "name": task.name, "config": task.config}
    return block | ({"policy": task.policy} if task.policy else {}) | ({} if task.enabled else {"enabled": False})


def _edge(source: str, target: str, known: Collection[str]) -> dict[str, Json]:
    name, port = split_source(source, known)
    return {"source": name, "target": target, "sourceHandle": port}


def split_source(source: str, known: Collection[str]) -> tuple[str, str]:
    """Block and port that a dependency names."""
    name, colon, port = source.rpartition(":")
    return (name, port) if colon and source not in known and name in known else (source, "output")


def _laid_out(blocks: Sequence[dict[str, Json]], edges: Iterable[Json]) -> list[Json]:
    """Each block one column right of the last one before it; those of a column below each other."""
    before: dict[str, list[str]] = {}
    for edge in edges:
        before.setdefault(edge["target"], []).append(edge["source"])
    columns: dict[str, int] = {block["id"]: 0 for block in blocks}
    for _ in range(len(blocks)):
        moved = {
            target: place
            for target, sources in before.items()
            if (place := 1 + max(columns.get(source, 0) for source in sources)) > columns.get(target, 0)
        }
        if not moved:
            break
        columns.update(moved)
    rows: dict[int, int] = {}
    placed: list[Json] = []
    for block in blocks:
        column = min(columns[block["id"]], len(blocks))
        rows[column] = rows.get(column, -1) + 1
        placed.append(block | {"position": {"x": column * COLUMN, "y": rows[column] * ROW}})
    return placed


def from_graph(graph: Graph, trigger_types: Collection[str]) -> TaskFlow:
    """The graph as tasks; places and ids of edges are no content. Raises CannotExpress."""
    gates = _gates(graph)
    _check(graph, gates)
    known = {block.id for block in graph.blocks}
    triggers = [block for block in graph.blocks if block.type in trigger_types]
    starts = sorted(block.id for block in triggers)
    if any(edge.target in starts for edge in graph.edges):
        raise CannotExpress("an edge leads to a block at which the workflow starts")
    tasks = []
    for block in graph.blocks:
        if block.type in trigger_types or block.id in gates:
            continue
        gate = gates.get(gate_of(block.id))
        after = tuple(_source(edge, known) for edge in graph.edges if edge.target == (gate or block).id)
        if not after and triggers:
            raise CannotExpress(f"nothing leads to block `{block.id}`")
        tasks.append(_task(block, () if sorted(after) == starts else after, gate))
    return TaskFlow(tuple(_task(block, (), None) for block in triggers), tuple(tasks))


def _gates(graph: Graph) -> dict[str, GraphBlock]:
    """The gates that stand for `needs_approval`: their approved port leads to their task, and nothing else does."""
    blocks = {block.id: block for block in graph.blocks}
    found = {}
    for gate in graph.blocks:
        task = blocks.get(gate.id.removesuffix(GATE_SUFFIX))
        if gate.type != GATE or task is None or task is gate or gate.policy != Policy() or not gate.enabled:
            continue
        leaving = [(edge.source_handle, edge.target) for edge in graph.edges if edge.source == gate.id]
        entering = [edge.source for edge in graph.edges if edge.target == task.id]
        named = f"Approve {task.name or task.id}"[:200]
        if leaving == [(APPROVED, task.id)] and entering == [gate.id] and gate.name == named and gate.config and not gate.notes:
            found[gate.id] = gate
    return found


def _check(graph: Graph, gates: Collection[str]) -> None:
    for block in graph.blocks:
        policy = block.policy
        if block.notes:
            raise CannotExpress(f"block `{block.id}` has notes")
        if policy.pinned is not None or policy.cache_ttl_ms is not None or policy.total_timeout_ms is not None:
            raise CannotExpress(f"block `{block.id}` has pinned data, a cache or a limit for all attempts")
    seen: set[tuple[str, str, str]] = set()
    for edge in graph.edges:
        if edge.target_handle != "input":
            raise CannotExpress(f"the edge into block `{edge.target}` ends at its input `{edge.target_handle}`")
        line = (edge.source, edge.source_handle, edge.target)
        if line in seen:
            raise CannotExpress(f"two edges lead from block `{edge.source}` to block `{edge.target}`")
        seen.add(line)


def _source(edge: Edge, known: Collection[str]) -> str:
    text = edge.source if edge.source_handle == "output" else f"{edge.source}:{edge.source_handle}"
    if split_source(text, known) != (edge.source, edge.source_handle):
        raise CannotExpress(f"the id of block `{edge.source}` cannot be told from a port")
    return text


def _task(block: GraphBlock, after: tuple[str, ...], gate: GraphBlock | None) -> Task:
    approval: Json = None
    if gate is not None:
        approval = True if gate.config == {"title": gate.name} else gate.config
    (dumped,) = dump_graph(Graph((block,)))["blocks"]
    return Task(block.id, block.name, block.type, block.config, after, dumped.get("policy", {}), block.enabled, approval)


def hidden_blocks(graph: Graph, trigger_types: Collection[str]) -> frozenset[str]:
    """The blocks that are no tasks: where an execution starts, and the gates of `needs_approval`."""
    return frozenset({block.id for block in graph.blocks if block.type in trigger_types} | set(_gates(graph)))


def keep_layout(raw: dict[str, Json], old: Graph) -> dict[str, Json]:
    """The graph's JSON with the places and the ids of edges that `old` has for the same blocks and edges."""
    places = {block.id: {"x": block.x, "y": block.y} for block in old.blocks}
    ids = {(edge.source, edge.source_handle, edge.target): edge.id for edge in old.edges}
    blocks = [block | ({"position": places[block["id"]]} if block["id"] in places else {}) for block in raw["blocks"]]
    edges = []
    for edge in raw["edges"]:
        line = (edge["source"], edge.get("sourceHandle", "output"), edge["target"])
        edges.append(edge | ({"id": ids[line]} if line in ids else {}))
    return {"blocks": blocks, "edges": edges}
