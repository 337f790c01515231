"""Starting the workflows that listen for an event, in the transaction of what has happened.

The studio's own events (`run.*`, `approval.*`) tell of executions. Two rules keep them from going round in circles: a
workflow does not hear of its own executions, and an execution that an event or a failure has started, itself or through the
workflows that it runs, starts nothing in turn. Nor does what a block has started by a call of the platform, as nobody can
tell on whose behalf.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import follow_up as queries
from app.engine.messages import iso
from app.sdk import Json
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.listeners import Listener, Listeners
from app.services.starts import Accepted, Starts

logger = logging.getLogger(__name__)

TRIGGER = "trigger.event"
STARTED_BY_NEWS = frozenset({"event", "error"})
STARTED_BY_EXECUTION = "workflow"


def event_of(name: str, at: datetime, data: Json) -> dict[str, Json]:
    """What a workflow is started with."""
    return {"type": name, "timestamp": iso(at), "data": data}


class EventStarts:
    def __init__(self, listeners: Listeners, starts: Starts) -> None:
        self._listeners = listeners
        self._starts = starts

    async def fitting(self, workspace_id: str, name: str) -> Sequence[Listener]:
        """Where workflows start for an event of this name. To be asked before the transaction."""
        found = await self._listeners.of(workspace_id, TRIGGER)
        blocks = [one for one in found if one.step is not None and fnmatchcase(name, str(one.step.config.raw.get("event", "")))]
        return blocks + [one for pattern, one in await self._listeners.standing(workspace_id) if fnmatchcase(name, pattern)]

    async def about_execution(
        self, connection: AsyncConnection, fitting: Sequence[Listener], workflow_id: str, execution_id: str
    ) -> Sequence[Listener]:
        """Those that may hear of an event about this execution."""
        others = [found for found in fitting if found.workflow.id != workflow_id]
        if not others:
            return ()
        origins = await queries.triggers_above(connection, execution_id) - {STARTED_BY_EXECUTION}
        return others if origins and not origins & STARTED_BY_NEWS else ()

    async def accept(
        self, connection: AsyncConnection, fitting: Sequence[Listener], event: Json, user_id: str | None, trigger: str = "event"
    ) -> list[Accepted]:
        """Accept an execution for each; call `go` once the transaction is over."""
        accepted = [await self._accept(connection, found, event, user_id, trigger) for found in fitting]
        return [one for one in accepted if one is not None]

    async def _accept(
        self, connection: AsyncConnection, found: Listener, event: Json, user_id: str | None, trigger: str
    ) -> Accepted | None:
        """None when the workflow's settings allow no further execution; that is no fault of who tells."""
        start_block = None if found.step is None else found.step.id
        new = new_execution(found.workflow, found.revision, start_block, trigger, user_id, event)
        try:
            async with connection.begin_nested():
                return await self._starts.accept_within(connection, found.workflow, new)
        except ServiceError as refusal:
            logger.warning("news started nothing: %s", refusal.message, extra={"workflow_id": found.workflow.id})
            return None

    async def go(self, accepted: Sequence[Accepted]) -> list[str]:
        """Drive what was accepted; the executions' ids."""
        return [(await self._starts.go(one)).execution_id for one in accepted]
