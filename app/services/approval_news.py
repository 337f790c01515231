"""Starts the workflows that listen for `approval.needed`, once for each approval that is asked for.

The journal writes an approval together with the step that waits for it, so what is new is found by looking. A moment is noted
before it is on disk, so each look goes back a while; who was told of what is on record.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.db import approval_news as queries
from app.db import listeners
from app.db.approval_news import AskedRow
from app.db.session import Database
from app.engine.messages import iso
from app.engine.values import decode_stored
from app.sdk import Json
from app.services.approval_forms import read_question
from app.services.event_starts import EventStarts, event_of
from app.services.listeners import Listener

logger = logging.getLogger(__name__)

NEEDED = "approval.needed"
OVERLAP = timedelta(minutes=10)
"""How long after its moment an approval may come to be on disk."""
STEP = timedelta(minutes=1)
BATCH = 100


class ApprovalNews:
    def __init__(self, database: Database, events: EventStarts) -> None:
        self._database = database
        self._events = events
        self._began = datetime.now(UTC)
        self._after: dict[str, datetime | None] = {}
        """From when on the approvals of a workspace are told; None while nobody listens there."""
        self._nobody_at: dict[str, datetime] = {}
        """When nobody listened in a workspace for the last time."""

    async def run_pending(self) -> int:
        """Tell of all that nobody was told of yet; returns how many executions that has started."""
        async with self._database.read() as connection:
            workspaces = await listeners.workspaces(connection)
        return sum([await self._try_look(workspace_id) for workspace_id in workspaces])

    async def _try_look(self, workspace_id: str) -> int:
        try:
            return await self._look(workspace_id)
        except Exception:
            logger.exception("looking for approvals failed; it is tried again", extra={"workspace_id": workspace_id})
            return 0

    async def _look(self, workspace_id: str) -> int:
        now = datetime.now(UTC)
        listening = await self._events.fitting(workspace_id, NEEDED)
        after = await self._known_after(workspace_id)
        if not listening:
            if after is not None:
                await self._stop(workspace_id)
            self._nobody_at[workspace_id] = now
            return 0
        if after is None:
            after = await self._move_on(workspace_id, self._nobody_at.get(workspace_id, self._began))
        started = await self._tell_all(workspace_id, listening, after)
        if now - OVERLAP - after >= STEP:
            await self._move_on(workspace_id, now - OVERLAP)
        return started

    async def _known_after(self, workspace_id: str) -> datetime | None:
        if workspace_id not in self._after:
            async with self._database.read() as connection:
                self._after[workspace_id] = await queries.told_after(connection, workspace_id)
        return self._after[workspace_id]

    async def _tell_all(self, workspace_id: str, listening: Sequence[Listener], after: datetime) -> int:
        started = 0
        while True:
            async with self._database.read() as connection:
                rows = await queries.untold(connection, workspace_id, after, BATCH)
            for row in rows:
                started += await self._tell(workspace_id, listening, row)
            if len(rows) < BATCH:
                return started

    async def _tell(self, workspace_id: str, listening: Sequence[Listener], row: AskedRow) -> int:
        """Noting it and starting what it leads to are one transaction."""
        async with self._database.write(counts=False) as connection:
            if not await queries.claim(connection, workspace_id, row.id, datetime.now(UTC)):
                return 0
            told = await self._events.about_execution(connection, listening, row.workflow_id, row.execution_id)
            event = event_of(NEEDED, row.created_at, _data(row))
            accepted = await self._events.accept(connection, told, event, row.user_id)
        return len(await self._events.go(accepted))

    async def _move_on(self, workspace_id: str, after: datetime) -> datetime:
        async with self._database.write(counts=False) as connection:
            await queries.tell_after(connection, workspace_id, after, forgotten=after - OVERLAP)
        self._after[workspace_id] = after
        return after

    async def _stop(self, workspace_id: str) -> None:
        """Nobody listens any more; whoever does later is told only of what is asked from then on."""
        async with self._database.write(counts=False) as connection:
            await queries.forget(connection, workspace_id)
        self._after[workspace_id] = None


def _data(row: AskedRow) -> dict[str, Json]:
    """What workflows are told about an approval."""
    question = read_question(None if row.data is None else decode_stored(row.data))
    return {
        "approval_id": row.id,
        "execution_id": row.execution_id,
        "workflow": {"id": row.workflow_id, "name": row.workflow_name},
        "block_id": row.block_id,
        "title": question.title,
        "description": question.description,
        "assignees": list(question.assignees),
        "expires_at": None if row.expires_at is None else iso(row.expires_at),
    }
