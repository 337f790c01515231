"""Says so when executions wait too long for their turn: a queue that stands still should not be found by chance."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from app.db import under_way as queries
from app.db.session import Database
from app.engine.chronicle import now
from app.services.loops import PermanentLoop

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 10.0


class QueueAlarm:
    """One warning when the oldest queued execution is older than `limit`, and one message when that is over."""

    def __init__(self, database: Database, limit: timedelta) -> None:
        self._database = database
        self._limit = limit
        self._rings = False
        self._loop = PermanentLoop("looking at the queue", self.look, LOOK_SECONDS)

    def start(self) -> None:
        if self._limit:
            self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def look(self) -> None:
        async with self._database.read() as connection:
            oldest = await queries.oldest_queued(connection)
        if oldest is not None and now() - oldest[2] > self._limit:
            if not self._rings:
                execution_id, workflow_id, created_at = oldest
                waited = round((now() - created_at).total_seconds())
                logger.warning("execution %s of workflow %s waits in the queue for %s seconds", execution_id, workflow_id, waited)
            self._rings = True
        elif self._rings:
            logger.info("executions no longer wait long in the queue")
            self._rings = False
