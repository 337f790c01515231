"""One attempt of one step: policies around the block, and what becomes of its answer."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from datetime import datetime, timedelta
from typing import Protocol

from app.engine.assignment import Assignment
from app.engine.chronicle import Chronicle, now
from app.engine.context import Drive, StepContext
from app.engine.events import Failure
from app.engine.frame import Frame, Parked, Ready
from app.engine.program import Step, is_repeatable
from app.engine.values import MAX_OUTPUT_DEPTH, MAX_VALUE_BYTES, encode, nested_too_deep
from app.sdk import BlockError, Json, Output, Wait

logger = logging.getLogger(__name__)

CACHE = "block-cache"


class BodyFailed(BlockError):
    """A block in a container's body has failed."""


class Attempts:
    """Runs attempts for one drive."""

    def __init__(self, drive: RunnerDrive, chronicle: Chronicle, assignment: Assignment) -> None:
        self._drive = drive
        self._chronicle = chronicle
        self._assignment = assignment

    async def run(self, frame: Frame, ready: Ready) -> None:
        """Run a step once; its end, its waiting or its next attempt is recorded and settled."""
        step, value = ready.step, frame.input_of(ready.step)
        if ready.arrival is not None and step.block.resume is None:
            answer = ready.arrival.value
            self._finish(frame, ready, Output(answer), encode(answer), ready.started_at or now(), ())
            return
        started_at = self._chronicle.step_started(step.id, frame.iteration, ready.attempt)
        started_at = frame.started[step.number] = ready.started_at or started_at
        if not step.enabled:
            self._finish(frame, ready, Output(value, step.first_port), encode(value), started_at, ())
            return
        if step.block.effect != "none":
            await self._chronicle.durable()
            if frame.failure is not None or self._drive.stopping:
                return  # another step has failed meanwhile, and this one is recorded as interrupted
        context = StepContext(self._drive, frame, ready, value)
        try:
            result = await self._answer(step, ready, context, value)
            encoded = _checked(result.value)
        except BlockError as error:
            if error.code == "STOPPED" and isinstance(error, BodyFailed):
                return
            failure = Failure(error.code, f"{step.name}: {error.message}", step.id)
            self._fail(frame, ready, failure, started_at, (*context.lines, *error.log), error)
        except TimeoutError:
            failure = Failure("STEP_TIMEOUT", f"{step.name}: not finished within {step.timeout:g} s", step.id)
            self._fail(frame, ready, failure, started_at, tuple(context.lines), BlockError("STEP_TIMEOUT", ""))
        except Exception as error:
            logger.exception("block crashed", extra={"block_type": step.block.type, "execution_id": self._assignment.id})
            failure = Failure("BLOCK_CRASHED", f"{step.name}: the block itself failed ({type(error).__name__})", step.id)
            self._fail(frame, ready, failure, started_at, tuple(context.lines), BlockError("BLOCK_CRASHED", ""))
        else:
            if isinstance(result, Wait):
                self._park(frame, ready, result, encoded, started_at, tuple(context.lines))
            else:
                self._finish(frame, ready, result, encoded, started_at, tuple(context.lines))

    async def _answer(self, step: Step, ready: Ready, context: StepContext, value: Json) -> Output | Wait:
        """What the block, or whatever stands in for it, answers."""
        if step.policy.run_if and not context.true(step.policy.run_if, "policy.run_if"):
            context.log("Passed over: its run_if is false.")
            return Output(value, step.first_port)
        pinned = step.policy.pinned
        if pinned is not None and (self._assignment.use_pins or self._simulated(step)):
            context.log("Its pinned output was used.")
            return Output(pinned.output, (pinned.port,) if pinned.port else step.first_port)
        config = step.config.resolve(context.scope)
        if self._simulated(step):
            context.log(f"Simulated: {step.block.title} did not run.")
            return Output(step.block.sample, step.first_port)
        key = self._cache_key(step, config.model_dump_json(), value) if step.policy.cache_ttl_ms else None
        if key is not None and (cached := await context.cached(CACHE, key)) is not None:
            context.log("Its cached output was used.")
            return Output(cached["value"], tuple(cached["ports"]))
        async with asyncio.timeout(self._time_left(step, ready)):
            if ready.arrival is not None and step.block.resume is not None:
                return await step.block.resume(context, config, value, ready.arrival)
            result = await step.block.execute(context, config, value)
        if key is not None and isinstance(result, Output):
            ttl = (step.policy.cache_ttl_ms or 0) / 1000
            await context.cache(CACHE, key, {"value": result.value, "ports": list(result.ports)}, ttl)
        return result

    def _simulated(self, step: Step) -> bool:
        return self._assignment.mode == "simulation" and step.block.effect != "none"

    def _time_left(self, step: Step, ready: Ready) -> float | None:
        """Seconds for this attempt; a container may take as long as its body does, unless its policy says less."""
        limit = None if step.block.body and step.policy.timeout_ms is None else step.timeout
        total = step.policy.total_timeout_ms
        if total is None or ready.arrival is not None:
            return limit
        began = ready.started_at or now()
        left = max(0.0, total / 1000 - (now() - began).total_seconds())
        return left if limit is None else min(limit, left)

    def _cache_key(self, step: Step, config: str, value: Json) -> str:
        content = encode([str(self._assignment.workflow.get("id")), step.id, step.block.type, config, value])
        return hashlib.sha256(content).hexdigest()

    def _finish(
        self, frame: Frame, ready: Ready, result: Output, encoded: bytes, started_at: datetime, log: tuple[str, ...]
    ) -> None:
        step = ready.step
        frame.started.pop(step.number, None)
        self._chronicle.step_finished(
            step.id,
            frame.iteration,
            "completed",
            started_at,
            ports=result.ports,
            output=encoded,
            response=result.response,
            attempts=ready.attempt,
            log=log,
            input=_given(frame, step),
        )
        self._drive.skipped(frame, frame.settle(step, result.value, result.ports, result.response))

    def _park(self, frame: Frame, ready: Ready, wait: Wait, encoded: bytes, started_at: datetime, log: tuple[str, ...]) -> None:
        step = ready.step
        frame.started.pop(step.number, None)
        frame.parked[step.number] = Parked(step, started_at, wait.until, wait.value)
        self._chronicle.step_parked(
            step.id,
            frame.iteration,
            started_at,
            wake_at=wait.until,
            output=encoded,
            signal=wait.signal,
            log=log,
            input=_given(frame, step),
        )

    def _fail(
        self, frame: Frame, ready: Ready, failure: Failure, started_at: datetime, log: tuple[str, ...], error: BlockError
    ) -> None:
        """A failure is tried again, goes to the error handle, goes on as data, or ends the frame: as the policy says."""
        step = ready.step
        frame.started.pop(step.number, None)
        wake_at = self._next_attempt(step, ready, error, started_at)
        if wake_at is not None:
            frame.parked[step.number] = Parked(step, started_at, wake_at, attempt=ready.attempt + 1)
            self._chronicle.step_parked(
                step.id,
                frame.iteration,
                started_at,
                wake_at=wake_at,
                output=b"null",
                retrying=True,
                attempts=ready.attempt,
                error=failure,
                log=log,
                input=_given(frame, step),
            )
            return
        ports = ("error",) if step.error_connected else step.first_port if step.goes_on else ()
        output: Json = {"error": failure.as_json()}
        self._chronicle.step_finished(
            step.id,
            frame.iteration,
            "failed",
            started_at,
            ports=ports,
            output=encode(output),
            error=failure,
            attempts=ready.attempt,
            log=log,
            input=_given(frame, step),
        )
        if step.goes_on:
            self._drive.skipped(frame, frame.settle(step, output, ports, None))
        elif frame.failure is None:
            frame.failure = failure

    def _next_attempt(self, step: Step, ready: Ready, error: BlockError, started_at: datetime) -> datetime | None:
        """When the step is tried again, or None."""
        retry = step.policy.retry
        if ready.attempt >= retry.attempts or not is_repeatable(error, step) or self._drive.stopping:
            return None
        delay = min(retry.max_delay_ms, retry.delay_ms * retry.factor ** (ready.attempt - 1)) / 1000
        delay *= 1 + random.uniform(-retry.jitter, retry.jitter)  # noqa: S311 - spreads load, guards nothing
        moment = now() + timedelta(seconds=max(delay, error.retry_after or 0.0))
        total = step.policy.total_timeout_ms
        return None if total is not None and moment > started_at + timedelta(milliseconds=total) else moment


class RunnerDrive(Drive, Protocol):
    """What attempts need of the runner beyond what contexts do."""

    @property
    def stopping(self) -> bool: ...
    def skipped(self, frame: Frame, block_ids: tuple[str, ...]) -> None: ...


def _given(frame: Frame, step: Step) -> bytes | None:
    """What a body was given for this round, told with the step that it begins with."""
    return encode(frame.input) if frame.iteration and not frame.progress.sources(step.number) else None


def _checked(value: Json) -> bytes:
    """The encoded value. Raises BlockError when it is too large or too deep."""
    encoded = encode(value)
    if len(encoded) > MAX_VALUE_BYTES:
        raise BlockError("OUTPUT_TOO_LARGE", f"the output is {len(encoded):,} bytes; {MAX_VALUE_BYTES:,} are allowed")
    if nested_too_deep(value, encoded):
        raise BlockError("OUTPUT_TOO_DEEP", f"the output is nested deeper than {MAX_OUTPUT_DEPTH} levels")
    return encoded
