"""Executions that a step of another execution starts, and waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from app.db import executions as execution_queries
from app.db import workflows as queries
from app.db.session import Database
from app.hosts.embedded import EmbeddedHost
from app.journal.journal import Journal
from app.journal.records import Ended, NewExecution
from app.sdk import BlockError, Json, WorkflowResult
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.lending import Programs
from app.services.refusals import is_uuid
from app.services.starts import Started, Starts
from app.services.traces import decoded

MAX_DEPTH = 10


class ChildWorkflows:
    """The sdk's Workflows for one execution. A step that runs again finds the child that it had started."""

    def __init__(
        self, database: Database, journal: Journal, host: EmbeddedHost, programs: Programs, starts: Starts, parent: NewExecution
    ) -> None:
        self._database = database
        self._journal = journal
        self._host = host
        self._programs = programs
        self._starts = starts
        self._parent = parent

    async def run(self, workflow: str, variables: Mapping[str, Json], key: str) -> WorkflowResult:
        """Start a workflow and wait for its end. Raises BlockError when it cannot be started."""
        child_id = await self._journal.child(self._parent.id, key)
        is_own = True
        if child_id is None:
            started = await self._start(workflow, variables, key)
            child_id, is_own = started.execution_id, not started.replayed
        handle = self._host.watch(child_id)
        ended = await self._journal.ended(child_id)
        if ended is None:
            await self._host.take(child_id, even_when_full=True)
            try:
                ended = await asyncio.shield(handle.ended)
            except asyncio.CancelledError:
                if self._host.accepting and is_own:
                    await asyncio.shield(self._host.cancel(child_id))
                raise
        return WorkflowResult(ended.id, ended.status, ended.output, ended.error, await self._may_try_again(ended))

    async def _may_try_again(self, ended: Ended) -> bool:
        """False when the step at which it failed is not to be tried again, such as one that refuses what it is given."""
        if ended.status != "failed" or not ended.error or ended.error.get("block_id") is None:
            return True
        async with self._database.read() as connection:
            steps = await execution_queries.find_steps(connection, ended.id)
        failures = [decoded(step.error) for step in steps if step.status == "failed" and step.block_id == ended.error["block_id"]]
        return not any(failure is not None and failure.get("retryable") is False for failure in failures)

    async def start(self, workflow: str, variables: Mapping[str, Json], key: str) -> str:
        """Start a workflow and do not wait for it; returns its execution's id. Raises BlockError when it cannot start."""
        known = await self._journal.child(self._parent.id, key)
        return known or (await self._start(workflow, variables, key)).execution_id

    async def _start(self, workflow: str, variables: Mapping[str, Json], key: str) -> Started:
        depth = self._parent.depth + 1
        if depth > MAX_DEPTH:
            raise BlockError("TOO_DEEP", f"workflows may start each other {MAX_DEPTH} deep", retryable=False)
        by_id = is_uuid(workflow)
        async with self._database.read() as connection:
            row = await queries.find(
                connection, self._parent.workspace_id, id=workflow if by_id else None, name=None if by_id else workflow
            )
        if row is None:
            raise BlockError("WORKFLOW_NOT_FOUND", f"there is no workflow `{workflow[:200]}`", retryable=False)
        if not row.enabled:
            raise BlockError("WORKFLOW_DISABLED", f"workflow `{row.name}` is switched off", retryable=False)
        revision = row.deployed_revision or row.revision
        try:
            start_block = (await self._programs.load(row.id, revision)).program.called_at()
        except LookupError as error:
            raise BlockError("WORKFLOW_NOT_READY", f"workflow `{row.name}`: {error.args[0]}", retryable=False) from None
        new = new_execution(row, revision, start_block, "workflow", self._parent.user_id, dict(variables))
        new = replace(
            new,
            parent_id=self._parent.id,
            parent_key=key[:200],
            depth=depth,
            mode=self._parent.mode,
            reports_failure=self._parent.reports_failure,
        )
        try:
            return await self._starts.start(row, new, durably=True)
        except ServiceError as error:
            raise BlockError(error.code, f"workflow `{row.name}`: {error.message}") from None
