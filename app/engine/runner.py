"""Drives one execution: asks its frames what is ready, awaits blocks, reports events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Literal

from app.engine.assignment import Assignment, Outcome, Recorder
from app.engine.attempt import Attempts
from app.engine.chronicle import Chronicle, now
from app.engine.context import Environment
from app.engine.events import Failure
from app.engine.frame import Frame, Ready
from app.engine.names import Names
from app.engine.program import Step
from app.engine.values import encode
from app.engine.watch import Watch
from app.sdk import BlockError, Json

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
        self._root.response = next((step.response for step in assignment.recorded if step.response is not None), None)
        self._recorded = {(step.block_id, step.iteration): step for step in assignment.recorded}
        self._attempts = Attempts(self, self._chronicle, assignment)
        self._watch = Watch(self._root, assignment.concurrency)
        self._steps = len(assignment.recorded)
        self._inline = 0
        self._taken_up = False
        self._ending = False
        self._broken: BaseException | None = None

    async def drive(self) -> Outcome:
        """Run until nothing more can run now. Records everything; the last event is durable on return."""
        self._chronicle.execution_started(self._assignment.trigger)
        self._take_up()
        try:
            await self._run(self._root)
        finally:
            await self._stop_running()
        if self._root.failure is None and self._watch.waits:
            return await self._park()
        return await self._finish()

    async def cancelled(self, status: Literal["cancelled", "timed_out"], failure: Failure) -> None:
        """Record that an execution was stopped from outside: its interrupted steps, then the end."""
        if not self._taken_up:
            self._take_up()
        for frame in self._watch.frames:
            self._record_interrupted(frame)
        self._chronicle.execution_finished(status, None, failure)
        await self._chronicle.durable()

    def arrive(self, block_id: str, iteration: str, payload: Json, seq: int | None = None) -> bool:
        """A signal has come for a step that waits in this drive, in its parking `seq`; False when there is none."""
        for frame in self._watch.frames:
            if frame.iteration == iteration and frame.arrive(block_id, payload, seq):
                self._watch.poke(frame)
                return True
        return False

    # -- what containers and contexts ask -----------------------------------------------------------------------------

    async def run_body(self, step: Step, frame: Frame, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        """One round of a container's body. Raises BlockError when a block in it fails."""
        if frame.stopped:
            await self._be_stopped(frame)
        body = frame.program.bodies[step.id]
        if not body.steps:
            return value
        path = f"{frame.iteration}/{iteration}" if frame.iteration else str(iteration)
        inner = Frame(body, body.doors, frame.names.inner(names), value, path, frame)
        self._watch.enter(step, inner)
        try:
            inner.begin(self._recorded)
            await self._run(inner)
        except asyncio.CancelledError:
            if not self._ending:
                await self._abandon(step, inner)
            raise
        self._leave(step, inner)
        if frame.stopped:
            await self._be_stopped(frame)
        if inner.failure is not None:
            raise BlockError(inner.failure.code, inner.failure.message, retryable=inner.failure.retryable)
        return inner.output()

    def _leave(self, step: Step, inner: Frame) -> None:
        self._record_interrupted(inner)
        self._watch.leave(step, inner)
        asyncio.get_running_loop().call_soon(self._consider_idle)

    async def _abandon(self, step: Step, inner: Frame) -> None:
        """The container itself was stopped in the middle of a round."""
        tasks = [*inner.running]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._leave(step, inner)

    async def _be_stopped(self, frame: Frame) -> None:
        """Nothing can come of a container beside, or around, a failure: it is cancelled once nothing runs in its body."""
        self._stop_harmless(frame)
        await asyncio.get_running_loop().create_future()

    def stream(self, step: Step, frame: Frame, text: str) -> None:
        self._chronicle.step_streamed(step.id, frame.iteration, text)

    def skipped(self, frame: Frame, block_ids: tuple[str, ...]) -> None:
        """Tell which blocks will not run; in rounds of a body nobody is told, there may be very many."""
        if block_ids and not frame.iteration:
            self._chronicle.steps_skipped(block_ids)

    # -- the loop -----------------------------------------------------------------------------------------------------

    async def _run(self, frame: Frame) -> None:
        """Until the frame is finished, or (the outermost one) until everything waits."""
        outermost = frame is self._root
        while True:
            if self._broken is not None:
                await self._give_up(outermost)
            if frame.parked:
                frame.wake(now())
            if not frame.stopped:
                if len(frame.ready) == 1 and self._watch.is_alone(frame) and self._watch.has_room(frame):
                    await self._run_inline(frame)
                    continue
                self._start_ready(frame)
            if not frame.running and (frame.stopped or not (frame.parked or frame.ready)):
                return
            if outermost and not frame.running and self._may_park():
                return
            await self._wait(frame)
            if outermost and self._watch.idle:
                self._watch.idle = False
                if self._may_park():
                    return

    async def _run_inline(self, frame: Frame) -> None:
        """The only step that can run needs no task of its own."""
        self._watch.begins()
        try:
            await self._run_step(frame, frame.ready.popleft())
        finally:
            self._watch.rests()
        self._inline += 1
        if self._inline % INLINE_STEPS == 0:
            await asyncio.sleep(0)

    def _start_ready(self, frame: Frame) -> None:
        while frame.ready and self._watch.has_room(frame):
            ready = frame.ready.popleft()
            task = asyncio.create_task(self._run_step(frame, ready))
            self._watch.begins()
            frame.running[task] = ready.step
            task.add_done_callback(partial(self._ended, frame))

    def _ended(self, frame: Frame, task: asyncio.Task[None]) -> None:
        frame.running.pop(task, None)
        self._watch.poke(frame)
        self._watch.rests()

    async def _run_step(self, frame: Frame, ready: Ready) -> None:
        only = self._assignment.only
        if only is not None and ready.step.id not in only:
            return
        self._steps += 1
        if self._steps > MAX_STEPS:
            failure = Failure("TOO_MANY_STEPS", f"An execution may have {MAX_STEPS:,} steps.", ready.step.id, retryable=False)
            self._root.failure = self._root.failure or failure
        else:
            try:
                await self._attempts.run(frame, ready)
            except Exception as error:
                self._broken = self._broken or error
                self._watch.poke(self._root)
        if frame.stopped:
            for other in self._watch.frames:
                if other.stopped:
                    self._stop_harmless(other)
                    self._watch.poke(other)

    async def _wait(self, frame: Frame) -> None:
        """Until a step of the frame ends, its next moment comes, or somebody pokes it."""
        poke = frame.poke = asyncio.get_running_loop().create_future()
        self._consider_idle()
        until = frame.next_wake()
        if until is None:
            await poke
        else:
            await asyncio.wait((poke,), timeout=max(0.0, (until - now()).total_seconds()))
        frame.poke = None

    def _consider_idle(self) -> None:
        """When everything waits, the outermost frame is told."""
        if self._watch.nothing_moves() and self._may_park():
            self._watch.idle = True
            self._watch.poke(self._root)

    def _may_park(self) -> bool:
        """Whether all that is left is to wait, for longer than is worth staying in memory."""
        if self._root.failure is not None or not self._watch.everything_waits():
            return False
        wake_at = self._watch.next_wake()
        return wake_at is None or wake_at - now() > SHORT_WAIT

    def _stop_harmless(self, frame: Frame) -> None:
        """After a failure, steps without effect are stopped; those with one finish, so that what they did is on record."""
        for task, step in frame.running.items():
            if step.block.effect == "none" and not self._watch.is_inside(step, frame):
                task.cancel()

    async def _give_up(self, outermost: bool) -> None:
        """What broke is not the fault of any block: no container hears of it, and the drive ends with it."""
        if outermost and self._broken is not None:
            raise self._broken
        await asyncio.get_running_loop().create_future()

    async def _stop_running(self) -> None:
        self._ending = True
        tasks = [task for frame in self._watch.frames for task in frame.running]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- the beginning and the end ------------------------------------------------------------------------------------

    def _take_up(self) -> None:
        self._taken_up = True
        self.skipped(self._root, self._root.begin(self._recorded))

    def _record_interrupted(self, frame: Frame) -> None:
        for number, started_at in frame.interrupted().items():
            self._chronicle.step_finished(frame.program.steps[number].id, frame.iteration, "cancelled", started_at)

    async def _park(self) -> Outcome:
        wake_at = self._watch.next_wake()
        self._chronicle.execution_parked(wake_at)
        await self._chronicle.durable()
        return Outcome("parked", wake_at=wake_at)

    async def _finish(self) -> Outcome:
        for frame in self._watch.frames:
            self._record_interrupted(frame)
        failure = self._root.failure
        response = self._root.response
        output = None if failure else self._root.output() if response is None else response["body"]
        status: Literal["completed", "failed"] = "failed" if failure else "completed"
        self._chronicle.execution_finished(status, None if failure else encode(output), failure)
        await self._chronicle.durable()
        return Outcome(status, output, failure)
