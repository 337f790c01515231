"""Executions: starting, waiting, looking at, cancelling (contract.md C4, G26)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from uuid_utils.compat import uuid7

from app.db import executions as queries
from app.db.executions import ExecutionRow
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.events import StepFinished, StepParked, StepStarted
from app.engine.program import Program
from app.engine.values import decode_stored
from app.hosts.embedded import EmbeddedHost
from app.hosts.handles import Handle, HostStopped
from app.journal.records import Copy, Ended, NewExecution
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.graphs import Graphs
from app.services.idempotency import Key
from app.services.lending import Programs
from app.services.pages import Page, Paging
from app.services.past import find_past
from app.services.places import place_of, read_place
from app.services.refusals import refuse_unready
from app.services.reuse import Past
from app.services.run_options import RunOptions, part_of
from app.services.starts import Started, Starts
from app.services.traces import StepView, decoded, step_views
from app.services.workflow_rows import check_enabled, find_row, load_graph
from app.services.workflow_settings import settings_of

HEARTBEAT_SECONDS = 15.0
ORDINARY = RunOptions()
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
    retry_of: str | None = None

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
        self, database: Database, host: EmbeddedHost, programs: Programs, graphs: Graphs, starts: Starts, wait_seconds: float
    ) -> None:
        self._database = database
        self._host = host
        self._programs = programs
        self._graphs = graphs
        self._starts = starts
        self._wait_seconds = wait_seconds

    # -- starting ------------------------------------------------------------------------------------------------

    async def execute(
        self,
        actor: Actor,
        id_or_name: str,
        variables: Json = None,
        *,
        trigger: str = "api",
        options: RunOptions = ORDINARY,
        key: Key | None = None,
        durably: bool = False,
        reports_failure: bool = True,
    ) -> Started:
        """Run a workflow's newest revision, or find the execution that the key stands for.

        Raises 400 when the workflow is not ready, 409 when it is switched off, full, or the key's execution still runs,
        422 when the key came with something else. `durably`: the execution is on disk before this returns.
        """
        actor.require("executor")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
        check_enabled(row)
        source, past = await self._past(actor, row, options)
        program = await self.ready_program(row)
        options = replace(options, start_block=options.start_block or (source.start_block if source else None))
        part = part_of(program, options, past)
        check_entry(program, part.start_block)
        given = variables if variables is not None else source.input if source else {}
        if not isinstance(given, dict):
            raise invalid("`variables` must be an object.", [{"field": "variables", "message": "Must be an object."}])
        request = source.request if source else None
        new = new_execution(row, row.revision, part.start_block, trigger, actor.user_id, given, request)
        special = {"use_pins": options.use_pins, "only": None if part.only is None else sorted(part.only)}
        is_ordinary = part.only is None and not options.use_pins
        new = replace(
            new,
            mode=options.mode,
            options=None if is_ordinary else special,
            reports_failure=reports_failure and is_ordinary and options.mode == "live",
        )
        copy = Copy(source.id, sorted(part.kept)) if source else None
        started = await self._starts.start(row, new, key, copy, durably=durably)
        if started.replayed and key is not None and not durably and not started.handle.ended.done():
            message = "The execution that this Idempotency-Key stands for is still running."
            raise ServiceError("STILL_RUNNING", message, 409, data={"execution_id": started.execution_id, "retry_after": 1})
        return started

    async def enqueue(
        self, actor: Actor, id_or_name: str, variables: Json, *, trigger: str = "api", reports_failure: bool = True
    ) -> str:
        """Like execute, and returns the id as soon as the execution is on disk."""
        started = await self.execute(
            actor, id_or_name, variables, trigger=trigger, durably=True, reports_failure=reports_failure
        )
        return started.execution_id

    async def _past(
        self, actor: Actor, row: WorkflowRow, options: RunOptions
    ) -> tuple[NewExecution, Past] | tuple[None, None]:
        """The execution whose outputs are used again."""
        if options.from_execution is None:
            return None, None
        found = await find_past(self._database, self._programs, actor, options.from_execution)
        if found[0].workflow_id != row.id:
            message = "is an execution of another workflow"
            raise invalid(f"`from_execution` {message}.", [{"field": "from_execution", "message": message}])
        return found

    async def ready_program(self, row: WorkflowRow) -> Program:
        """The program of the newest revision. Raises 400 when it cannot run."""
        async with self._database.read() as connection:
            graph = await load_graph(connection, self._graphs, row, row.revision)
        refuse_unready(self._graphs.readiness(graph))
        if not graph.blocks:
            raise ServiceError("NOT_READY", "This workflow has no blocks yet.", 400)
        return (await self._programs.load(row.id, row.revision)).program

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
                limit=asked.size + 1,
                after=read_place(asked.after),
            )
        shown = rows[: asked.size]
        following = place_of(shown[-1]) if len(rows) > asked.size else None
        return Page([_summary(row) for row in shown], total, asked.page, asked.size, following)

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

def server_stops(execution_id: str) -> ServiceError:
    message = "The server is being restarted; an execution that it has accepted goes on afterwards."
    return ServiceError("SHUTTING_DOWN", message, 503, data={"execution_id": execution_id, "retry_after": 5})


def check_entry(program: Program, start_block: str | None) -> None:
    """Raises 400 when an execution cannot start there."""
    try:
        program.entries(start_block)
    except LookupError as error:
        raise invalid(str(error.args[0])) from None


def new_execution(
    row: WorkflowRow,
    revision: int,
    start_block: str | None,
    trigger: str,
    user_id: str | None,
    variables: Json,
    request: Json = None,
) -> NewExecution:
    """A live execution of one revision under its workflow's settings, with a new id that sorts by time.

    What an error trigger has started reports no failure of its own: that could go on for ever.
    """
    settings, now = settings_of(row), datetime.now(UTC)
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
        now,
        request,
        priority=settings.priority,
        deadline_at=None if settings.deadline_ms is None else now + timedelta(milliseconds=settings.deadline_ms),
        concurrency_limit=None if settings.concurrency.when_full == "skip" else settings.concurrency.limit,
        reports_failure=trigger != "error",
    )


def _summary(row: ExecutionRow) -> ExecutionSummary:
    return ExecutionSummary(**{name: getattr(row, name) for name in ExecutionSummary.__dataclass_fields__})
