"""Tells other workflows when one has failed: the one that its settings name, and those that listen for failures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import follow_up as queries
from app.db import listeners
from app.db import workflows as workflow_queries
from app.db.follow_up import FailedRow
from app.db.memory import Memory
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.messages import iso
from app.engine.program import Step
from app.engine.values import decode_stored
from app.sdk import Json
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.lending import Programs
from app.services.loops import PermanentLoop
from app.services.starts import Accepted, Starts
from app.services.workflow_settings import WorkflowSettings, read_settings

logger = logging.getLogger(__name__)

TRIGGER = "trigger.error"
LOOK_SECONDS = 1.0
BATCH = 100


@dataclass(frozen=True, slots=True)
class _Listener:
    """Where a workflow that is told of failures starts; `step` None: as it does when somebody runs it."""

    workflow: WorkflowRow
    revision: int
    step: Step | None

    def wants(self, failed: FailedRow, code: str) -> bool:
        """Whether it is told of this failure. Never of its own: that could go on for ever."""
        if self.workflow.id == failed.workflow_id:
            return False
        config = self.step.config.raw if self.step is not None else {}
        named = {str(name).casefold() for name in config.get("workflows") or ()}
        codes = [str(pattern) for pattern in config.get("codes") or ()]
        is_meant = not named or bool(named & {failed.workflow_id.casefold(), failed.workflow_name.casefold()})
        return is_meant and (not codes or any(fnmatchcase(code, pattern) for pattern in codes))


class FollowUp:
    """Each failure is followed up once: taking it over and starting what it leads to are one transaction."""

    def __init__(self, database: Database, programs: Programs, starts: Starts) -> None:
        self._database = database
        self._programs = programs
        self._starts = starts
        self._listeners = Memory(database, self._listening)
        self._loop = PermanentLoop("following up", self.run_pending, LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run_pending(self) -> int:
        """Follow up what has failed; returns how many executions that has started."""
        started = 0
        while True:
            async with self._database.read() as connection:
                rows = await queries.pending(connection, BATCH)
            followed = [await self._try_follow(row) for row in rows]
            started += sum(found or 0 for found in followed)
            if len(rows) < BATCH or None in followed:
                return started

    async def _try_follow(self, failed: FailedRow) -> int | None:
        """None when it could not be done: the others must not wait for that."""
        try:
            return await self._follow(failed)
        except Exception:
            logger.exception("a failure could not be followed up; it is tried again", extra={"execution_id": failed.id})
            return None

    async def _follow(self, failed: FailedRow) -> int:
        error = {} if failed.error is None else decode_stored(failed.error)
        wanted = [found for found in await self._told(failed) if found.wants(failed, str(error.get("code", "")))]
        async with self._database.write(counts=False) as connection:
            if not await queries.claim(connection, failed.id):
                return 0
            accepted = [await self._accept(connection, found, failed, error) for found in wanted]
        begun = [found for found in accepted if found is not None]
        for found in begun:
            await self._starts.go(found)
        return len(begun)

    async def _accept(
        self, connection: AsyncConnection, found: _Listener, failed: FailedRow, error: Json
    ) -> Accepted | None:
        """None when the settings of the workflow that is to be told allow no further execution."""
        start_block = None if found.step is None else found.step.id
        new = new_execution(found.workflow, found.revision, start_block, "error", failed.user_id, _report(failed, error))
        try:
            return await self._starts.accept_within(connection, found.workflow, new)
        except ServiceError as refusal:
            more = {"workflow_id": found.workflow.id, "execution_id": failed.id}
            logger.warning("a workflow could not be told of a failure: %s", refusal.message, extra=more)
            return None

    async def _told(self, failed: FailedRow) -> Sequence[_Listener]:
        """The workflow that the settings name, then all that listen; each starting point once."""
        settings: WorkflowSettings = read_settings(failed.settings)
        named = await self._named(failed, settings.error_workflow) if settings.error_workflow else ()
        listening = await self._listeners.get(failed.workspace_id)
        return [*named, *(found for found in listening if found.workflow.id != settings.error_workflow)]

    async def _named(self, failed: FailedRow, workflow_id: str) -> Sequence[_Listener]:
        async with self._database.read() as connection:
            row = await workflow_queries.find(connection, failed.workspace_id, id=workflow_id)
        if row is None or not row.enabled:
            logger.warning("the workflow that is to be told of a failure is not there", extra={"execution_id": failed.id})
            return ()
        revision = row.deployed_revision or row.revision
        return await self._of_workflow(row, revision) or [_Listener(row, revision, None)]

    async def _listening(self, workspace_id: str) -> Sequence[_Listener]:
        async with self._database.read() as connection:
            rows = await listeners.deployed(connection, workspace_id)
        with_trigger = [row for row, graph in rows if TRIGGER.encode() in graph]
        return [found for row in with_trigger for found in await self._of_workflow(row, row.deployed_revision or row.revision)]

    async def _of_workflow(self, row: WorkflowRow, revision: int) -> Sequence[_Listener]:
        program = (await self._programs.load(row.id, revision)).program
        return [_Listener(row, revision, step) for step in program.triggers if step.enabled and step.block.type == TRIGGER]


def _report(failed: FailedRow, error: Json) -> dict[str, Json]:
    """What a workflow is told about a failure."""
    execution = {
        "id": failed.id,
        "status": failed.status,
        "trigger": failed.trigger,
        "started_at": None if failed.started_at is None else iso(failed.started_at),
        "finished_at": iso(failed.finished_at),
    }
    workflow = {"id": failed.workflow_id, "name": failed.workflow_name}
    return {"error": error, "execution": execution, "execution_id": failed.id, "workflow": workflow}
