"""The operation log: small changes of a graph by many people at once, none of them lost (editor.md, "How it works")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.vault import VaultError
from app.db import operations as queries
from app.db.operations import BatchRow, LoggedBatch
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.graph import Graph, Problem
from app.engine.messages import iso
from app.engine.operations import MAX_OPERATIONS, AddBlock, Conflict, Operation, RenameWorkflow, SetField, applied
from app.engine.values import decode_stored, depth_exceeds
from app.hosts.bus import EventBus
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid
from app.services.graphs import Graphs
from app.services.refusals import checked_name, graph_refused
from app.services.revisions import Batch, RevisionWriter, dumped
from app.services.workflow_rows import announce, find_row, load_graph, rename, tell_of_graph

MOST_MISSED = 500
"""More missed batches than this are not told; whoever missed them reads the graph anew."""
UNDO_STEPS = 100
UNDO_BYTES = 500_000
"""How many steps, and how much of them, an editor that is opened gets at most."""
MAX_CONFIG_DEPTH = 90

Kind = Literal["edit", "undo", "redo"]
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Submitted(BaseModel):
    """What an editor sends."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    base_revision: int = Field(ge=0, le=2_000_000_000)
    client_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    batch_id: str = Field(pattern=_UUID)
    operations: list[Operation] = Field(min_length=1, max_length=MAX_OPERATIONS)
    kind: Kind = "edit"
    unit: str | None = Field(None, pattern=_UUID)
    message: str = Field("", max_length=500)


@dataclass(frozen=True, slots=True)
class Applied:
    """The revision that a batch has led to; `again` when it had done so before."""

    revision: int
    again: bool
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Logged:
    """One batch of the log, as others read it."""

    revision: int
    batch_id: str
    client_id: str
    author: str
    kind: str
    operations: list[Json]
    words: list[str]
    created_at: datetime

    def as_json(self) -> dict[str, Json]:
        return asdict(self) | {"created_at": iso(self.created_at)}


@dataclass(frozen=True, slots=True)
class Missed:
    """What led from a revision to the newest. None when that is not known, or not for this reader: read the graph anew."""

    revision: int
    batches: list[Logged] | None
    problems: Sequence[Problem] = ()
    """What has to be filled in or repaired before the newest graph can run."""

    def as_json(self) -> dict[str, Json]:
        missed = None if self.batches is None else [batch.as_json() for batch in self.batches]
        return {"revision": self.revision, "missed": missed}


@dataclass(frozen=True, slots=True)
class UndoStep:
    """One step of an author that can be undone, or done again."""

    unit: str
    undo: list[Json]
    redo: list[Json]


@dataclass(frozen=True, slots=True)
class UndoSteps:
    past: list[UndoStep]
    future: list[UndoStep]


