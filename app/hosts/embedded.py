"""Drives executions within this process: start, take, cancel, and a permanent loop that finds what was left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakValueDictionary

from app.engine.assignment import Outcome
from app.engine.chronicle import Chronicle, now
from app.engine.events import Event, ExecutionStatus, StepFinished
from app.engine.runner import Runner
from app.engine.waiting import settled
from app.hosts.bus import EventBus
from app.hosts.handles import Handle, HostStopped, Lender, is_overdue
from app.hosts.preparing import Patience, prepared, stopped
from app.hosts.telling import Teller
from app.journal.journal import LEASE, Journal
from app.journal.recorder import JournalRecorder
from app.journal.records import Claimed, Ended, Fenced, NewExecution
from app.sdk import Json

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
HEED_SECONDS = 0.5
HISTORY_LIMIT = 20_000
CANCEL_SECONDS = 10.0
"""How long a caller waits for an execution to end that it has cancelled."""


@dataclass(slots=True)
class _Drive:
    execution: NewExecution
    task: asyncio.Task[None] | None = None
    cancel: bool = False
    response: Json = None
    runner: Runner | None = None
    history: list[Event] = field(default_factory=list)


class EmbeddedHost:
    """Executions as asyncio tasks of this process. Holds no truth: all of it is in the journal."""

    def __init__(self, journal: Journal, bus: EventBus, max_running: int = 500, patience: Patience | None = None) -> None:
        self._journal = journal
        self._teller = Teller(bus)
        self._max_running = max_running
        self._drives: dict[str, _Drive] = {}
        self._handles: WeakValueDictionary[str, Handle] = WeakValueDictionary()
        self._wake = asyncio.Event()
        self._patience = patience or Patience()
        self._loops: list[asyncio.Task[None]] = []
        self.accepting = True

    # -- what callers ask ----------------------------------------------------------------------------------------

    async def start(self, new: NewExecution) -> Handle:
        """Accept an execution and drive it at once; when too many run, it is queued on disk before this returns."""
        handle = self.watch(new.id)
        if len(self._drives) >= self._max_running and new.parent_id is None:
            await self._journal.accept(new)
            self._wake.set()
        else:
            self._begin(new, lambda drive: self._drive(drive, Claimed(new, 1, False, ()), new))
        return handle

    async def accept(self, new: NewExecution) -> None:
        """Put an execution on disk, then drive it as soon as there is room."""
        await self._journal.accept(new)
        await self.take(new.id)

    async def take(self, execution_id: str, *, even_when_full: bool = False) -> None:
        """Drive an accepted execution now if nobody does and there is room.

        One that others wait for, such as a child, goes `even_when_full`: else they would wait for each other for ever.
        """
        if execution_id in self._drives or not self.accepting or self._patience.is_early(execution_id):
            return
        if len(self._drives) >= self._max_running and not even_when_full:
            self._wake.set()
            return
        claimed = await self._journal.claim(execution_id, now())
        if claimed is not None:
            self._begin(claimed.execution, lambda drive: self._drive(drive, claimed, None))

    def watch(self, execution_id: str) -> Handle:
        """A handle on an execution that is driven here now or later."""
        handle = self._handles.get(execution_id)
        if handle is None:
            handle = self._handles[execution_id] = Handle()
        return handle

    async def cancel(self, execution_id: str) -> bool:
        """End an execution from whatever state it is in, and its children; False when it has ended already."""
        if not await self._journal.request_cancel(execution_id):
            return False
        handle = self.watch(execution_id)
        drive = self._drives.get(execution_id)
        if drive is None or drive.task is None:
            self._patience.forget(execution_id)
            await self.take(execution_id, even_when_full=True)
        elif not drive.cancel:
            drive.cancel = True
            drive.task.cancel()
        if execution_id in self._drives:
            await settled(handle.ended, CANCEL_SECONDS)
        else:
            await self._ended_elsewhere(execution_id)
        for child in await self._journal.children(execution_id):  # only now can there be no further ones
            await self.cancel(child)
        return True

    async def _ended_elsewhere(self, execution_id: str) -> None:
        """Another process may be driving it, and heeds the wish."""
        for _ in range(int(CANCEL_SECONDS / HEED_SECONDS)):
            if execution_id in self._drives or await self._journal.ended(execution_id) is not None:
                return
            await asyncio.sleep(HEED_SECONDS)

    async def arrive(self, execution_id: str, block_id: str, iteration: str, payload: Json, seq: int | None = None) -> None:
        """Something that a step waits for in its parking `seq` has come and is on disk: go on now."""
        drive = self._drives.get(execution_id)
        if drive is not None and drive.runner is not None and drive.runner.arrive(block_id, iteration, payload, seq):
            return
        if drive is None:
            await self.take(execution_id)
        else:
            self._wake.set()

    def history(self, execution_id: str) -> list[Event] | None:
        """The events so far of an execution that is driven here now."""
        drive = self._drives.get(execution_id)
        return None if drive is None else drive.history

    @property
    def running(self) -> int:
        return len(self._drives)

    # -- life ----------------------------------------------------------------------------------------------------

    def open(self, lender: Lender, *, sweeps: bool = True) -> None:
        """Start the permanent loops; from now on executions can be driven.

        One process of a server `sweeps`: it finds what is due, whoever started it. The others heed what it wants to end.
        """
        self._lender = lender
        work = (self._sweep() if sweeps else self._heed(), self._heartbeat())
        self._loops = [asyncio.create_task(loop) for loop in work]

    def sweep_soon(self) -> None:
        """Somebody else has left something behind."""
        self._wake.set()

    def dismiss_waiters(self) -> None:
        """Send callers away that still wait while the process ends."""
        for handle in list(self._handles.values()):
            handle.fail(HostStopped())

    async def drain(self, seconds: float) -> None:
        """Stop taking work, let running executions finish for a while, give the rest back."""
        self.accepting = False
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        tasks = [drive.task for drive in self._drives.values() if drive.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._teller.finish()

    async def _sweep(self) -> None:
        while True:
            try:
                for execution_id in await self._journal.overdue(now()):
                    self._teller.in_background(self.cancel(execution_id))
                room = self._max_running - len(self._drives)
                full = room <= 0
                most = (self._max_running if full else room) + len(self._patience)
                for execution_id in await self._journal.due(now(), most, only_children=full):
                    await self.take(execution_id, even_when_full=full)
                pause = SWEEP_SECONDS if full else await self._pause()
            except Exception:
                logger.exception("sweep failed; it is tried again")
                pause = SWEEP_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            self._wake.clear()

    async def _heed(self) -> None:
        while True:
            await asyncio.sleep(HEED_SECONDS)
            try:
                for execution_id in await self._journal.to_cancel(list(self._drives)) if self._drives else ():
                    self._teller.in_background(self.cancel(execution_id))
            except Exception:
                logger.exception("asking what is to be cancelled failed; it is tried again")

    async def _pause(self) -> float:
        wake_at = await self._journal.next_wake()
        if wake_at is None:
            return SWEEP_SECONDS
        return min(SWEEP_SECONDS, max(0.01, (wake_at - now()).total_seconds()))

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._journal.renew(list(self._drives), now())
            except Exception:
                logger.exception("renewing leases failed; it is tried again")

    # -- one drive -----------------------------------------------------------------------------------------------

    def _begin(self, execution: NewExecution, drive_with: Callable[[_Drive], Awaitable[None]]) -> None:
        drive = self._drives[execution.id] = _Drive(execution)

        async def run() -> None:
            try:
                await drive_with(drive)
            finally:
                del self._drives[execution.id]
                if len(self._drives) == self._max_running - 1 or execution.concurrency_limit is not None:
                    self._wake.set()  # somebody may have waited for this place

        drive.task = asyncio.create_task(run())

    async def _drive(self, drive: _Drive, claimed: Claimed, new: NewExecution | None) -> None:
        execution = claimed.execution
        recorder = self._journal.recorder(
            execution, claimed.epoch, lambda event: self._listen(drive, recorder, event), is_new=new is not None
        )
        runner: Runner | None = None
        try:
            runner = await self._prepare(drive, recorder, claimed, new)
            if runner is None:
                return
            drive.runner = runner
            if claimed.cancel_requested or is_overdue(execution):
                await self._end_from_outside(drive, runner)
            else:
                self._settle(drive, await runner.drive())
        except asyncio.CancelledError:
            if runner is None or not drive.cancel:
                await self._give_back(recorder, claimed)
                raise
            await self._end_from_outside(drive, runner)
        except Fenced:
            await self._overtaken(execution.id)
        except Exception as error:
            logger.exception("driving failed; an accepted execution is taken up again", extra={"execution_id": execution.id})
            handle = self._handles.get(execution.id)
            if new is not None and handle is not None:
                handle.fail(error)

    async def _prepare(
        self, drive: _Drive, recorder: JournalRecorder, claimed: Claimed, new: NewExecution | None
    ) -> Runner | None:
        """What drives the execution; None when it cannot begin: it has ended with the reason, or is tried again later."""
        execution = claimed.execution
        try:
            runner = await prepared(self._lender, claimed, recorder)
        except Exception as error:
            ending = self._patience.ending(claimed, error, is_new=new is not None)
        else:
            self._patience.forget(execution.id)
            return runner
        if ending is None:
            await self._give_back(recorder, claimed)
            return None
        status, failure = ending
        Chronicle(recorder, claimed.epoch).execution_finished(status, None, failure)
        await recorder.durable()
        self._finish(execution.id, status, None, failure.as_json())
        return None

    async def _give_back(self, recorder: JournalRecorder, claimed: Claimed) -> None:
        """Leave an unfinished execution, with all that it has done so far, to whoever claims it next."""
        with suppress(Fenced):
            await recorder.durable()
            await self._journal.release(claimed.execution.id, claimed.epoch)
            self._wake.set()

    async def _end_from_outside(self, drive: _Drive, runner: Runner) -> None:
        status, failure = stopped(drive.execution)
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        try:
            await runner.cancelled(status, failure)
        except Fenced:
            await self._overtaken(drive.execution.id)
            return
        self._finish(drive.execution.id, status, None, failure.as_json())

    async def _overtaken(self, execution_id: str) -> None:
        ended = await self._journal.ended(execution_id)
        if ended is not None:
            self._finish(ended.id, ended.status, ended.output, ended.error)

    def _settle(self, drive: _Drive, outcome: Outcome) -> None:
        if outcome.status == "parked":
            self._wake.set()
            return
        error = None if outcome.error is None else outcome.error.as_json()
        self._finish(drive.execution.id, outcome.status, outcome.output, error)

    def _finish(self, execution_id: str, status: ExecutionStatus, output: Json, error: Json) -> None:
        handle = self._handles.get(execution_id)
        if handle is not None:
            drive = self._drives.get(execution_id)
            handle.finish(Ended(execution_id, status, output, error), drive.response if drive else None)

    def _listen(self, drive: _Drive, recorder: JournalRecorder, event: Event) -> None:
        execution = drive.execution
        if len(drive.history) < HISTORY_LIMIT:
            drive.history.append(event)
        if isinstance(event, StepFinished) and event.response is not None and drive.response is None:
            drive.response = event.response
            handle = self._handles.get(execution.id)
            if handle is not None:
                recorder.when_durable(partial(handle.answered, event.response))
        self._teller.tell(execution, recorder, event)
