"""What is recorded of one execution over all its drives, kept in memory; a power cut can come after any record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.engine.assignment import Outcome, RecordedStep
from app.engine.events import Event, StepParked, StepStarted
from app.engine.graph import Graph
from app.engine.runner import Runner
from app.sdk import Json, Signal
from tests.support.tiny import NOW, Environment, MemoryRecorder, Types, assignment, record_of

Place = tuple[str, str]
REPLACEABLE = ("waiting", "retrying", "cancelled")


class PowerCut(Exception):
    """Everything stops here."""


@dataclass
class CutRecorder(MemoryRecorder):
    """Puts records into the journal until `left` of them are written; then the power goes."""

    journal: MemoryJournal | None = None
    left: int = 1 << 30

    def record(self, event: Event) -> None:
        super().record(event)
        assert self.journal is not None
        if isinstance(event, StepStarted):
            self.journal.starts.append((event.block_id, event.iteration))
            self.journal.check_start((event.block_id, event.iteration))
        step = record_of(event)
        if step is not None:
            if not self.left:
                raise PowerCut
            self.left -= 1
            self.journal.write(step, event)

    async def durable(self) -> None:
        if not self.left:
            raise PowerCut
        await super().durable()


@dataclass
class MemoryJournal:
    """`containers`: blocks that are begun anew in each drive, because their state is that of their bodies."""

    graph: Graph
    known: Types
    value: Json = None
    containers: frozenset[str] = frozenset()
    environment: Environment = field(default_factory=Environment)
    steps: dict[Place, RecordedStep] = field(default_factory=dict)
    signals: dict[Place, Signal] = field(default_factory=dict)
    starts: list[Place] = field(default_factory=list)
    repeated: list[Place] = field(default_factory=list)
    """Recorded steps that were begun, or recorded, once more."""
    epoch: int = 0
    runner: Runner | None = None
    recorder: CutRecorder | None = None

    def check_start(self, place: Place) -> None:
        recorded = self.steps.get(place)
        if recorded is not None and recorded.status in ("completed", "failed"):
            self.repeated.append(place)

    def write(self, step: RecordedStep, event: Event) -> None:
        place = step.block_id, step.iteration
        recorded = self.steps.get(place)
        if recorded is not None and recorded.status not in REPLACEABLE:
            self.repeated.append(place)
            return
        self.steps[place] = step
        self.signals.pop(place, None)
        if isinstance(event, StepParked) and event.signal is not None:
            self.signals[place] = event.signal

    def by_status(self, *statuses: str) -> dict[Place, RecordedStep]:
        return {place: step for place, step in self.steps.items() if step.status in statuses}

    async def drive(self, left: int = 1 << 30, **more: Any) -> Outcome | None:
        """One drive, from what is recorded; None when the power went after `left` records."""
        self.epoch += 1
        recorded = sorted(self.steps.values(), key=lambda step: step.seq)
        self.recorder = CutRecorder(journal=self, left=left)
        given = assignment(self.graph, self.known, self.value, recorded=recorded, epoch=self.epoch, **more)
        self.runner = Runner(given, self.recorder, self.environment)
        try:
            return await asyncio.wait_for(self.runner.drive(), 10)
        except PowerCut:
            return None

    def time_passes(self) -> None:
        """Every moment that steps wait for has come."""
        for place, step in self.steps.items():
            if step.wake_at is not None:
                self.steps[place] = replace(step, wake_at=NOW)

    def answer(self, payloads: Mapping[str, Json] | Json = None) -> None:
        """Every signal that steps wait for has come."""
        for place in self.signals:
            payload = payloads.get(place[0]) if isinstance(payloads, dict) else payloads
            self.steps[place] = replace(self.steps[place], arrived=True, payload=payload)
        self.signals.clear()

    async def drive_to_end(self, cuts: Mapping[int, int] | None = None, drives: int = 200, **more: Any) -> Outcome:
        """Drive until it ends; whenever it parks, everything that it waits for comes. `cuts`: records by epoch."""
        for _ in range(drives):
            outcome = await self.drive((cuts or {}).get(self.epoch + 1, 1 << 30), **more)
            if outcome is not None and outcome.status != "parked":
                return outcome
            if outcome is not None:
                self.time_passes()
                self.answer()
        raise AssertionError("it never ends")
