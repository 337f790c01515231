"""The state of one run through a program: of the whole workflow, or of one round of a container's body. Pure."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.engine.assignment import RecordedStep
from app.engine.events import Failure
from app.engine.names import Names
from app.engine.plan import Advance, Progress
from app.engine.program import Program, Step
from app.sdk import Arrival, Json

Recorded = Mapping[tuple[str, str], RecordedStep]


@dataclass(frozen=True, slots=True)
class Ready:
    """A step that may run now: for the first time, again, or because what it waited for has come."""

    step: Step
    attempt: int = 1
    started_at: datetime | None = None
    arrival: Arrival | None = None


@dataclass(slots=True)
class Parked:
    """A step that waits. `attempt` above 0: for its next attempt; else for a moment or a signal."""

    step: Step
    started_at: datetime
    until: datetime | None
    value: Json = None
    attempt: int = 0
    arrived: bool = False
    payload: Json = None

    def is_due(self, moment: datetime) -> bool:
        return self.arrived or (self.until is not None and self.until <= moment)


class Frame:
    """`iteration` is "" for the whole workflow, else the path of rounds that leads to this body."""

    def __init__(self, program: Program, entries: Iterable[int], names: Names, value: Json, iteration: str = "") -> None:
        self.program = program
        self.names = names
        self.input = value
        self.iteration = iteration
        self.progress = Progress(program.plan, frozenset(entries))
        self.outputs: dict[int, Json] = {}
        self.ready: deque[Ready] = deque()
        self.running: dict[asyncio.Task[None], Step] = {}
        self.parked: dict[int, Parked] = {}
        self.started: dict[int, datetime] = {}
        self.failure: Failure | None = None
        self.response: Json = None
        self.poke: asyncio.Future[None] | None = None

    def begin(self, recorded: Recorded) -> tuple[str, ...]:
        """Settle what is recorded; only the rest runs. Returns the blocks that are skipped."""
        pending, skipped = self._advance(self.progress.begin())
        while pending:
            number = pending.popleft()
            step = self.program.steps[number]
            found = recorded.get((step.id, self.iteration))
            if found is None or found.status == "cancelled":
                self.ready.append(Ready(step))
            elif found.status == "retrying":
                self.parked[number] = Parked(step, found.started_at, found.wake_at, attempt=found.attempts + 1)
            elif found.status == "waiting":
                self.parked[number] = Parked(step, found.started_at, found.wake_at, found.output, 0, found.arrived, found.payload)
            elif found.status == "failed" and not step.goes_on:
                self.failure = found.error
            else:
                more, others = self._advance(self._settled(step, found.output, found.ports, found.response))
                pending.extend(more)
                skipped += others
        return skipped

    def settle(self, step: Step, output: Json, ports: tuple[str, ...], response: Json) -> tuple[str, ...]:
        """A step is done; what follows becomes ready. Returns the blocks that are skipped from now on."""
        ready, skipped = self._advance(self._settled(step, output, ports, response))
        self.ready.extend(Ready(self.program.steps[number]) for number in ready)
        return skipped

    def _settled(self, step: Step, output: Json, ports: tuple[str, ...], response: Json) -> Advance:
        self.outputs[step.number] = output
        self.names.finished(step.id, output)
        if step.block.trigger and isinstance(output, dict):
            self.names.variables = output
        if response is not None and self.response is None:
            self.response = response
        return self.progress.settle(step.number, ports)

    def _advance(self, advance: Advance) -> tuple[deque[int], tuple[str, ...]]:
        return deque(advance.ready), tuple(self.program.plan.ids[number] for number in advance.skipped)

    def inputs(self, step: Step) -> dict[str, Json]:
        """What came in, by block id, in the order of the plan."""
        ids = self.program.plan.ids
        return {ids[number]: self.outputs[number] for number in self.progress.sources(step.number)}

    def input_of(self, step: Step) -> Json:
        """The output of the one block before, or of several by block id; of none: what the frame was given."""
        sources = self.progress.sources(step.number)
        if not sources:
            return self.input
        if len(sources) == 1:
            return self.outputs[sources[0]]
        return self.inputs(step)

    def wake(self, moment: datetime) -> None:
        """Make ready what has waited long enough."""
        for number, parked in list(self.parked.items()):
            if parked.is_due(moment):
                del self.parked[number]
                if parked.attempt:
                    self.ready.append(Ready(parked.step, parked.attempt, parked.started_at))
                else:
                    arrival = Arrival(parked.value, parked.payload, timed_out=not parked.arrived)
                    self.ready.append(Ready(parked.step, 1, parked.started_at, arrival))

    def next_wake(self) -> datetime | None:
        return min((parked.until for parked in self.parked.values() if parked.until is not None), default=None)

    def output(self) -> Json:
        """The outputs of the blocks after which nothing came: of one as it is, of several by block id."""
        went_on = {source for number in self.outputs for source in self.progress.sources(number)}
        ids = self.program.plan.ids
        last = {ids[number]: output for number, output in sorted(self.outputs.items()) if number not in went_on}
        return next(iter(last.values())) if len(last) == 1 else last or None
