"""Tiny blocks and an in-memory stage: the engine without database, network or catalog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ConfigDict

from app.engine.assignment import Assignment, Outcome, RecordedStep
from app.engine.events import (
    Event,
    ExecutionFinished,
    ExecutionParked,
    ExecutionStarted,
    StepFinished,
    StepParked,
    StepsSkipped,
    StepStarted,
    StepStreamed,
)
from app.engine.graph import Graph
from app.engine.program import compile_program
from app.engine.runner import Runner
from app.engine.values import decode
from app.sdk import Block, BlockError, Config, Context, Json, Output, Port, Wait

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
Run = Callable[[Context, Any, Json], Awaitable[Output | Wait]]


class Anything(Config):
    """A configuration that takes every field."""

    model_config = ConfigDict(extra="allow")


class Types(dict[str, Block]):
    """A registry of block types by their names alone."""

    def get(self, type: str) -> Block | None:  # type: ignore[override]
        return self[type] if type in self else None  # noqa: SIM401 - `get` is what is defined here


async def pass_on(context: Context, config: Any, value: Json) -> Output:
    return Output(value)


async def answer(context: Context, config: Any, value: Json) -> Output:
    """Answers the caller with its input."""
    response = {"status": 200, "headers": {}, "body": value}
    return Output(response, ports=(), response=response)


def tiny(type: str, execute: Run = pass_on, **more: Any) -> Block:
    """A block that passes its input on unless told otherwise."""
    return Block(
        type=type,
        title=type.capitalize(),
        category="Test",
        icon="box",
        description="",
        execute=execute,
        **{"config": Anything, "waits": True, **more},
    )


def takes(*ports: str, type: str = "check", among: Sequence[str] = ("if", "else")) -> Block:
    """A block that always leaves at these ports."""

    async def execute(context: Context, config: Any, value: Json) -> Output:
        return Output(value, ports)

    return tiny(type, execute, outputs=tuple(Port(name) for name in among))


def gives(value: Json, type: str) -> Block:
    async def execute(context: Context, config: Any, _: Json) -> Output:
        return Output(value)

    return tiny(type, execute)


def fails(type: str = "fails", code: str = "BROKEN", message: str = "it is broken", **more: Any) -> Block:
    async def execute(context: Context, config: Any, value: Json) -> Output:
        raise BlockError(code, message)

    return tiny(type, execute, **more)


def waits(seconds: float = 60, type: str = "wait") -> Block:
    async def execute(context: Context, config: Any, value: Json) -> Wait:
        return Wait(datetime.now(UTC) + timedelta(seconds=seconds), value)

    return tiny(type, execute)


def types(*declared: Block) -> Types:
    """These block types, with `noop`, `start` (a trigger) and `answer` (a response) beside them."""
    usual = (tiny("noop"), tiny("start", trigger=True, inputs=()), tiny("answer", answer, outputs=(), answers=True))
    return Types({block.type: block for block in (*usual, *declared)})


@dataclass
class MemoryRecorder:
    """Keeps events in a list; `told` is their short form, `durable` among them where somebody waited for the disk."""

    events: list[Event] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def record(self, event: Event) -> None:
        self.events.append(event)
        self.told.append(tell(event))

    async def durable(self) -> None:
        self.told.append("durable")

    def recorded(self) -> list[RecordedStep]:
        """The steps as the journal would give them back."""
        steps: dict[tuple[str, str], RecordedStep] = {}
        for event in self.events:
            if (step := record_of(event)) is not None:
                steps[step.block_id, step.iteration] = step
        return sorted(steps.values(), key=lambda step: step.seq)

    def ran(self) -> list[str]:
        """The blocks that were started, in order."""
        return [event.block_id for event in self.events if isinstance(event, StepStarted)]

    def ended(self, block_id: str) -> StepFinished:
        return next(event for event in self.events if isinstance(event, StepFinished) and event.block_id == block_id)


def record_of(event: Event) -> RecordedStep | None:
    """The step that an event puts on record, if any."""
    if not isinstance(event, (StepFinished, StepParked)):
        return None
    output = None if event.output is None else decode(event.output)
    known = RecordedStep(
        event.block_id, "", (), output, event.started_at, error=event.error,
        iteration=event.iteration, attempts=event.attempts, seq=event.seq,
    )  # fmt: skip
    if isinstance(event, StepFinished):
        return replace(known, status=event.status, ports=event.ports, response=event.response)
    return replace(known, status="retrying" if event.retrying else "waiting", wake_at=event.wake_at)


def tell(event: Event) -> str:
    match event:
        case ExecutionStarted():
            return "begins"
        case StepStarted(block_id=block_id):
            return f"{block_id} starts"
        case StepStreamed(block_id=block_id):
            return f"{block_id} speaks"
        case StepFinished(block_id=block_id, status=status):
            return f"{block_id} {status}"
        case StepParked(block_id=block_id):
            return f"{block_id} waits"
        case StepsSkipped(block_ids=block_ids):
            return f"skips {' '.join(block_ids)}"
        case ExecutionParked():
            return "parks"
        case ExecutionFinished(status=status):
            return f"ends {status}"


@dataclass(frozen=True)
class Environment:
    """Lends nothing but settings and markers."""

    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    http: Any = None
    sandbox: Any = None
    workflows: Any = None
    platform: Any = None
    state: Any = None
    blocks: Any = None
    models: Any = None
    network: Any = None
    tables: Any = None
    files: Any = None
    workspace: str = "workspace-1"


def assignment(graph: Graph, known: Types, value: Json = None, **more: Any) -> Assignment:
    program = compile_program(graph, known)
    start = more.pop("start_block", None)
    usual = Assignment(
        "run-1", program, program.entries(start), value, "manual", "live", {"id": "flow-1", "name": "Flow", "revision": 1}
    )
    return replace(usual, **more)


@dataclass(frozen=True)
class Ran:
    """What became of one drive."""

    outcome: Outcome
    recorder: MemoryRecorder

    @property
    def told(self) -> list[str]:
        return self.recorder.told

    def output(self, block_id: str) -> Json:
        output = self.recorder.ended(block_id).output
        return None if output is None else decode(output)


async def drive(graph: Graph, known: Types, value: Json = None, **more: Any) -> Ran:
    """Drive an execution of the graph to its end, or to where it waits."""
    recorder = MemoryRecorder()
    environment = more.pop("environment", Environment())
    outcome = await Runner(assignment(graph, known, value, **more), recorder, environment).drive()
    return Ran(outcome, recorder)
