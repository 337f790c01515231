"""Executions: starting, waiting, looking at, cancelling (contract.md C4, G26)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from app.db import executions as queries
from app.db.executions import ExecutionRow
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.chronicle import SEQ_PER_EPOCH
from app.engine.events import TERMINAL, StepFinished, StepParked, StepStarted
from app.engine.messages import Message, describe_event, is_news, iso
from app.engine.program import Program
from app.engine.values import decode_stored
from app.hosts.bus import EventBus, messages
from app.hosts.embedded import EmbeddedHost
from app.hosts.handles import Handle, HostStopped
from app.journal.records import Ended, NewExecution
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.graphs import Graphs
from app.services.lending import Programs
from app.services.pages import Page, Paging
from app.services.refusals import refuse_unready
from app.services.traces import StepView, decoded, step_views
from app.services.workflow_rows import find_row, load_graph

HEARTBEAT_SECONDS = 15.0
STATUSES = ("queued", "running", "waiting", "completed", "failed", "cancelled", "timed_out")


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    id: str
    workflow_id: str
    workflow_name: str
    revision: int
    status: str
    mode: str
    trigger: str
    parent_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    wake_at: datetime | None

    @property
    def duration_ms(self) -> int | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class ExecutionDetail:
    summary: ExecutionSummary
    input: Json
    output: Json
    error: Json
    steps: Sequence[StepView]


class Executions:
    def __init__(
        self, database: Database, host: EmbeddedHost, programs: Programs, graphs: Graphs, bus: EventBus, wait_seconds: float
    ) -> None:
        self._database = database
        self._host = host
        self._programs = programs
        self._graphs = graphs
        self._bus = bus
        self._wait_seconds = wait_seconds

    # -- starting ------------------------------------------------------------------------------------------------

    async def execute(
        self, actor: Actor, id_or_name: str, variables: Json, *, trigger: str = "api", start_block: str | None = None
    ) -> tuple[str, Handle]:
        """Run a workflow's newest revision; the handle tells when it ends. Raises 400 when it is not ready."""
        new = await self._prepare(actor, id_or_name, variables, trigger, start_block)
        return new.id, await self._host.start(new)

    async def enqueue(
        self, actor: Actor, id_or_name: str, variables: Json, *, trigger: str = "api", start_block: str | None = None
    ) -> str:
        """Like execute, and returns as soon as the execution is on disk."""
        new = await self._prepare(actor, id_or_name, variables, trigger, start_block)
        await self._host.accept(new)
        return new.id

    async def _prepare(
        self, actor: Actor, id_or_name: str, variables: Json, trigger: str, start_block: str | None
    ) -> NewExecution:
        actor.require("executor")
        if not isinstance(variables, dict):
            raise invalid("`variables` must be an object.", [{"field": "variables", "message": "Must be an object."}])
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
        if not row.enabled:
            raise ServiceError("WORKFLOW_DISABLED", f"Workflow `{row.name}` is switched off.", 409)
        await self.check_ready(row, start_block)
        return new_execution(row, row.revision, start_block, trigger, actor.user_id, variables)

    async def check_ready(self, row: WorkflowRow, start_block: str | None) -> None:
        """Raises 400 when the newest revision cannot run, or cannot start there."""
        async with self._database.read() as connection:
            graph = await load_graph(connection, self._graphs, row, row.revision)
        refuse_unready(self._graphs.readiness(graph))
        if not graph.blocks:
            raise ServiceError("NOT_READY", "This workflow has no blocks yet.", 400)
        loaded = await self._programs.load(row.id, row.revision)
        try:
            loaded.program.entries(start_block)
        except LookupError as error:
            raise invalid(str(error.args[0])) from None

    async def ended(self, execution_id: str, handle: Handle) -> Ended:
        """Wait for the end. Raises 504 when it still goes on after a while."""
        try:
            return await asyncio.wait_for(asyncio.shield(handle.ended), self._wait_seconds)
        except TimeoutError:
            message = f"Execution `{execution_id}` is still running after {self._wait_seconds:g} s and goes on."
            raise ServiceError("STILL_RUNNING", message, 504, data={"execution_id": execution_id}) from None
        except HostStopped:
            raise server_stops(execution_id) from None

    # -- looking -------------------------------------------------------------------------------------------------

    async def list(self, actor: Actor, paging: Paging, status: str = "", workflow_id: str = "") -> Page[ExecutionSummary]:
        actor.require("viewer")
        asked = paging.checked("created_at")
        if status and status not in STATUSES:
            raise invalid(f"`status` must be one of {', '.join(STATUSES)}.")
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection,
                actor.workspace_id,
                status=status,
                workflow_id=workflow_id,
                q=asked.q,
                order=asked.order,
                offset=asked.page * asked.size,
                limit=asked.size,
            )
        return Page([_summary(row) for row in rows], total, asked.page, asked.size)

    async def get(self, actor: Actor, execution_id: str) -> ExecutionDetail:
        actor.require("viewer")
        async with self._database.read() as connection:
            found = await queries.find(connection, actor.workspace_id, execution_id)
            if found is None:
                raise not_found("execution", execution_id)
            row, data = found
            rows = await queries.find_steps(connection, execution_id)
        execution_input = decode_stored(data.input)
        try:
            program: Program | None = (await self._programs.load(row.workflow_id, row.revision)).program
        except LookupError:
            program = None
        views = [] if program is None else step_views(program, row, execution_input, rows, self._running(execution_id))
        return ExecutionDetail(_summary(row), execution_input, decoded(data.output), decoded(data.error), views)

    def _running(self, execution_id: str) -> dict[tuple[str, str], datetime]:
        """The steps that are being run now, by block id and iteration, with the moment each was started."""
        running: dict[tuple[str, str], datetime] = {}
        for event in self._host.history(execution_id) or ():
            if isinstance(event, StepStarted):
                running[event.block_id, event.iteration] = event.at
            elif isinstance(event, StepFinished | StepParked):
                running.pop((event.block_id, event.iteration), None)
        return running

    async def cancel(self, actor: Actor, execution_id: str) -> ExecutionDetail:
        """End an execution from any state. Raises 409 when it has ended."""
        actor.require("executor")
        detail = await self.get(actor, execution_id)
        if not await self._host.cancel(execution_id):
            raise ServiceError("ALREADY_ENDED", f"Execution `{execution_id}` has ended: {detail.summary.status}.", 409)
        return await self.get(actor, execution_id)

    async def events(self, actor: Actor, execution_id: str, after: int) -> AsyncIterator[Message | None]:
        """An execution's messages with a seq above `after`: first those that were, then live; None is a heartbeat."""
        actor.require("viewer")
        with self._bus.subscribe(f"execution:{execution_id}") as subscription:
            known = await self._known_messages(actor, execution_id)
            seen = after
            for message in known:
                if is_news(message, seen):
                    seen = message.seq
                    yield message
            if known and known[-1].type == "execution_finished":
                return
            async for live in messages(subscription, HEARTBEAT_SECONDS):
                if live is None or is_news(live, seen):
                    seen = seen if live is None else live.seq
                    yield live
                if live is not None and live.type == "execution_finished":
                    return

    async def _known_messages(self, actor: Actor, execution_id: str) -> Sequence[Message]:
        """What has happened so far: as the drive here remembers it, and what was before that as the journal does."""
        history = self._host.history(execution_id)
        if history and history[0].seq < 2 * SEQ_PER_EPOCH:
            return [describe_event(execution_id, event) for event in history]
        recorded = await self._recorded_messages(actor, execution_id)
        if not history:
            return recorded
        earlier = [message for message in recorded if message.seq < history[0].seq and message.type != "execution_finished"]
        return earlier + [describe_event(execution_id, event) for event in history]

    async def _recorded_messages(self, actor: Actor, execution_id: str) -> Sequence[Message]:
        """What the journal still tells about an execution."""
        detail = await self.get(actor, execution_id)
        async with self._database.read() as connection:
            rows = await queries.find_steps(connection, execution_id)
        found = [Message("execution_started", {"execution_id": execution_id, "trigger": detail.summary.trigger}, 1)]
        for row in rows:
            data = {
                "execution_id": execution_id,
                "at": iso(row.finished_at or row.started_at),
                "block_id": row.block_id,
                "status": row.status,
                "ports": decode_stored(row.ports),
                "duration_ms": row.duration_ms,
                "error": decoded(row.error),
            }
            found.append(Message("step_finished", data, row.seq))
        last = max((message.seq for message in found), default=1)
        skipped = [step.block_id for step in detail.steps if step.status == "skipped"]
        if skipped:
            found.append(Message("steps_skipped", {"execution_id": execution_id, "block_ids": skipped}, last + 1))
        if detail.summary.status in TERMINAL:
            end = {"execution_id": execution_id, "status": detail.summary.status, "error": detail.error}
            found.append(Message("execution_finished", end, last + 2))
        return found

    async def workflow_events(self, actor: Actor, workflow_id: str) -> AsyncIterator[Message | None]:
        """What happens to a workflow from now on: executions that begin and end, changes of its state."""
        actor.require("viewer")
        with self._bus.subscribe(f"workflow:{workflow_id}") as subscription:
            yield None
            async for message in messages(subscription, HEARTBEAT_SECONDS):
                yield message


def server_stops(execution_id: str) -> ServiceError:
    message = "The server is being restarted; an execution that it has accepted goes on afterwards."
    return ServiceError("SHUTTING_DOWN", message, 503, data={"execution_id": execution_id, "retry_after": 5})


def new_execution(
    row: WorkflowRow,
    revision: int,
    start_block: str | None,
    trigger: str,
    user_id: str | None,
    variables: Json,
    request: Json = None,
) -> NewExecution:
    """A live execution of one revision, with a new id that sorts by time."""
    return NewExecution(
        str(uuid7()),
        row.workspace_id,
        row.id,
        revision,
        start_block,
        "live",
        trigger,
        user_id,
        variables,
        datetime.now(UTC),
        request,
    )


def _summary(row: ExecutionRow) -> ExecutionSummary:
    return ExecutionSummary(
        row.id,
        row.workflow_id,
        row.workflow_name,
        row.revision,
        row.status,
        row.mode,
        row.trigger,
        row.parent_id,
        row.created_at,
        row.started_at,
        row.finished_at,
        row.wake_at,
    )
