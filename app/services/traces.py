"""Pure: what the journal recorded of an execution, as steps that people can read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.db.executions import ExecutionRow, StepRow
from app.engine.plan import Progress
from app.engine.program import Program
from app.engine.values import decode_stored
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as people see it; `input` follows from the outputs before it."""

    block_id: str
    block_name: str
    block_type: str
    status: str
    input: Json
    output: Json
    error: Json
    ports: tuple[str, ...]
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    attempts: int
    log: tuple[str, ...]
    iteration: str = ""
    wake_at: datetime | None = None


def decoded(raw: bytes | None) -> Json:
    return None if raw is None else decode_stored(raw)


@dataclass(frozen=True, slots=True)
class _Round:
    """One run through a program: the whole workflow, or one round of a body."""

    program: Program
    progress: Progress
    recorded: Mapping[str, StepRow]
    given: Json
    skipped: Sequence[int]


def step_views(
    program: Program,
    row: ExecutionRow,
    execution_input: Json,
    rows: Sequence[StepRow],
    running: Mapping[tuple[str, str], datetime],
) -> Sequence[StepView]:
    """The steps in the order of their records, then those that run, then those that were skipped."""
    homes = dict(_homes(program))
    rounds: dict[tuple[int, str], _Round] = {}

    def round_of(block_id: str, iteration: str) -> _Round:
        home = homes[block_id]
        key = (id(home), iteration)
        if key not in rounds:
            entries = program.entries(row.start_block) if home is program else home.doors
            rounds[key] = _replay(home, entries, iteration, rows, execution_input)
        return rounds[key]

    views = [
        _view(round_of(step.block_id, step.iteration), step.block_id, step.status, step.started_at, step.iteration)
        for step in rows
    ]
    done = {(step.block_id, step.iteration) for step in rows if step.status != "retrying"}
    for (block_id, iteration), at in running.items():
        if (block_id, iteration) not in done:
            views = [view for view in views if (view.block_id, view.iteration) != (block_id, iteration)]
            views.append(_view(round_of(block_id, iteration), block_id, "running", at, iteration))
    outermost = _replay(program, program.entries(row.start_block), "", rows, execution_input)
    ids = program.plan.ids
    unseen = [number for number in sorted(outermost.skipped) if ids[number] not in outermost.recorded]
    return views + [_view(outermost, ids[number], "skipped", None, "") for number in unseen]


def _homes(program: Program) -> Iterator[tuple[str, Program]]:
    """The program that each block belongs to."""
    for step in program.steps:
        yield step.id, program
    for body in program.bodies.values():
        yield from _homes(body)


def _replay(program: Program, entries: Collection[int], iteration: str, rows: Sequence[StepRow], given: Json) -> _Round:
    """Settle what is recorded of one round."""
    recorded = {step.block_id: step for step in rows if step.iteration == iteration and step.block_id in program.plan.number}
    progress = Progress(program.plan, entries)
    advance = progress.begin()
    ready, skipped = list(advance.ready), list(advance.skipped)
    while ready:
        number = ready.pop()
        step = recorded.get(program.plan.ids[number])
        if step is None or step.status not in ("completed", "failed"):
            continue
        ports = decode_stored(step.ports)
        if ports or step.status == "completed":
            advance = progress.settle(number, ports)
            ready.extend(advance.ready)
            skipped.extend(advance.skipped)
    return _Round(program, progress, recorded, given, skipped)


def _view(found: _Round, block_id: str, status: str, started_at: datetime | None, iteration: str) -> StepView:
    declared = found.program.steps[found.program.plan.number[block_id]]
    step = found.recorded.get(block_id)
    value = None if status == "skipped" else _input(found, declared.number, step)
    head = (block_id, declared.name, declared.block.type, status, value)
    if step is None:
        return StepView(*head, None, None, (), started_at, None, None, 0, (), iteration)
    return StepView(
        *head,
        None if status == "waiting" else decoded(step.output),
        decoded(step.error),
        tuple(decode_stored(step.ports)),
        started_at,
        step.finished_at,
        step.duration_ms,
        step.attempts,
        tuple(decoded(step.log) or ()),
        iteration,
        step.wake_at,
    )


def _input(found: _Round, number: int, step: StepRow | None) -> Json:
    if step is not None and step.input is not None:
        return decoded(step.input)
    ids = found.program.plan.ids
    sources = [ids[source] for source in found.progress.sources(number)]
    outputs = {block_id: decoded(found.recorded[block_id].output) for block_id in sources if block_id in found.recorded}
    if not sources:
        return found.given
    return outputs.get(sources[0]) if len(sources) == 1 else outputs
