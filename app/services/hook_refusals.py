"""Why calls of webhooks were refused: the last one of each is remembered, for whoever wonders at the block."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.db import inbound as queries
from app.db.inbound import RefusedRow
from app.db.session import Database
from app.services.actors import Actor
from app.services.errors import ServiceError

PAUSE_SECONDS = 0.5
MAX_PENDING = 1_000
MAX_REASON = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """The last refused call of the webhook that a block is."""

    block_id: str
    last: RefusedRow


class HookRefusals:
    """Written together after a pause, so that whoever calls in vain as fast as possible costs one write each time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[str, RefusedRow] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, webhook_id: str, workspace_id: str, error: ServiceError, address: str) -> None:
        """A call of a webhook that is there was refused."""
        before = self._pending.get(webhook_id)
        if before is None and len(self._pending) >= MAX_PENDING:
            return
        row = RefusedRow(
            webhook_id,
            workspace_id,
            error.status,
            error.code[:64],
            error.message[:MAX_REASON],
            address[:64],
            datetime.now(UTC),
            1,
        )
        self._pending[webhook_id] = row if before is None else replace(row, count=before.count + 1)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def last(self, actor: Actor, webhook_id: str) -> RefusedRow | None:
        """The last refused call of a webhook of this workspace."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            return await queries.refused(connection, actor.workspace_id, webhook_id)

    async def of_workflow(self, actor: Actor, workflow_id: str) -> Sequence[RefusedCall]:
        """Of each of its webhooks the last one, the newest first."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            found = await queries.refused_of(connection, actor.workspace_id, workflow_id)
        return [RefusedCall(block_id, row) for block_id, row in found]

    async def _write(self) -> None:
        while self._pending:
            await asyncio.sleep(PAUSE_SECONDS)
            rows, self._pending = list(self._pending.values()), {}
            try:
                async with self._database.write(counts=False) as connection:
                    await queries.remember_refused(connection, rows)
            except Exception:
                logger.exception("refused webhook calls could not be written down")
