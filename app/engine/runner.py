"""Drives one execution: asks its frames what is ready, awaits blocks, reports events. The engine's only async file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from app.engine.assignment import Assignment, Outcome, Recorder
from app.engine.attempt import Attempts, BodyFailed
from app.engine.chronicle import Chronicle, now
from app.engine.context import Environment
from app.engine.events import Failure
from app.engine.frame import Frame, Ready
from app.engine.names import Names
from app.engine.program import Step
from app.engine.values import encode
from app.sdk import Json

INLINE_STEPS = 100
"""After so many steps in a row that never waited, everybody else gets a turn."""

SHORT_WAIT = timedelta(milliseconds=50)
"""An execution that has to wait no longer than this stays in memory."""

MAX_STEPS = 100_000


class Runner:
    """One drive of one execution."""

    def __init__(self, assignment: Assignment, recorder: Recorder, environment: Environment) -> None:
        self._assignment = assignment
        self._chronicle = Chronicle(recorder, assignment.epoch)
        self.environment = environment
        self.execution: dict[str, Json] = {
            "id": assignment.id,
            "mode": assignment.mode,
            "trigger": assignment.trigger,
            "depth": assignment.depth,
            "request": assignment.request,
        }
        program = assignment.program
        variables = assignment.input if isinstance(assignment.input, dict) else {"body": assignment.input}
        names = Names.of(variables, self.execution, assignment.workflow, environment.secrets, program.names)
        self._root = Frame(program, assignment.entries, names, assignment.input)
        self._frames = [self._root]
        self._recorded = {(step.block_id, step.iteration): step for step in assignment.recorded}
        self._attempts = Attempts(self, self._chronicle, assignment)
        self._steps = len(assignment.recorded)
        self._taken_up = False
        self._busy = 0
        self._inside: dict[tuple[str, str], int] = {}
        self._idle = False
        self._stopping = False

    async def drive(self) -> Outcome:
        """Run until nothing more can run now. Records everything; the last event is durable on return."""
        self._chronicle.execution_started(self._assignment.trigger)
        self._take_up()
        try:
            await self._run(self._root)
        finally:
            await self._stop_running()
        if self._root.failure is None and self._is_waiting():
            return await self._park()
        return await self._finish()

    async def cancelled(self, status: Literal["cancelled", "timed_out"], failure: Failure) -> None:
        """Record that an execution was stopped from outside: its interrupted steps, then the end."""
        if not self._taken_up:
            self._take_up()
        for frame in self._frames:
            self._record_interrupted(frame)
        self._chronicle.execution_finished(status, None, failure)
        await self._chronicle.durable()

    def arrive(self, block_id: str, iteration: str, payload: Json) -> bool:
        """A signal has come for a step that waits in this drive; False when there is none."""
        for frame in self._frames:
            number = frame.program.plan.number.get(block_id)
            if frame.iteration == iteration and number is not None and number in frame.parked:
                frame.parked[number].arrived = True
                frame.parked[number].payload = payload
                self._poke(frame)
                return True
        return False

    # -- what containers and contexts ask -------------------------------------------------------------------------

    async def run_body(self, step: Step, frame: Frame, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        """One round of a container's body. Raises BodyFailed when a block in it fails."""
        body = frame.program.bodies.get(step.id)
        if body is None or not body.steps:
            return value
        path = f"{frame.iteration}/{iteration}" if frame.iteration else str(iteration)
        inner = Frame(body, body.plan.roots, frame.names.inner(names), value, path)
        self._frames.append(inner)
        self._enter(step, frame)
        try:
            inner.begin(self._recorded)
            await self._run(inner)
            self._record_interrupted(inner)
            self._frames.remove(inner)
        finally:
            self._leave(step, frame)
        if self._root.response is None:
            self._root.response = inner.response
        if inner.failure is not None:
            raise BodyFailed(inner.failure.code, inner.failure.message)
        if self._stopping:
            raise BodyFailed("STOPPED", "the execution has failed elsewhere")
        return inner.output()

    def stream(self, step: Step, frame: Frame, text: str) -> None:
        self._chronicle.step_streamed(step.id, frame.iteration, text)

    def skipped(self, frame: Frame, block_ids: tuple[str, ...]) -> None:
        """Tell which blocks will not run; in rounds of a body nobody is told, there may be very many."""
        if block_ids and not frame.iteration:
            self._chronicle.steps_skipped(block_ids)

    @property
    def stopping(self) -> bool:
        """Whether a failure is ending the execution."""
        return self._stopping

    def _enter(self, step: Step, frame: Frame) -> None:
        """While rounds of its body run, a container does nothing of its own."""
        key = (step.id, frame.iteration)
        self._inside[key] = self._inside.get(key, 0) + 1
        if self._inside[key] == 1:
            self._busy -= 1

    def _leave(self, step: Step, frame: Frame) -> None:
        key = (step.id, frame.iteration)
        self._inside[key] -= 1
        if self._inside[key] == 0:
            self._busy += 1

    # -- the loop -------------------------------------------------------------------------------------------------

    async def _run(self, frame: Frame) -> None:
        """Until the frame is finished, or (the outermost one) until everything waits."""
        inline = 0
        while True:
            if frame.parked:
                frame.wake(now())
            if frame.failure is None and not self._stopping:
                if len(frame.ready) == 1 and not frame.running and not frame.parked and not frame.ready[0].step.block.body:
                    await self._run_step(frame, frame.ready.popleft())
                    inline += 1
                    if inline % INLINE_STEPS == 0:
                        await asyncio.sleep(0)
                    continue
                self._start_ready(frame)
            elif frame.running and not self._stopping:
                self._stop_harmless(frame)
            if not frame.running and (not frame.parked or frame.failure is not None or self._stopping):
                return
            if frame is self._root and not frame.running and self._may_park():
                return
            await self._wait(frame)
            if frame is self._root and self._idle:
                self._idle = False
                if self._may_park():
                    return

    def _start_ready(self, frame: Frame) -> None:
        while frame.ready and len(frame.running) < self._assignment.concurrency:
            ready = frame.ready.popleft()
            frame.running[asyncio.create_task(self._run_step(frame, ready))] = ready.step

    async def _run_step(self, frame: Frame, ready: Ready) -> None:
        only = self._assignment.only
        if only is not None and ready.step.id not in only:
            return
        self._steps += 1
        self._busy += 1
        try:
            if self._steps > MAX_STEPS:
                failure = Failure("TOO_MANY_STEPS", f"An execution may have {MAX_STEPS:,} steps.", ready.step.id)
                frame.failure = frame.failure or failure
            else:
                await self._attempts.run(frame, ready)
        finally:
            self._busy -= 1
        if frame is self._root and frame.failure is not None:
            self._stopping = True
            for other in self._frames:
                self._stop_harmless(other)
                self._poke(other)

    async def _wait(self, frame: Frame) -> None:
        """Until a step of the frame ends, its next moment comes, or somebody pokes it."""
        frame.poke = asyncio.get_running_loop().create_future()
        self._consider_idle()
        until = frame.next_wake()
        timeout = None if until is None else max(0.0, (until - now()).total_seconds())
        done, _ = await asyncio.wait({*frame.running, frame.poke}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        frame.poke = None
        for task in done:
            if task in frame.running:
                del frame.running[task]
                if not task.cancelled():
                    task.result()

    def _consider_idle(self) -> None:
        """When nothing is being done in any frame, the outermost one is told: everything waits."""
        if self._busy or not self._is_waiting():
            return
        for frame in self._frames:
            if frame.poke is None or frame.poke.done() or frame.ready or any(task.done() for task in frame.running):
                return
        self._idle = True
        self._poke(self._root)

    def _may_park(self) -> bool:
        """Whether all that is left is to wait, for longer than is worth staying in memory."""
        if self._busy or any(frame.ready for frame in self._frames) or not self._is_waiting():
            return False
        wake_at = self._next_wake()
        return wake_at is None or wake_at - now() > SHORT_WAIT

    def _is_waiting(self) -> bool:
        return any(frame.parked for frame in self._frames)

    def _next_wake(self) -> datetime | None:
        moments = [moment for frame in self._frames if (moment := frame.next_wake()) is not None]
        return min(moments, default=None)

    @staticmethod
    def _poke(frame: Frame) -> None:
        if frame.poke is not None and not frame.poke.done():
            frame.poke.set_result(None)

    @staticmethod
    def _stop_harmless(frame: Frame) -> None:
        """After a failure, steps without effect are stopped; those with one finish, so that what they did is on record."""
        for task, step in frame.running.items():
            if step.block.effect == "none" and not step.block.body:
                task.cancel()

    async def _stop_running(self) -> None:
        tasks = [task for frame in self._frames for task in frame.running]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        for frame in self._frames:
            frame.running.clear()

    # -- the beginning and the end --------------------------------------------------------------------------------

    def _take_up(self) -> None:
        self._taken_up = True
        self.skipped(self._root, self._root.begin(self._recorded))

    def _record_interrupted(self, frame: Frame) -> None:
        waiting = {number: parked.started_at for number, parked in frame.parked.items()}
        for number, started_at in (frame.started | waiting).items():
            self._chronicle.step_finished(frame.program.steps[number].id, frame.iteration, "cancelled", started_at)
        frame.started.clear()
        frame.parked.clear()

    async def _park(self) -> Outcome:
        wake_at = self._next_wake()
        self._chronicle.execution_parked(wake_at)
        await self._chronicle.durable()
        return Outcome("parked", wake_at=wake_at)

    async def _finish(self) -> Outcome:
        for frame in self._frames:
            self._record_interrupted(frame)
        failure = self._root.failure
        response = self._root.response
        output = None if failure else self._root.output() if response is None else response["body"]
        status: Literal["completed", "failed"] = "failed" if failure else "completed"
        self._chronicle.execution_finished(status, None if failure else encode(output), failure)
        await self._chronicle.durable()
        return Outcome(status, output, failure)