class Operations:
    def __init__(self, database: Database, graphs: Graphs, bus: EventBus, writer: RevisionWriter) -> None:
        self._database = database
        self._graphs = graphs
        self._bus = bus
        self._writer = writer

    async def submit(self, actor: Actor, id_or_name: str, raw: Json) -> Applied:
        """Do a batch on top of the newest revision; the same batch is done once, however often it comes.

        Raises 412 with the missed batches when its base is not the newest revision, and 400 with every problem when the
        graph could not be saved so.
        """
        actor.demand("workflows.draft")
        sent = _read(raw)
        operations = [self._canonical(operation) for operation in sent.operations]
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name, lock=True)
            before = await queries.find_batch(connection, row.id, sent.batch_id)
            if before is not None:
                return await self._repeated(connection, actor, row, before)
            if sent.base_revision != row.revision:
                raise _stale(row, sent, await self._missed(connection, actor, row, sent.base_revision))
            graph = await load_graph(connection, self._graphs, row, row.revision)
            after, inverses = self._applied(graph, operations, row.name)
            await self._rename(connection, row, operations)
            batch = Batch(operations, inverses, sent.client_id, sent.batch_id, sent.kind, sent.unit or sent.batch_id)
            revision = await self._writer.next(connection, actor, row, graph, after, batch, sent.message)
        tell_of_graph(self._bus, row.id, revision, actor.username, sent.batch_id)
        await announce(self._database, self._bus, actor, row.id)
        return Applied(revision, False, self._graphs.readiness(after))

    async def since(self, actor: Actor, id_or_name: str, revision: int) -> Missed:
        """What led from a revision to the newest one."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            missed = await self._missed(connection, actor, row, revision)
            graph = await load_graph(connection, self._graphs, row, row.revision)
        return replace(missed, problems=self._graphs.readiness(graph))

    async def undo_steps(self, actor: Actor, id_or_name: str) -> UndoSteps:
        """The newest steps of this author, for an editor that has just been opened; the oldest first."""
        actor.demand("workflows.read")
        if not actor.allows("workflows.draft"):
            return UndoSteps([], [])
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            rows = await queries.newest_of(connection, row.id, actor.user_id, UNDO_STEPS)
        near = takewhile(
            lambda pair: pair[1] <= UNDO_BYTES, zip(rows, accumulate(len(found.content) for found in rows), strict=True)
        )
        return self._steps([found for found, _ in reversed([*near]) if found.kind in ("edit", "undo", "redo")])

    def _canonical(self, operation: Operation) -> Operation:
        if not isinstance(operation, AddBlock) or not isinstance(operation.block.get("type"), str):
            return operation
        return AddBlock(block=operation.block | {"type": self._graphs.canonical(operation.block["type"])})

    async def _rename(self, connection: AsyncConnection, row: WorkflowRow, operations: Sequence[Operation]) -> None:
        """Give the workflow the last of the names in a batch."""
        names = [operation.name for operation in operations if isinstance(operation, RenameWorkflow)]
        if names and names[-1] != row.name:
            await rename(connection, row.id, checked_name(names[-1]))

    def _applied(
        self, graph: Graph, operations: Sequence[Operation], name: str
    ) -> tuple[Graph, tuple[tuple[Operation, ...], ...]]:
        try:
            after, inverses = applied(graph, operations, name)
        except Conflict as conflict:
            raise graph_refused([conflict.as_problem()]) from None
        touched = {operation.block_id for operation in operations if isinstance(operation, SetField)}
        problems = [_too_deep(block.id) for block in after.blocks if block.id in touched and _is_deep(block.config)]
        problems = problems or self._graphs.check(after)
        if problems:
            raise graph_refused(problems)
        return after, inverses

    async def _repeated(self, connection: AsyncConnection, actor: Actor, row: WorkflowRow, found: BatchRow) -> Applied:
        if found.author_id != actor.user_id:
            raise ServiceError("BATCH_TAKEN", "Somebody else has used this batch id.", 409)
        graph = await load_graph(connection, self._graphs, row, row.revision)
        return Applied(found.revision, True, self._graphs.readiness(graph))

    async def _missed(self, connection: AsyncConnection, actor: Actor, row: WorkflowRow, revision: int) -> Missed:
        if not actor.allows("workflows.draft") or not 0 <= row.revision - revision <= MOST_MISSED:
            return Missed(row.revision, None)
        found = await queries.after(connection, row.id, revision, MOST_MISSED)
        whole = [one.row.revision for one in found] == list(range(revision + 1, row.revision + 1))
        try:
            return Missed(row.revision, [self._logged(one) for one in found] if whole else None)
        except VaultError:
            return Missed(row.revision, None)

    def _logged(self, found: LoggedBatch) -> Logged:
        row = found.row
        operations = dumped(self._writer.opened(row).operations)
        words = decode_stored(row.words)
        return Logged(row.revision, row.batch_id, row.client_id, found.author, row.kind, operations, words, row.created_at)

    def _steps(self, rows: Sequence[BatchRow]) -> UndoSteps:
        past: list[UndoStep] = []
        future: list[UndoStep] = []
        for row in rows:
            if row.kind == "edit":
                future.clear()
                self._add(past, row)
            else:
                source, target = (past, future) if row.kind == "undo" else (future, past)
                target += [source.pop(place) for place in _places(source, row.unit)]
        return UndoSteps(past, future)

    def _add(self, past: list[UndoStep], row: BatchRow) -> None:
        """A step may have come in several batches, while it went on."""
        try:
            content = self._writer.opened(row)
        except VaultError:
            return
        undo, redo = dumped(content.inverse), dumped(content.operations)
        if past and past[-1].unit == row.unit:
            last = past.pop()
            undo, redo = [*undo, *last.undo], [*last.redo, *redo]
        past.append(UndoStep(row.unit, undo, redo))


def _places(steps: Sequence[UndoStep], unit: str) -> list[int]:
    return [place for place, step in enumerate(steps) if step.unit == unit][-1:]


def _read(raw: Json) -> Submitted:
    try:
        return Submitted.model_validate(raw)
    except ValidationError as error:
        found: list[dict[str, Any]] = [
            {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
            for item in error.errors(include_url=False, include_context=False, include_input=False)[:50]
        ]
        first = found[0]
        raise invalid(f"`{first['field'] or 'The body'}`: {first['message']}.", found) from None


def _stale(row: WorkflowRow, sent: Submitted, missed: Missed) -> ServiceError:
    message = f"The workflow is at revision {row.revision}, not {sent.base_revision}: somebody has changed it since."
    return ServiceError("STALE_REVISION", message, 412, data=missed.as_json())


def _is_deep(config: Json) -> bool:
    return depth_exceeds(config, MAX_CONFIG_DEPTH)


def _too_deep(block_id: str) -> Problem:
    message = f"The configuration of block `{block_id}` is nested deeper than {MAX_CONFIG_DEPTH} levels."
    return Problem("VALIDATION_ERROR", message, block_id, "config")
