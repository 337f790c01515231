"""One attempt of one step: policies around the block, and what becomes of its answer."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from app.engine.answers import checked
from app.engine.assignment import Assignment
from app.engine.cache import Cache
from app.engine.chronicle import Chronicle, now
from app.engine.context import Drive, StepContext
from app.engine.deadline import OutOfTime, limited
from app.engine.events import Failure
from app.engine.frame import Frame, Parked, Ready
from app.engine.program import Step, is_repeatable
from app.engine.simulation import would
from app.engine.values import encode
from app.sdk import BlockError, Json, Output, Wait

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_RETRY_AFTER = timedelta(days=30).total_seconds()
"""Whoever asks to be left alone for longer is not tried again."""


class RunnerDrive(Drive, Protocol):
    """What attempts need of the runner beyond what contexts do."""

    def skipped(self, frame: Frame, block_ids: tuple[str, ...]) -> None: ...


class Attempts:
    """Runs attempts for one drive."""

    def __init__(self, drive: RunnerDrive, chronicle: Chronicle, assignment: Assignment) -> None:
        self._drive = drive
        self._chronicle = chronicle
        self._assignment = assignment
        self._is_live = assignment.mode == "live"
        self._cache = Cache(str(assignment.workflow.get("id")))

    async def run(self, frame: Frame, ready: Ready) -> None:
        """Run a step once; its end, its waiting or its next attempt is recorded and settled."""
        step, value = ready.step, frame.input_of(ready.step)
        if ready.arrival is not None and step.block.resume is None:
            answer = ready.arrival.value
            self._finish(frame, ready, Output(answer), encode(answer), ready.started_at or now(), ())
            return
        began = self._chronicle.step_started(step.id, frame.iteration, ready.attempt)
        began = frame.started[step.number] = ready.started_at or began
        if not step.enabled:
            self._finish(frame, ready, Output(value, step.first_port), encode(value), began, ())
            return
        if step.block.effect != "none":
            await self._chronicle.durable()
            if frame.stopped:
                return  # another step has failed meanwhile, and this one is recorded as interrupted
        context = StepContext(self._drive, frame, ready, value)
        try:
            if step.is_plain and self._is_live and ready.arrival is None:
                config = step.config.resolve(context.scope)
                result = await limited(step.timeout, step.block.execute(context, config, value))
            else:
                result = await self._answer(step, ready, context, value)
            encoded = checked(result, step.block)
        except OutOfTime:
            self._fail(frame, ready, _too_late(step.timeout), began, tuple(context.lines))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._crash(frame, ready, began, context, asyncio.CancelledError())
        except BlockError as error:
            self._fail(frame, ready, error, began, (*context.lines, *error.log))
        except (Exception, SystemExit) as error:
            self._crash(frame, ready, began, context, error)
        else:
            if isinstance(result, Wait):
                self._park(frame, ready, result, encoded, began, tuple(context.lines))
            else:
                self._finish(frame, ready, result, encoded, began, tuple(context.lines))

    # -- what the block, or whatever stands in for it, answers --------------------------------------------------------

    async def _answer(self, step: Step, ready: Ready, context: StepContext, value: Json) -> Output | Wait:
        block, policy = step.block, step.policy
        if ready.arrival is not None and block.resume is not None:
            config = step.config.resolve(context.scope)
            return await self._in_time(step, ready, block.resume(context, config, value, ready.arrival))
        if policy.run_if and not context.true(policy.run_if, "policy.run_if"):
            context.log("Passed over: its run_if is false.")
            return Output(value, step.first_port)
        simulated = self._assignment.mode == "simulation" and block.effect != "none"
        if simulated:
            used = would(step.config.resolve(context.scope), context.secrets)
            context.log(f"Simulated: {block.title} did not run. It would have used: {used}")
        if policy.pinned is not None and (simulated or self._assignment.use_pins):
            context.log("Its pinned output was used.")
            return Output(policy.pinned.output, (policy.pinned.port,) if policy.pinned.port else step.first_port)
        if simulated:
            return Output(block.sample, step.first_port)
        config = step.config.resolve(context.scope)
        if policy.cache_ttl_ms is not None:
            return await self._in_time(step, ready, self._cache.around(step, context, config, value, policy.cache_ttl_ms / 1000))
        return await self._in_time(step, ready, block.execute(context, config, value))

    async def _in_time(self, step: Step, ready: Ready, work: Awaitable[T]) -> T:
        """What the work gives; a container may take as long as its body does, unless its policy says less."""
        limit = None if step.block.body and step.policy.timeout_ms is None else step.timeout
        total = step.policy.total_timeout_ms
        if total is not None and ready.arrival is None:
            spent = 0.0 if ready.started_at is None else (now() - ready.started_at).total_seconds()
            left = max(0.0, total / 1000 - spent)
            limit = left if limit is None else min(limit, left)
        if limit is None:
            return await work
        try:
            return await limited(limit, work)
        except OutOfTime:
            allowed = step.timeout if limit == step.timeout or total is None else total / 1000
            raise _too_late(allowed) from None

    # -- what becomes of the answer -----------------------------------------------------------------------------------

    def _finish(
        self, frame: Frame, ready: Ready, result: Output, encoded: bytes, began: datetime, log: tuple[str, ...]
    ) -> None:
        step = ready.step
        frame.started.pop(step.number, None)
        self._chronicle.step_finished(
            step.id,
            frame.iteration,
            "completed",
            began,
            result.ports,
            encoded,
            None,
            result.response,
            ready.attempt,
            log,
            _given(frame, step),
        )
        self._drive.skipped(frame, frame.settle(step, result.value, result.ports, result.response))

    def _park(self, frame: Frame, ready: Ready, wait: Wait, encoded: bytes, began: datetime, log: tuple[str, ...]) -> None:
        step = ready.step
        frame.started.pop(step.number, None)
        seq = self._chronicle.step_parked(
            step.id,
            frame.iteration,
            began,
            wake_at=wait.until,
            output=encoded,
            signal=wait.signal,
            log=log,
            input=_given(frame, step),
        )
        frame.park(Parked(step, began, wait.until, wait.value, seq))

    def _crash(self, frame: Frame, ready: Ready, began: datetime, context: StepContext, error: BaseException) -> None:
        """A mistake in the block's own code; its text may hold anything, so only its kind is told."""
        kind = type(error).__name__
        identity = {"block_type": ready.step.block.type, "execution_id": self._assignment.id}
        logger.error("block crashed", exc_info=error, extra=identity)
        failure = BlockError("BLOCK_CRASHED", f"the block itself failed ({kind})")
        self._fail(frame, ready, failure, began, tuple(context.lines))

    def _fail(self, frame: Frame, ready: Ready, error: BlockError, began: datetime, log: tuple[str, ...]) -> None:
        """A failure is tried again, goes to the error handle, goes on as data, or ends the frame: as the policy says."""
        step = ready.step
        failure = Failure(error.code, f"{step.name}: {error.message}", step.id, error.retryable)
        frame.started.pop(step.number, None)
        again_at = self._next_attempt(frame, ready, error, began)
        if again_at is not None:
            self._park_until_next_attempt(frame, ready, failure, began, again_at, log)
            return
        ports = ("error",) if step.error_connected else step.first_port if step.goes_on else ()
        output: Json = {"error": failure.as_json()}
        self._chronicle.step_finished(
            step.id,
            frame.iteration,
            "failed",
            began,
            ports,
            encode(output),
            failure,
            None,
            ready.attempt,
            log,
            _given(frame, step),
        )
        if step.goes_on:
            self._drive.skipped(frame, frame.settle(step, output, ports, None))
        elif frame.failure is None:
            frame.failure = failure

    def _park_until_next_attempt(
        self, frame: Frame, ready: Ready, failure: Failure, began: datetime, again_at: datetime, log: tuple[str, ...]
    ) -> None:
        step = ready.step
        seq = self._chronicle.step_parked(
            step.id,
            frame.iteration,
            began,
            wake_at=again_at,
            output=encode(None if ready.arrival is None else asdict(ready.arrival)),
            retrying=True,
            attempts=ready.attempt,
            error=failure,
            log=log,
            input=_given(frame, step),
        )
        frame.park(Parked(step, began, again_at, None, seq, ready.attempt + 1, ready.arrival))

    def _next_attempt(self, frame: Frame, ready: Ready, error: BlockError, began: datetime) -> datetime | None:
        """When the step is tried again, or None."""
        step, retry = ready.step, ready.step.policy.retry
        asked = error.retry_after or 0.0
        if ready.attempt >= retry.attempts or not is_repeatable(error, step) or frame.stopped or not asked <= LONGEST_RETRY_AFTER:
            return None
        delay = min(retry.max_delay_ms, retry.delay_ms * retry.factor ** (ready.attempt - 1)) / 1000
        delay *= 1 + random.uniform(-retry.jitter, retry.jitter)  # noqa: S311 - spreads load, guards nothing
        moment = now() + timedelta(seconds=max(delay, asked))
        total = step.policy.total_timeout_ms
        if total is not None and ready.arrival is None and moment > began + timedelta(milliseconds=total):
            return None
        return moment


def _too_late(seconds: float) -> BlockError:
    return BlockError("STEP_TIMEOUT", f"not finished within {seconds:g} s")


def _given(frame: Frame, step: Step) -> bytes | None:
    """What came into a block directly behind its container's port: a round's value is nobody's recorded output."""
    return encode(frame.input_of(step)) if step.number in frame.program.doors else None
