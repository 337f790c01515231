"""Pure: what the journal recorded of an execution, as steps that people can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def decoded(raw: bytes | None) -> Json:
    return None if raw is None else decode_stored(raw)


def step_views(
    program: Program, row: ExecutionRow, execution_input: Json, rows: Sequence[StepRow], running: Mapping[str, datetime]
) -> Sequence[StepView]:
    """The steps in the order of their records, then those that run, then those that were skipped."""
    recorded = {step.block_id: step for step in rows}
    progress = Progress(program.plan, program.entries(row.start_block))
    skipped = _replay(program, progress, recorded)
    maker = _ViewMaker(program, progress, execution_input, recorded)
    ids = program.plan.ids
    views = [maker.view(step.block_id, step.status, step.started_at) for step in rows if step.block_id in program.plan.number]
    views += [maker.view(block_id, "running", at) for block_id, at in running.items() if block_id not in recorded]
    return views + [maker.view(ids[number], "skipped", None) for number in sorted(skipped) if ids[number] not in recorded]


def _replay(program: Program, progress: Progress, recorded: Mapping[str, StepRow]) -> Sequence[int]:
    """Settle what is recorded; returns the blocks that were skipped."""
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
    return skipped


@dataclass(frozen=True, slots=True)
class _ViewMaker:
    program: Program
    progress: Progress
    execution_input: Json
    recorded: Mapping[str, StepRow]

    def view(self, block_id: str, status: str, started_at: datetime | None) -> StepView:
        declared = self.program.steps[self.program.plan.number[block_id]]
        step = self.recorded.get(block_id)
        value = None if status == "skipped" else self._input(declared.number)
        if step is None:
            return StepView(
                block_id, declared.name, declared.block.type, status, value, None, None, (), started_at, None, None, 0, ()
            )
        return StepView(
            block_id,
            declared.name,
            declared.block.type,
            status,
            value,
            None if status == "waiting" else decoded(step.output),
            decoded(step.error),
            tuple(decode_stored(step.ports)),
            started_at,
            step.finished_at,
            step.duration_ms,
            step.attempts,
            tuple(decoded(step.log) or ()),
        )

    def _input(self, number: int) -> Json:
        ids = self.program.plan.ids
        sources = [ids[source] for source in self.progress.sources(number)]
        outputs = {block_id: decoded(self.recorded[block_id].output) for block_id in sources if block_id in self.recorded}
        if not sources:
            return self.execution_input
        return outputs.get(sources[0]) if len(sources) == 1 else outputs
