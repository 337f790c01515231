"""Starting an execution under its workflow's settings: concurrency limit and idempotency, the same for every way to start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import under_way as queries
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.values import decode_stored
from app.hosts.embedded import EmbeddedHost
from app.hosts.handles import Handle
from app.journal.journal import Journal
from app.journal.records import Copy, NewExecution
from app.services.errors import ServiceError
from app.services.idempotency import Key, expression_key, known
from app.services.workflow_settings import WorkflowSettings, settings_of

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Started:
    """`replayed`: this is the execution that an earlier call with the same key has started."""

    execution_id: str
    handle: Handle
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a transaction has decided; `Starts.go` acts on it once the transaction is over."""

    execution_id: str
    handle: Handle
    replayed: bool = False
    replaces: Sequence[str] = ()
    is_child: bool = False


class Starts:
    def __init__(self, database: Database, journal: Journal, host: EmbeddedHost) -> None:
        self._database = database
        self._journal = journal
        self._host = host

    async def start(
        self, row: WorkflowRow, new: NewExecution, key: Key | None = None, copy: Copy | None = None, *, durably: bool = False
    ) -> Started:
        """Start an execution, or find the one that its key stands for. Raises 409 at the limit, 422 for a key used otherwise.

        `durably`: it is on disk before this returns; else it is driven at once and written together with what it does.
        """
        settings = settings_of(row)
        if key is not None or copy is not None or settings.concurrency.limit is not None or settings.idempotency_key:
            async with self._database.write(counts=False) as connection:
                accepted = await self.accept_within(connection, row, new, key, copy)
            return await self.go(accepted)
        handle = self._host.watch(new.id)
        await (self._host.accept(new) if durably else self._host.start(new))
        return Started(new.id, handle)

    async def accept_within(
        self, connection: AsyncConnection, row: WorkflowRow, new: NewExecution, key: Key | None = None, copy: Copy | None = None
    ) -> Accepted:
        """Accept in somebody's transaction; call `go` with the result when it is over. Raises as `start` does."""
        settings = settings_of(row)
        handle = self._host.watch(new.id)
        if key is None and copy is None and new.options is None and new.mode == "live":
            key = expression_key(settings.idempotency_key, row, new)
        earlier = None if key is None else await known(connection, row, key, new.id)
        if earlier is not None:
            return Accepted(earlier, self._host.watch(earlier), replayed=True)
        new, replaces = await self._placed(connection, settings, new)
        await self._journal.accept_within(connection, new, copy)
        return Accepted(new.id, handle, False, replaces, new.parent_id is not None)

    async def go(self, accepted: Accepted) -> Started:
        """Drive what was accepted, after ending what it replaces; or find out how far the earlier execution is."""
        if accepted.replayed:
            await self._catch_up(accepted.execution_id, accepted.handle)
            return Started(accepted.execution_id, accepted.handle, True)
        await asyncio.gather(*(self._host.cancel(execution_id) for execution_id in accepted.replaces))
        await self._host.take(accepted.execution_id, even_when_full=accepted.is_child)
        return Started(accepted.execution_id, accepted.handle)

    async def _placed(
        self, connection: AsyncConnection, settings: WorkflowSettings, new: NewExecution
    ) -> tuple[NewExecution, Sequence[str]]:
        """The execution as the concurrency limit lets it run, and those that make place for it."""
        limit, when_full = settings.concurrency.limit, settings.concurrency.when_full
        if limit is None:
            return new, ()
        if new.parent_id is not None and new.workflow_id in await queries.workflows_above(connection, new.parent_id):
            return replace(new, concurrency_limit=None), ()  # whoever waits for it holds a place already
        await queries.lock(connection, new.workflow_id)
        before = await queries.open_executions(connection, new.workflow_id)
        if when_full == "skip" and len(before) >= limit:
            message = f"This workflow runs at most {limit} times at once, and as many executions are under way."
            raise ServiceError("CONCURRENCY_LIMIT", message, 409, data={"retry_after": RETRY_AFTER_SECONDS})
        replaced = before[limit - 1 :] if when_full == "replace" else ()
        if replaced:
            await queries.request_cancel(connection, replaced)
        return new, replaced

    async def _catch_up(self, execution_id: str, handle: Handle) -> None:
        """Tell a handle what has happened before anybody held it."""
        ended = await self._journal.ended(execution_id)
        async with self._database.read() as connection:
            recorded = await queries.recorded_response(connection, execution_id)
        response = None if recorded is None else decode_stored(recorded)
        if ended is not None:
            handle.finish(ended, response)
        elif response is not None:
            handle.answered(response)
