"""Drives executions within this process: start, take, cancel, and a permanent loop that finds what was left behind."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from weakref import WeakValueDictionary

from app.engine.assignment import Outcome
from app.engine.chronicle import Chronicle, now
from app.engine.events import Event, ExecutionStatus
from app.engine.runner import Runner
from app.engine.waiting import settled
from app.hosts.bus import EventBus
from app.hosts.driving import Drive
from app.hosts.handles import Handle, HostStopped, Lender, is_overdue
from app.hosts.preparing import Patience, prepared, stopped
from app.hosts.telling import Teller
from app.hosts.upkeep import HEED_SECONDS, Upkeep
from app.journal.journal import Journal
from app.journal.recorder import JournalRecorder
from app.journal.records import Claimed, Ended, Fenced, JournalClosed, NewExecution
from app.sdk import Json

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 0.5
CANCEL_SECONDS = 10.0
"""How long a caller waits for an execution to end that it has cancelled."""


class EmbeddedHost:
    """Executions as asyncio tasks of this process. Holds no truth: all of it is in the journal."""

    def __init__(self, journal: Journal, bus: EventBus, max_running: int = 500, patience: Patience | None = None) -> None:
        self._journal = journal
        self._teller = Teller(bus)
        self._max_running = max_running
        self._drives: dict[str, Drive] = {}
        self._handles: WeakValueDictionary[str, Handle] = WeakValueDictionary()
        self._upkeep = Upkeep(journal, self)
        self._patience = Patience() if patience is None else patience
        self.accepting = True

    # -- what callers ask ----------------------------------------------------------------------------------------

    async def start(self, new: NewExecution) -> Handle:
        """Accept an execution and drive it at once; when too many run, it is queued on disk before this returns."""
        handle = self.watch(new.id)
        if len(self._drives) >= self._max_running and new.parent_id is None:
            await self._journal.accept(new)
            self._upkeep.hurry()
        else:
            self._begin(Claimed(new, 1, False, ()), is_new=True)
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
            self._upkeep.hurry()
            return
        claimed = await self._journal.claim(execution_id, now())
        if claimed is None:
            return
        if self.accepting:
            self._begin(claimed, is_new=False)
        else:
            await self._journal.tried_to_release(execution_id, claimed.epoch)

    def watch(self, execution_id: str) -> Handle:
        """A handle on an execution that is driven here now or later."""
        handle = self._handles.get(execution_id)
        if handle is None:
            handle = self._handles[execution_id] = Handle()
        return handle

    async def cancel(self, execution_id: str) -> bool:
        """End an execution from whatever state it is in, and its children; False when it has ended already."""
        drive = self._drives.get(execution_id)
        if drive is not None and drive.recorder is not None:
            with suppress(Exception):
                await drive.recorder.durable()  # what nobody has written yet cannot be found
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
            if not await self._journal.is_driven_elsewhere(execution_id, now()):
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
            self._upkeep.hurry()

    def history(self, execution_id: str) -> list[Event] | None:
        """The events so far of an execution that is driven here now."""
        drive = self._drives.get(execution_id)
        return None if drive is None else drive.history

    @property
    def running(self) -> int:
        return len(self._drives)

    @property
    def journal_lag(self) -> float:
        """See the journal."""
        return self._journal.lag

    # -- life ----------------------------------------------------------------------------------------------------

    def open(self, lender: Lender, *, sweeps: bool = True) -> None:
        """Start the permanent loops; from now on executions can be driven.

        One process of a server `sweeps`: it finds what is due, whoever started it. The others heed what it wants to end.
        """
        self._lender = lender
        self._upkeep.start(sweeps=sweeps)

    def sweep_soon(self) -> None:
        """Somebody else has left something behind."""
        self._upkeep.hurry()

    def dismiss_waiters(self) -> None:
        """Send callers away that still wait while the process ends."""
        for handle in list(self._handles.values()):
            handle.fail(HostStopped())

    async def drain(self, seconds: float) -> None:
        """Stop taking work, let running executions finish for a while, give the rest back."""
        self.accepting = False
        await self._upkeep.stop()
        tasks = [drive.task for drive in self._drives.values() if drive.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._teller.finish()

    # -- what the loops ask --------------------------------------------------------------------------------------

    def driven(self) -> list[str]:
        """The ids of the executions that are driven here now."""
        return list(self._drives)

    @property
    def most(self) -> int:
        return self._max_running

    @property
    def put_off(self) -> int:
        return len(self._patience)

    def cancel_soon(self, execution_id: str) -> None:
        self._teller.in_background(self.cancel(execution_id))

    # -- one drive -----------------------------------------------------------------------------------------------

    def _begin(self, claimed: Claimed, *, is_new: bool) -> None:
        execution = claimed.execution
        drive = self._drives[execution.id] = Drive(execution, self._teller, self._handles)
        drive.task = asyncio.create_task(self._run(drive, claimed, is_new))

    async def _run(self, drive: Drive, claimed: Claimed, is_new: bool) -> None:
        try:
            await self._drive(drive, claimed, is_new)
        finally:
            del self._drives[drive.execution.id]
            if len(self._drives) == self._max_running - 1 or drive.execution.concurrency_limit is not None:
                self._upkeep.hurry()  # somebody may have waited for this place

    async def _drive(self, drive: Drive, claimed: Claimed, is_new: bool) -> None:
        execution = claimed.execution
        recorder = drive.recorder = self._journal.recorder(execution, claimed.epoch, drive.hear, is_new=is_new)
        runner: Runner | None = None
        try:
            runner = await self._prepare(recorder, claimed, is_new)
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
            if is_new and handle is not None:
                handle.fail(error)
            self._teller.in_background(self._let_go(claimed))

    async def _prepare(self, recorder: JournalRecorder, claimed: Claimed, is_new: bool) -> Runner | None:
        """What drives the execution; None when it cannot begin: it has ended with the reason, or is tried again later."""
        execution = claimed.execution
        try:
            runner = await prepared(self._lender, claimed, recorder)
        except Exception as error:
            ending = self._patience.ending(claimed, error, is_new=is_new)
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
        with suppress(Fenced, JournalClosed):
            await recorder.durable()
            await self._journal.release(claimed.execution.id, claimed.epoch)
            self._upkeep.hurry()

    async def _let_go(self, claimed: Claimed) -> None:
        """Give up the lease of a drive that broke, as soon as the database lets us."""
        if await self._journal.tried_to_release(claimed.execution.id, claimed.epoch):
            self._upkeep.hurry()
        elif self.accepting:
            await asyncio.sleep(AGAIN_SECONDS)
            self._teller.in_background(self._let_go(claimed))

    async def _end_from_outside(self, drive: Drive, runner: Runner) -> None:
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

    def _settle(self, drive: Drive, outcome: Outcome) -> None:
        if outcome.status == "parked":
            self._upkeep.hurry()
            return
        error = None if outcome.error is None else outcome.error.as_json()
        self._finish(drive.execution.id, outcome.status, outcome.output, error)

    def _finish(self, execution_id: str, status: ExecutionStatus, output: Json, error: Json) -> None:
        handle = self._handles.get(execution_id)
        if handle is not None:
            drive = self._drives.get(execution_id)
            handle.finish(Ended(execution_id, status, output, error), drive.response if drive else None)
