"""Drives one execution: asks its progress what is ready, awaits blocks, reports events. The engine's only async file."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.engine.assignment import Assignment, Outcome, Recorder
from app.engine.chronicle import Chronicle, now
from app.engine.context import Environment, Names, StepContext
from app.engine.events import Failure
from app.engine.plan import Advance, Progress
from app.engine.program import Step
from app.engine.values import MAX_OUTPUT_DEPTH, MAX_VALUE_BYTES, encode, nested_too_deep
from app.sdk import BlockError, Json, Output, Wait

logger = logging.getLogger(__name__)

INLINE_STEPS = 100
"""After so many steps in a row that never waited, everybody else gets a turn."""


@dataclass(slots=True)
class _Parked:
    until: datetime
    value: Json
    started_at: datetime


@dataclass(slots=True)
class _State:
    outputs: dict[int, Json] = field(default_factory=dict)
    ready: deque[int] = field(default_factory=deque)
    running: dict[asyncio.Task[None], Step] = field(default_factory=dict)
    parked: dict[int, _Parked] = field(default_factory=dict)
    failure: Failure | None = None
    response: Json = None


class Runner:
    """One drive of one execution."""

    def __init__(self, assignment: Assignment, recorder: Recorder, environment: Environment) -> None:
        self._assignment = assignment
        self._program = assignment.program
        self._chronicle = Chronicle(recorder, assignment.epoch)
        self._environment = environment
        self._progress = Progress(self._program.plan, assignment.entries)
        self._state = _State()
        self._execution: dict[str, Json] = {
            "id": assignment.id,
            "mode": assignment.mode,
            "trigger": assignment.trigger,
            "depth": assignment.depth,
            "request": assignment.request,
        }
        variables = assignment.input if isinstance(assignment.input, dict) else {"body": assignment.input}
        blocks = {step.id: step.name for step in self._program.steps}
        self._names = Names(variables, self._execution, assignment.workflow, environment.secrets, blocks)
        self._started: dict[int, datetime] = {}
        self._taken_up = False

    async def drive(self) -> Outcome:
        """Run until nothing more can run now. Records everything; the last event is durable on return."""
        self._chronicle.execution_started(self._assignment.trigger)
        self._take_up()
        try:
            await self._run()
        finally:
            await self._stop_running()
        if self._state.failure is None and self._state.parked:
            return await self._park()
        return await self._finish()

    async def cancelled(self, status: Literal["cancelled", "timed_out"], failure: Failure) -> None:
        """Record that an execution was stopped from outside: its interrupted steps, then the end."""
        if not self._taken_up:
            self._take_up()
        self._record_interrupted()
        self._chronicle.execution_finished(status, None, failure)
        await self._chronicle.durable()

    def _record_interrupted(self) -> None:
        for number, started_at in self._started.items():
            self._chronicle.step_finished(self._program.steps[number].id, "cancelled", started_at)
        for number, parked in self._state.parked.items():
            self._chronicle.step_finished(self._program.steps[number].id, "cancelled", parked.started_at)
        self._started.clear()
        self._state.parked.clear()

    # -- the loop ------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        state = self._state
        inline = 0
        while True:
            self._wake()
            if state.failure is None:
                if len(state.ready) == 1 and not state.running and not state.parked:
                    await self._run_step(self._program.steps[state.ready.popleft()])
                    inline += 1
                    if inline % INLINE_STEPS == 0:
                        await asyncio.sleep(0)
                    continue
                while state.ready and len(state.running) < self._assignment.concurrency:
                    step = self._program.steps[state.ready.popleft()]
                    state.running[asyncio.create_task(self._run_step(step))] = step
            elif state.running:
                self._stop_harmless()
            if not state.running:
                return
            done, _ = await asyncio.wait(state.running, timeout=self._until_wake(), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del state.running[task]
                if not task.cancelled():
                    task.result()

    def _stop_harmless(self) -> None:
        """After a failure, steps without effect are stopped; those with one finish, so that what they did is on record."""
        for task, step in self._state.running.items():
            if step.block.effect == "none":
                task.cancel()

    async def _stop_running(self) -> None:
        for task in self._state.running:
            task.cancel()
        if self._state.running:
            await asyncio.gather(*self._state.running, return_exceptions=True)
            self._state.running.clear()

    def _until_wake(self) -> float | None:
        if not self._state.parked:
            return None
        return max(0.0, (min(parked.until for parked in self._state.parked.values()) - now()).total_seconds())

    def _wake(self) -> None:
        """Finish parked steps whose moment has come."""
        moment = now() if self._state.parked else None
        for number, parked in list(self._state.parked.items()):
            if moment is not None and parked.until <= moment:
                del self._state.parked[number]
                step = self._program.steps[number]
                self._finish_step(step, Output(parked.value), encode(parked.value), parked.started_at, ())

    def _advance(self, advance: Advance) -> None:
        self._state.ready.extend(advance.ready)
        if advance.skipped:
            skipped = tuple(self._program.plan.ids[number] for number in advance.skipped)
            self._chronicle.steps_skipped(skipped)

    def _take_up(self) -> None:
        """Settle what the journal remembers; only what it does not remember runs again."""
        self._taken_up = True
        self._advance(self._progress.begin())
        state = self._state
        remembered = {step.block_id: step for step in self._assignment.recorded}
        pending = deque(state.ready)
        state.ready.clear()
        while pending:
            number = pending.popleft()
            step = self._program.steps[number]
            recorded = remembered.get(step.id)
            if recorded is None or recorded.status == "cancelled":
                state.ready.append(number)
            elif recorded.status == "waiting" and recorded.wake_at is not None:
                state.parked[number] = _Parked(recorded.wake_at, recorded.output, recorded.started_at)
            elif recorded.status == "failed" and not _goes_on(step):
                state.failure = recorded.error
            else:
                self._settle(step, recorded.output, recorded.ports, recorded.response)
                pending.extend(state.ready)
                state.ready.clear()

    def _settle(self, step: Step, output: Json, ports: tuple[str, ...], response: Json) -> None:
        self._state.outputs[step.number] = output
        self._names.finished(step.id, output)
        if step.block.trigger and isinstance(output, dict):
            self._names.variables = output
        if response is not None and self._state.response is None:
            self._state.response = response
        self._advance(self._progress.settle(step.number, ports))

    # -- one step ------------------------------------------------------------------------------------------------

    def _input(self, step: Step) -> Json:
        sources = self._progress.sources(step.number)
        if not sources:
            return self._assignment.input
        if len(sources) == 1:
            return self._state.outputs[sources[0]]
        ids = self._program.plan.ids
        return {ids[number]: self._state.outputs[number] for number in sources}

    async def _run_step(self, step: Step) -> None:
        value = self._input(step)
        started_at = self._started[step.number] = self._chronicle.step_started(step.id)
        if not step.enabled:
            self._finish_step(step, Output(value, step.first_port), encode(value), started_at, ())
            return
        if step.block.effect != "none":
            await self._chronicle.durable()
            if self._state.failure is not None:
                return  # another step has failed meanwhile, and this one is recorded as interrupted
        context = StepContext(step, self._names, value, self._execution, self._environment)
        try:
            result = await self._execute(step, context, value)
            encoded = encode(result.value)
            if len(encoded) > MAX_VALUE_BYTES:
                raise BlockError("OUTPUT_TOO_LARGE", f"the output is {len(encoded):,} bytes; {MAX_VALUE_BYTES:,} are allowed")
            if nested_too_deep(result.value, encoded):
                raise BlockError("OUTPUT_TOO_DEEP", f"the output is nested deeper than {MAX_OUTPUT_DEPTH} levels")
        except BlockError as error:
            self._fail_step(
                step, Failure(error.code, f"{step.name}: {error.message}", step.id), started_at, (*context.lines, *error.log)
            )
        except TimeoutError:
            failure = Failure("STEP_TIMEOUT", f"{step.name}: not finished within {step.timeout:g} s", step.id)
            self._fail_step(step, failure, started_at, tuple(context.lines))
        except Exception as error:
            logger.exception("block crashed", extra={"block_type": step.block.type, "execution_id": self._assignment.id})
            failure = Failure("BLOCK_CRASHED", f"{step.name}: the block itself failed ({type(error).__name__})", step.id)
            self._fail_step(step, failure, started_at, tuple(context.lines))
        else:
            if isinstance(result, Wait):
                self._park_step(step, result, encoded, started_at)
            else:
                self._finish_step(step, result, encoded, started_at, tuple(context.lines))

    async def _execute(self, step: Step, context: StepContext, value: Json) -> Output | Wait:
        config = step.config.resolve(context.scope)
        async with asyncio.timeout(step.timeout):
            return await step.block.execute(context, config, value)

    def _finish_step(self, step: Step, result: Output, encoded: bytes, started_at: datetime, log: tuple[str, ...]) -> None:
        self._started.pop(step.number, None)
        self._chronicle.step_finished(
            step.id, "completed", started_at, ports=result.ports, output=encoded, response=result.response, log=log
        )
        self._settle(step, result.value, result.ports, result.response)

    def _park_step(self, step: Step, wait: Wait, encoded: bytes, started_at: datetime) -> None:
        self._started.pop(step.number, None)
        self._state.parked[step.number] = _Parked(wait.until, wait.value, started_at)
        self._chronicle.step_parked(step.id, started_at, wait, encoded)

    def _fail_step(self, step: Step, failure: Failure, started_at: datetime, log: tuple[str, ...]) -> None:
        """A failure goes to the error handle, or on as data when the policy says so, or ends the execution."""
        self._started.pop(step.number, None)
        ports = ("error",) if step.error_connected else step.first_port if step.on_error == "continue" else ()
        output: Json = {"error": failure.as_json()}
        self._chronicle.step_finished(step.id, "failed", started_at, ports=ports, output=encode(output), error=failure, log=log)
        if _goes_on(step):
            self._settle(step, output, ports, None)
        elif self._state.failure is None:
            self._state.failure = failure

    # -- the end -------------------------------------------------------------------------------------------------

    async def _park(self) -> Outcome:
        wake_at = min(parked.until for parked in self._state.parked.values())
        self._chronicle.execution_parked(wake_at)
        await self._chronicle.durable()
        return Outcome("parked", wake_at=wake_at)

    async def _finish(self) -> Outcome:
        self._record_interrupted()
        failure = self._state.failure
        output = None if failure else self._output()
        status: Literal["completed", "failed"] = "failed" if failure else "completed"
        self._chronicle.execution_finished(status, None if failure else encode(output), failure)
        await self._chronicle.durable()
        return Outcome(status, output, failure)

    def _output(self) -> Json:
        """The answer's body, else the outputs of the blocks after which nothing came."""
        if self._state.response is not None:
            return self._state.response["body"]
        went_on = {source for number in self._state.outputs for source in self._progress.sources(number)}
        ids = self._program.plan.ids
        last = {ids[number]: output for number, output in sorted(self._state.outputs.items()) if number not in went_on}
        return next(iter(last.values())) if len(last) == 1 else last or None


def _goes_on(step: Step) -> bool:
    """Whether an execution goes on after this step has failed."""
    return step.error_connected or step.on_error == "continue"
