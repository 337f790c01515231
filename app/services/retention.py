"""Deletes executions whose time is over, as their workflow's settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from app.db import idempotency, inbound
from app.db import kv as state
from app.db import retention as queries
from app.db.session import Database
from app.services.idempotency import KEPT
from app.services.loops import PermanentLoop
from app.services.workflow_settings import Retention, read_settings

LOOK_SECONDS = 60.0
BATCH = 200


class RetentionLoop:
    """Works in small transactions, so that nobody waits long for one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop = PermanentLoop("retention", lambda: self.run(datetime.now(UTC)), LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run(self, now: datetime) -> int:
        """Delete all that is due; returns how many executions that were."""
        async with self._database.write(counts=False) as connection:
            await idempotency.delete_expired(connection, now - KEPT)
            await state.delete_expired(connection, now)
            await inbound.forget_seen(connection, now)
            await inbound.forget_refused(connection)
        async with self._database.read() as connection:
            found = await queries.with_settings(connection)
        deleted = 0
        for workflow_id, stored in found:
            async for batch in self._batches(workflow_id, read_settings(stored).retention, now):
                async with self._database.write(counts=False) as connection:
                    await queries.delete(connection, batch)
                deleted += len(batch)
        return deleted

    async def _batches(self, workflow_id: str, retention: Retention, now: datetime) -> AsyncIterator[Sequence[str]]:
        """The executions of one workflow that are to go; each batch is asked for when the one before is gone."""
        together = retention.failed_days is None
        while batch := await self._next(workflow_id, retention, now, together):
            yield batch

    async def _next(self, workflow_id: str, retention: Retention, now: datetime, together: bool) -> Sequence[str]:
        async with self._database.read() as connection:
            if retention.days is not None:
                before = now - timedelta(days=retention.days)
                if found := await queries.older(connection, workflow_id, before, BATCH, failed=together, others=True):
                    return found
            if retention.failed_days is not None:
                before = now - timedelta(days=retention.failed_days)
                if found := await queries.older(connection, workflow_id, before, BATCH, failed=True, others=False):
                    return found
            if retention.count is not None:
                return await queries.beyond(connection, workflow_id, retention.count, BATCH, failed=together)
        return ()
