"""One look around of a trigger: what it may use, and how what it finds starts executions."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import watches as queries
from app.db.session import Database
from app.db.watches import WatchRow
from app.db.workflows import WorkflowRow
from app.engine.context import Environment
from app.engine.expressions import Scope
from app.engine.program import Step
from app.engine.values import decode_stored, encode
from app.sdk import BlockError, Config, Files, Http, Json, Network, WatchItem
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.lending import Lending
from app.services.starts import Accepted, Starts

T = TypeVar("T")

logger = logging.getLogger(__name__)

TRIGGER = "watch"
MAX_TOGETHER = 200


class LostWatch(Exception):
    """Another server watches now, or the workflow is not deployed any more."""


@dataclass
class WatchRound:
    """The sdk's WatchContext."""

    database: Database
    starts: Starts
    environment: Environment
    workflow: WorkflowRow
    revision: int
    step: Step
    row: WatchRow
    config: Config
    cursor: Json
    told: Callable[[], Awaitable[None]]
    """What is to be done as soon as it works."""

    @classmethod
    async def begin(
        cls,
        database: Database,
        starts: Starts,
        lending: Lending,
        workflow: WorkflowRow,
        revision: int,
        step: Step,
        row: WatchRow,
        told: Callable[[], Awaitable[None]],
    ) -> WatchRound:
        """With credentials as they are now. Raises BlockError for a configuration that cannot be used."""
        stands_for = new_execution(workflow, revision, step.id, TRIGGER, None, {})
        environment = await lending.environment(stands_for)
        names: dict[str, Any] = {"secrets": environment.secrets, "workflow": {"id": workflow.id, "name": workflow.name}}
        config = step.config.resolve(lambda: Scope(names, datetime.now(UTC)))
        cursor = None if row.cursor is None else decode_stored(row.cursor)
        return cls(database, starts, environment, workflow, revision, step, row, config, cursor, told)

    @property
    def place(self) -> str:
        return f"{self.workflow.id}/{self.step.id}"

    @property
    def http(self) -> Http:
        return self._permitted("http", lambda: self.environment.http)

    @property
    def network(self) -> Network:
        return self._permitted("network", lambda: self.environment.network)

    @property
    def files(self) -> Files:
        return self._permitted("files", lambda: self.environment.files)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def works(self) -> None:
        await self.told()

    async def known(self, keys: Sequence[str]) -> set[str]:
        digests = {_digest(key): key for key in keys}
        async with self.database.read() as connection:
            found = await queries.known(connection, self.workflow.id, self.step.id, list(digests))
        return {digests[digest] for digest in found}

    async def accept(self, items: Sequence[WatchItem], cursor: Json) -> int:
        """In portions; how far it has come is remembered with the last one."""
        started = 0
        for start in range(0, max(1, len(items)), MAX_TOGETHER):
            is_last = start + MAX_TOGETHER >= len(items)
            started += await self._accept(items[start : start + MAX_TOGETHER], cursor if is_last else self.cursor)
        self.cursor = cursor
        await self.told()
        return started

    async def _accept(self, items: Sequence[WatchItem], cursor: Json) -> int:
        now, at = datetime.now(UTC), (self.workflow.id, self.step.id)
        by_digest = {_digest(item.key): item for item in items}
        async with self.database.write(counts=False) as connection:
            known = await queries.known(connection, *at, list(by_digest))
            new = [digest for digest in by_digest if digest not in known]
            content = None if cursor is None else encode(cursor)
            if not await queries.advance(connection, *at, self.row.driver, content, len(new), now):
                raise LostWatch
            await queries.touch(connection, *at, list(known), now)
            await queries.remember(connection, *at, new, now)
            accepted = [await self._start(connection, by_digest[digest]) for digest in new]
        for one in accepted:
            if one is not None:
                await self.starts.go(one)
        return len(new)

    async def _start(self, connection: AsyncConnection, item: WatchItem) -> Accepted | None:
        """None when the workflow's settings allow no further execution."""
        new = new_execution(self.workflow, self.revision, self.step.id, TRIGGER, None, item.value)
        try:
            return await self.starts.accept_within(connection, self.workflow, new)
        except ServiceError as error:
            logger.warning("an item was left out: %s", error.message, extra={"workflow_id": self.workflow.id})
            return None

    def _permitted(self, need: str, service: Callable[[], T]) -> T:
        if need not in self.step.block.needs:
            message = f"Block type `{self.step.block.type}` uses `{need}` without declaring it."
            raise BlockError("NOT_PERMITTED", message, retryable=False)
        return service()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
