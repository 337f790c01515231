"""Running a graph that is stored nowhere, as a simulation: pure blocks compute, blocks with an effect answer their sample.

Nothing of it is recorded, nothing leaves this process but code for the sandbox, and what blocks remember is forgotten after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

from app.catalog import Catalog
from app.engine.assignment import Assignment, Outcome
from app.engine.context import Environment
from app.engine.events import Event, StepFinished, StepParked
from app.engine.expressions import Secret
from app.engine.graph import Graph
from app.engine.program import Program, compile_program
from app.engine.runner import Runner
from app.engine.values import decode_stored
from app.sdk import BlockError, Json, Sandbox

SECONDS = 10.0
MOST_EVENTS = 5_000
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class RehearsedStep:
    """What one block did."""

    block_id: str
    name: str
    status: str
    ports: tuple[str, ...]
    output: Json
    error: str
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """`status`: completed, failed, waiting, timed_out, or not_run with the reason in `error`."""

    status: str
    output: Json = None
    error: str = ""
    failed_block: str | None = None
    steps: Sequence[RehearsedStep] = ()


class TooMuch(Exception):
    """The simulation makes more steps than are worth looking at."""


@dataclass
class _Recorder:
    """Keeps the events in memory, and no more of them than is good."""

    events: list[Event] = field(default_factory=list)

    def record(self, event: Event) -> None:
        self.events.append(event)
        if len(self.events) > MOST_EVENTS:
            raise TooMuch

    async def durable(self) -> None:
        return None


@dataclass
class ForgetfulState:
    """Implements the sdk's State for one simulation."""

    values: dict[tuple[str, str], Json] = field(default_factory=dict)

    async def get(self, namespace: str, key: str) -> Json:
        return self.values.get((namespace, key))

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None:
        self.values[namespace, key] = value

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        if (namespace, key) in self.values:
            return False
        self.values[namespace, key] = value
        return True

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        if self.values.get((namespace, key)) != expected:
            return False
        self.values[namespace, key] = value
        return True

    async def delete(self, namespace: str, key: str) -> bool:
        return self.values.pop((namespace, key), None) is not None

    async def keys(self, namespace: str, prefix: str = "", limit: int = 100) -> list[str]:
        found = [key for space, key in self.values if space == namespace and key.startswith(prefix)]
        return sorted(found)[:limit]

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        return 0.0


class _Nothing:
    """What a simulation lends: code may compute, credentials are names, and whatever would reach out is refused."""

    def __init__(self, sandbox: Sandbox, credentials: Sequence[str]) -> None:
        self.sandbox = sandbox
        self.state = ForgetfulState()
        self.settings: Mapping[str, str] = {}
        self.secrets = {name: Secret(f"[secret:simulated:{name}]") for name in credentials}
        self.workspace = "simulation"

    def __getattr__(self, name: str) -> object:
        raise BlockError("SIMULATED", f"A simulation does not use `{name}`.", retryable=False)


class Rehearsals:
    def __init__(self, catalog: Catalog, sandbox: Sandbox) -> None:
        self._catalog = catalog
        self._sandbox = sandbox
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(
        self,
        graph: Graph,
        given: Json,
        *,
        start_block: str | None = None,
        workflow: Mapping[str, Json] | None = None,
        credentials: Sequence[str] = (),
    ) -> Rehearsed:
        """Run a graph that has passed validation with this input. Never raises for what the graph does."""
        try:
            program = compile_program(graph, self._catalog)
            entries = program.entries(start_block or _first_trigger(program))
        except LookupError as error:
            return Rehearsed("not_run", error=str(error.args[0]) if error.args else "The workflow cannot start.")
        recorder = _Recorder()
        environment = cast(Environment, _Nothing(self._sandbox, credentials))
        about = {"id": "simulation", "name": "Simulation", "revision": 0, **(workflow or {})}
        assignment = Assignment(str(uuid4()), program, entries, given, "simulation", "simulation", about)
        async with self._room:
            try:
                async with asyncio.timeout(SECONDS):
                    outcome = await Runner(assignment, recorder, environment).drive()
            except TimeoutError:
                steps = _steps(program, recorder.events)
                return Rehearsed("timed_out", error=f"The simulation took longer than {SECONDS:g} s.", steps=steps)
            except TooMuch:
                message = f"The simulation was ended after {MOST_EVENTS:,} events."
                return Rehearsed("timed_out", error=message, steps=_steps(program, recorder.events))
        return _told(program, outcome, recorder.events)


def _first_trigger(program: Program) -> str | None:
    """Where a workflow with several starts is entered when nobody says; None lets the program decide."""
    triggers = [step.id for step in program.triggers if step.enabled]
    return triggers[0] if len(triggers) > 1 else None


def _told(program: Program, outcome: Outcome, events: Sequence[Event]) -> Rehearsed:
    steps = _steps(program, events)
    if outcome.status == "parked":
        waiting = next((event.block_id for event in reversed(events) if isinstance(event, StepParked)), "")
        return Rehearsed("waiting", error=f"It waits at block `{waiting}`.", steps=steps)
    failure = outcome.error
    if failure is None:
        return Rehearsed("completed", outcome.output, steps=steps)
    return Rehearsed("failed", error=f"{failure.code}: {failure.message}", failed_block=failure.block_id, steps=steps)


def _steps(program: Program, events: Sequence[Event]) -> list[RehearsedStep]:
    return [
        RehearsedStep(
            event.block_id,
            program.step(event.block_id).name,
            event.status,
            event.ports,
            None if event.output is None else decode_stored(event.output),
            "" if event.error is None else f"{event.error.code}: {event.error.message}",
            event.log,
        )
        for event in events
        if isinstance(event, StepFinished)
    ]
