"""The state of one run through a program: of the whole workflow, or of one round of a container's body. Pure."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush

from app.engine.assignment import RecordedStep
from app.engine.events import Failure
from app.engine.names import Names
from app.engine.plan import Advance, Progress
from app.engine.program import Program, Step
from app.sdk import Arrival, Json

Recorded = Mapping[tuple[str, str], RecordedStep]

UNRECORDED = 1 << 63
"""Sorts what is not recorded behind all that is."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A step that may run now: for the first time, again, or because what it waited for has come."""

    step: Step
    attempt: int = 1
    started_at: datetime | None = None
    arrival: Arrival | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A step that waits for a moment or a signal (`seq` numbers the parking), or for its next attempt.

    A next attempt has an `arrival` when the attempt before was already about what had arrived.
    """

    step: Step
    started_at: datetime
    until: datetime | None
    value: Json = None
    seq: int = 0
    attempt: int = 0
    arrival: Arrival | None = None

    def timed_out(self) -> Ready:
        """What happens when its moment has come."""
        if self.attempt:
            return Ready(self.step, self.attempt, self.started_at, self.arrival)
        return Ready(self.step, 1, self.started_at, Arrival(self.value, timed_out=True))

    def answered(self, payload: Json) -> Ready:
        """What happens when its signal has come."""
        return Ready(self.step, 1, self.started_at, Arrival(self.value, payload))


class Frame:
    """`iteration` is "" for the whole workflow, else the path of rounds that leads to this body."""

    def __init__(
        self,
        program: Program,
        entries: Collection[int],
        names: Names,
        value: Json,
        iteration: str = "",
        parent: Frame | None = None,
    ) -> None:
        self.program = program
        self.names = names
        self.input = value
        self.iteration = iteration
        self.parent = parent
        self.progress = Progress(program.plan, entries)
        self.outputs: dict[int, Json] = {}
        self.ready: deque[Ready] = deque()
        self.running: dict[asyncio.Task[None], Step] = {}
        self.parked: dict[int, Parked] = {}
        self.started: dict[int, datetime] = {}
        self.failure: Failure | None = None
        self.response: Json = None
        self.poke: asyncio.Future[None] | None = None
        self._alarms: list[tuple[datetime, int]] = []

    @property
    def stopped(self) -> bool:
        """Whether a failure here, or around this, lets nothing more begin."""
        return self.failure is not None or (self.parent is not None and self.parent.stopped)

    # -- what was recorded ------------------------------------------------------------------------------------------

    def begin(self, recorded: Recorded) -> tuple[str, ...]:
        """Settle what is recorded, in the order in which it happened; only the rest runs. Returns what is skipped."""
        numbers, skipped = self._advance(self.progress.begin())
        if not recorded:
            self.ready.extend([Ready(self.program.steps[number]) for number in numbers])
            return skipped
        pending = [self._recorded_at(number, recorded) for number in numbers]
        heapify(pending)
        while pending:
            _, number = heappop(pending)
            step = self.program.steps[number]
            found = recorded.get((step.id, self.iteration))
            if found is None or not self._take_over(step, found):
                self.ready.append(Ready(step))
            elif found.status == "completed" or (found.status == "failed" and step.goes_on):
                numbers, others = self._advance(self._settled(step, found.output, found.ports, found.response))
                skipped += others
                for more in numbers:
                    heappush(pending, self._recorded_at(more, recorded))
        return skipped

    def _recorded_at(self, number: int, recorded: Recorded) -> tuple[int, int]:
        found = recorded.get((self.program.plan.ids[number], self.iteration))
        return UNRECORDED if found is None else found.seq, number

    def _take_over(self, step: Step, found: RecordedStep) -> bool:
        """Go on from one record; False when the step has to run again."""
        if found.status == "cancelled":
            return False
        if found.status == "failed" and not step.goes_on:
            self.failure = self.failure or found.error
        elif found.status == "retrying":
            arrival = None if found.output is None else Arrival(**found.output)
            self.park(Parked(step, found.started_at, found.wake_at, None, found.seq, found.attempts + 1, arrival))
        elif found.status == "waiting":
            self.park(Parked(step, found.started_at, found.wake_at, found.output, found.seq))
            if found.arrived:
                self.arrive(step.id, found.payload)
        return True

    # -- steps that end ---------------------------------------------------------------------------------------------

    def settle(self, step: Step, output: Json, ports: tuple[str, ...], response: Json) -> tuple[str, ...]:
        """A step is done; what follows becomes ready. Returns the blocks that are skipped from now on."""
        ready, skipped = self._advance(self._settled(step, output, ports, response))
        for number in ready:
            self.ready.append(Ready(self.program.steps[number]))
        return skipped

    def _settled(self, step: Step, output: Json, ports: tuple[str, ...], response: Json) -> Advance:
        self.outputs[step.number] = output
        self.names.finished(step.id, output)
        if step.block.trigger and isinstance(output, dict):
            self.names.variables = output
        if response is not None:
            self.answer(response)
        return self.progress.settle(step.number, ports)

    def _advance(self, advance: Advance) -> tuple[tuple[int, ...], tuple[str, ...]]:
        ids = self.program.plan.ids
        return advance.ready, tuple([ids[number] for number in advance.skipped]) if advance.skipped else ()

    def answer(self, response: Json) -> None:
        """Keep the first answer for the caller, here and in all that is around this."""
        if self.response is None:
            self.response = response
        if self.parent is not None:
            self.parent.answer(response)

    # -- values -----------------------------------------------------------------------------------------------------

    def inputs(self, step: Step) -> dict[str, Json]:
        """What came in, by block id, in the order of the plan; what a round is given comes from its container."""
        ids = self.program.plan.ids
        came: dict[str, Json] = {self.program.container: self.input} if step.number in self.program.doors else {}
        came.update((ids[number], self.outputs[number]) for number in self.progress.sources(step.number))
        return came

    def input_of(self, step: Step) -> Json:
        """The output of the one block before, or of several by block id; of none: what the frame was given."""
        sources = self.progress.sources(step.number)
        if not sources:
            return self.input
        if len(sources) == 1 and step.number not in self.program.doors:
            return self.outputs[sources[0]]
        return self.inputs(step)

    def output(self) -> Json:
        """The outputs of the blocks after which nothing came: of one as it is, of several by block id."""
        went_on = {source for number in self.outputs for source in self.progress.sources(number)}
        ids = self.program.plan.ids
        last = {ids[number]: output for number, output in sorted(self.outputs.items()) if number not in went_on}
        return next(iter(last.values())) if len(last) == 1 else last or None

    # -- steps that wait --------------------------------------------------------------------------------------------

    def park(self, parked: Parked) -> None:
        self.parked[parked.step.number] = parked
        if parked.until is not None:
            heappush(self._alarms, (parked.until, parked.step.number))

    def arrive(self, block_id: str, payload: Json, seq: int | None = None) -> bool:
        """A signal has come for a step; False when that step waits for none, or not in the parking `seq`."""
        number = self.program.plan.number.get(block_id)
        parked = None if number is None else self.parked.get(number)
        if parked is None or parked.attempt or (seq is not None and seq != parked.seq):
            return False
        self.ready.append(self.parked.pop(parked.step.number).answered(payload))
        return True

    def wake(self, moment: datetime) -> None:
        """Make ready what has waited long enough."""
        while (until := self.next_wake()) is not None and until <= moment:
            _, number = heappop(self._alarms)
            self.ready.append(self.parked.pop(number).timed_out())

    def next_wake(self) -> datetime | None:
        """When the first of the waiting steps goes on by itself."""
        while self._alarms:
            until, number = self._alarms[0]
            parked = self.parked.get(number)
            if parked is not None and parked.until == until:
                return until
            heappop(self._alarms)
        return None

    def interrupted(self) -> dict[int, datetime]:
        """The steps that have begun and will not end here, with their beginnings; none of them from now on."""
        begun = dict(self.started)
        begun.update((ready.step.number, ready.started_at) for ready in self.ready if ready.started_at is not None)
        begun.update((number, parked.started_at) for number, parked in self.parked.items())
        self.started.clear()
        self.parked.clear()
        self.ready.clear()
        return begun
