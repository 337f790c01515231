"""Tells workflows how executions of others have ended: failures to those who handle them, `run.*` to those who listen for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from app.db import follow_up as queries
from app.db import workflows as workflow_queries
from app.db.follow_up import EndedRow
from app.db.session import Database
from app.engine.messages import iso
from app.engine.values import decode_stored
from app.sdk import Json
from app.services.approval_news import ApprovalNews
from app.services.event_starts import EventStarts, event_of
from app.services.listeners import Listener, Listeners
from app.services.loops import PermanentLoop
from app.services.workflow_settings import WorkflowSettings, read_settings

logger = logging.getLogger(__name__)

TRIGGER = "trigger.error"
FAILED = ("failed", "timed_out")
LOOK_SECONDS = 1.0
BATCH = 100


@dataclass(frozen=True, slots=True)
class _Plan:
    """Whom an end concerns, and what they are told."""

    handlers: Sequence[Listener]
    listeners: Sequence[Listener]
    report: dict[str, Json]

    @property
    def is_empty(self) -> bool:
        return not self.handlers and not self.listeners


class FollowUp:
    """Each end is followed up once: taking it over and starting what it leads to are one transaction."""

    def __init__(self, database: Database, listeners: Listeners, events: EventStarts) -> None:
        self._database = database
        self._listeners = listeners
        self._events = events
        self._approvals = ApprovalNews(database, events)
        self._loop = PermanentLoop("following up", self.run_pending, LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run_pending(self) -> int:
        """Tell of everything that nobody was told of yet; returns how many executions that has started."""
        await self._listeners.look_around()
        started = await self._approvals.run_pending()
        while True:
            async with self._database.read() as connection:
                rows = await queries.pending(connection, BATCH)
            plans = [(row, await self._try_plan(row)) for row in rows]
            await self._claim([row.id for row, plan in plans if plan is not None and plan.is_empty])
            followed = [await self._try_follow(row, plan) for row, plan in plans if plan is None or not plan.is_empty]
            started += sum(found or 0 for found in followed)
            if len(rows) < BATCH or None in followed:
                return started

    async def _claim(self, execution_ids: Sequence[str]) -> None:
        """Most ends concern nobody."""
        if execution_ids:
            async with self._database.write(counts=False) as connection:
                await queries.claim(connection, *execution_ids)

    async def _try_plan(self, ended: EndedRow) -> _Plan | None:
        try:
            return await self._plan(ended)
        except Exception:
            _put_off(ended)
            return None

    async def _try_follow(self, ended: EndedRow, plan: _Plan | None) -> int | None:
        """None when it could not be done: the others must not wait for that."""
        try:
            return None if plan is None else await self._follow(ended, plan)
        except Exception:
            _put_off(ended)
            return None

    async def _plan(self, ended: EndedRow) -> _Plan:
        error = {} if ended.error is None else decode_stored(ended.error)
        handlers = await self._handlers(ended, str(error.get("code", ""))) if ended.status in FAILED else ()
        listeners = await self._events.fitting(ended.workspace_id, f"run.{ended.status}")
        if listeners:
            async with self._database.read() as connection:
                listeners = await self._events.about_execution(connection, listeners, ended.workflow_id, ended.id)
        return _Plan(handlers, listeners, _report(ended, error))

    async def _follow(self, ended: EndedRow, plan: _Plan) -> int:
        event = event_of(f"run.{ended.status}", ended.finished_at, plan.report)
        async with self._database.write(counts=False) as connection:
            if not await queries.claim(connection, ended.id):
                return 0
            accepted = await self._events.accept(connection, plan.handlers, plan.report, ended.user_id, "error")
            accepted += await self._events.accept(connection, plan.listeners, event, ended.user_id)
        return len(await self._events.go(accepted))

    async def _handlers(self, failed: EndedRow, code: str) -> Sequence[Listener]:
        """The workflow that the settings name, then all that listen; each starting point once."""
        settings: WorkflowSettings = read_settings(failed.settings)
        named = await self._named(failed, settings.error_workflow) if settings.error_workflow else ()
        listening = await self._listeners.of(failed.workspace_id, TRIGGER)
        told = [*named, *(found for found in listening if found.workflow.id != settings.error_workflow)]
        return [found for found in told if _wants(found, failed, code)]

    async def _named(self, failed: EndedRow, workflow_id: str) -> Sequence[Listener]:
        async with self._database.read() as connection:
            row = await workflow_queries.find(connection, failed.workspace_id, id=workflow_id)
        if row is None or not row.enabled:
            logger.warning("the workflow that is to be told of a failure is not there", extra={"execution_id": failed.id})
            return ()
        revision = row.deployed_revision or row.revision
        return await self._listeners.of_workflow(row, revision, TRIGGER) or [Listener(row, revision, None)]


def _put_off(ended: EndedRow) -> None:
    logger.exception("an end could not be followed up; it is tried again", extra={"execution_id": ended.id})


def _wants(found: Listener, failed: EndedRow, code: str) -> bool:
    """Whether it is told of this failure. Never of its own: that could go on for ever."""
    if found.workflow.id == failed.workflow_id:
        return False
    config = found.step.config.raw if found.step is not None else {}
    named = {str(name).casefold() for name in config.get("workflows") or ()}
    codes = [str(pattern) for pattern in config.get("codes") or ()]
    is_meant = not named or bool(named & {failed.workflow_id.casefold(), failed.workflow_name.casefold()})
    return is_meant and (not codes or any(fnmatchcase(code, pattern) for pattern in codes))


def _report(ended: EndedRow, error: Json) -> dict[str, Json]:
    """What a workflow is told about an end; there is no `error` where nothing went wrong."""
    execution = {
        "id": ended.id,
        "status": ended.status,
        "trigger": ended.trigger,
        "started_at": None if ended.started_at is None else iso(ended.started_at),
        "finished_at": iso(ended.finished_at),
    }
    workflow = {"id": ended.workflow_id, "name": ended.workflow_name}
    report = {"execution": execution, "execution_id": ended.id, "workflow": workflow}
    return {"error": error, **report} if error or ended.status in FAILED else report
