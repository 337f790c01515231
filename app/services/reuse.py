"""Pure: which recorded steps of an execution another one can take over, and what is left to run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.db.executions import StepRow
from app.engine.plan import Plan, Progress
from app.engine.program import Program, Step
from app.engine.values import decode_stored
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class Past:
    """An execution's recorded steps, the program that they belong to, and how it stands."""

    program: Program
    rows: Sequence[StepRow]
    status: str

    def outer(self) -> Iterator[StepRow]:
        """The steps outside of bodies: a container stands for all that is in it."""
        return (row for row in self.rows if not row.iteration and row.block_id in self.program.plan.number)


def place(program: Program, block_id: str) -> str:
    """The block itself, or the outermost container that it is in. Raises LookupError."""
    if block_id in program.plan.number:
        return block_id
    for container, body in program.bodies.items():
        if block_id in body.names:
            return container
    raise LookupError(f"There is no block `{block_id[:100]}` in this workflow.")


def whole(program: Program, block_ids: Iterable[str]) -> frozenset[str]:
    """These blocks with everything that is in them."""
    found = set(block_ids)
    return frozenset(found.union(*(program.bodies[block_id].names for block_id in found if block_id in program.bodies)))


def behind(plan: Plan, block_ids: Collection[str]) -> frozenset[str]:
    """These blocks and all that can be reached from them."""
    seen: set[int] = set()
    stack = [plan.number[block_id] for block_id in block_ids]
    while stack:
        number = stack.pop()
        if number not in seen:
            seen.add(number)
            stack.extend(target for targets in plan.outgoing[number].values() for target in targets)
    return frozenset(plan.ids[number] for number in seen)


def settled(program: Program, past: Past) -> dict[str, tuple[str, ...]]:
    """The blocks whose record holds in this program too, with the ports that they took.

    A block that came new into the program, or has become another type, has to run, and so has all that follows from it.
    """
    unknown = [step.id for step in program.steps if not _is_known(past.program, step)]
    stale = behind(program.plan, unknown)
    return {
        row.block_id: tuple(decode_stored(row.ports))
        for row in past.outer()
        if row.block_id in program.plan.number and row.block_id not in stale and _holds(program, row)
    }


def _is_known(program: Program, step: Step) -> bool:
    number = program.plan.number.get(step.id)
    return number is not None and program.steps[number].block.type == step.block.type


def _holds(program: Program, row: StepRow) -> bool:
    if row.status == "completed":
        return True
    return row.status == "failed" and decode_stored(row.ports) != [] and program.step(row.block_id).goes_on


def failed_blocks(past: Past) -> list[str]:
    """The blocks that failed or were stopped; of an execution without any, those whose failure was handled."""
    failed = [row for row in past.outer() if row.status == "failed"]
    unhandled = [row.block_id for row in failed if not decode_stored(row.ports)]
    stopped = [row.block_id for row in past.outer() if row.status == "cancelled"]
    return [*unhandled, *stopped] or [row.block_id for row in failed]


def repeats(program: Program, past: Past, kept: Collection[str]) -> list[dict[str, Json]]:
    """The blocks with an effect that have run and would run again, in the order in which they ran."""
    ran = dict.fromkeys(row.block_id for row in past.rows if row.block_id in program.names)
    again = (program.step(block_id) for block_id in ran if place(program, block_id) not in kept)
    return [
        {"block_id": step.id, "name": step.name, "type": step.block.type, "effect": step.block.effect}
        for step in again
        if step.enabled and step.block.effect != "none"
    ]


def is_reached(program: Program, entries: Collection[int], kept: dict[str, tuple[str, ...]], target: str) -> bool:
    """Whether a block is the next to run once these records are taken over."""
    progress = Progress(program.plan, entries)
    ready = list(progress.begin().ready)
    while ready:
        number = ready.pop()
        block_id = program.plan.ids[number]
        if block_id == target:
            return True
        if block_id in kept:
            ready.extend(progress.settle(number, kept[block_id]).ready)
    return False
