"""Workflows: what people draw, name, copy, deploy and arm. Every graph write makes a revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from app.db import executions as execution_queries
from app.db import schedules as schedule_queries
from app.db import workflows as queries
from app.db.session import Database
from app.db.workflows import ListedWorkflow, WorkflowRow
from app.engine.graph import Graph, Problem
from app.engine.values import decode, encode
from app.hosts.bus import EventBus
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.services.graphs import Graphs
from app.services.pages import Page, Paging
from app.services.refusals import (
    MAX_NAME,
    checked_description,
    checked_name,
    graph_refused,
)
from app.services.revisions import RevisionWriter, replacing
from app.services.workflow_rows import announce, armed_window, find_row, load_graph, tell_of_graph
from app.services.workflow_settings import WorkflowSettings, settings_of, store_settings


@dataclass(frozen=True, slots=True)
class WorkflowSummary:
    id: str
    name: str
    description: str
    state: str
    enabled: bool
    armed_until: datetime | None
    revision: int
    node_count: int
    trigger_count: int
    created_at: datetime
    updated_at: datetime
    last_status: str | None
    last_started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow with its newest graph. Secrets are masked for those below editor."""

    id: str
    name: str
    description: str
    state: str
    enabled: bool
    armed_until: datetime | None
    revision: int
    deployed_revision: int | None
    created_at: datetime
    updated_at: datetime
    graph: Graph
    problems: Sequence[Problem]
    last_execution_id: str | None = None
    sample: Json = None
    """What a caller might send, for trying it out."""
    settings: WorkflowSettings = WorkflowSettings()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class SavedGraph:
    blocks: int
    edges: int
    revision: int
    problems: Sequence[Problem]


class Workflows:
    def __init__(self, database: Database, graphs: Graphs, bus: EventBus, writer: RevisionWriter) -> None:
        self._database = database
        self._graphs = graphs
        self._bus = bus
        self._writer = writer

    async def list(self, actor: Actor, paging: Paging, *, group_id: str = "", tag: str = "") -> Page[WorkflowSummary]:
        """One page of the workflows, of all or of those in a group or with a tag."""
        actor.require("viewer")
        asked = paging.checked("updated_at", "created_at", "name")
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection,
                actor.workspace_id,
                asked.q,
                asked.sort,
                asked.order,
                asked.page * asked.size,
                asked.size,
                group_id=group_id,
                tag=tag,
            )
        return Page([_summary(listed) for listed in rows], total, asked.page, asked.size)

    async def create(
        self,
        actor: Actor,
        name: str,
        description: str = "",
        graph: Graph = Graph(),  # noqa: B008 - frozen
        sample: Json = None,
        settings: WorkflowSettings = WorkflowSettings(),  # noqa: B008 - frozen
    ) -> Workflow:
        """A new workflow; without a graph it is empty. Raises 409 when the name is taken."""
        actor.require("editor")
        now = datetime.now(UTC)
        row = WorkflowRow(
            id=str(uuid4()),
            workspace_id=actor.workspace_id,
            name=checked_name(name),
            description=checked_description(description),
            state="internal",
            enabled=True,
            armed_until=None,
            revision=1,
            deployed_revision=None,
            block_count=0,
            trigger_count=0,
            created_by=actor.user_id,
            created_at=now,
            updated_at=now,
            settings=store_settings(settings),
        )
        async with self._database.write() as connection:
            try:
                await queries.insert(connection, row)
            except IntegrityError:
                raise ServiceError("NAME_TAKEN", f"There is already a workflow named `{row.name}`.", 409) from None
            await self._writer.first(connection, actor, row, graph)
            if sample is not None:
                await queries.update(connection, row.id, sample=encode(sample))
        return await self.get(actor, row.id)

    async def create_from(self, actor: Actor, name: str, description: str, raw: Json) -> Workflow:
        """A new workflow with the graph in `{blocks, edges}`, or empty for None. Raises 400 with every problem."""
        if raw is None:
            return await self.create(actor, name, description)
        graph, problems = self._graphs.parse(raw)
        if problems:
            raise graph_refused(problems)
        return await self.create(actor, name, description, graph)

    async def free_name(self, actor: Actor, wanted: str) -> str:
        """`wanted`, or with the first number behind it that makes it free."""
        async with self._database.read() as connection:
            for number in range(1, 1_000):
                name = wanted if number == 1 else f"{wanted} {number}"
                if await queries.find(connection, actor.workspace_id, name=name) is None:
                    return name
        raise ServiceError("NAME_TAKEN", f"There are too many workflows named `{wanted}`.", 409)

    async def get(self, actor: Actor, id_or_name: str) -> Workflow:
        actor.require("viewer")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            graph = await load_graph(connection, self._graphs, row, row.revision)
            last = await execution_queries.newest(connection, row.id)
            sample = await queries.sample(connection, row.id)
        problems = self._graphs.readiness(graph)
        shown = graph if actor.allows("workflows.draft") else self._graphs.masked(graph)
        return Workflow(
            row.id,
            row.name,
            row.description,
            row.state,
            row.enabled,
            armed_window(row),
            row.revision,
            row.deployed_revision,
            row.created_at,
            row.updated_at,
            shown,
            problems,
            last,
            None if sample is None else decode(sample),
            settings_of(row),
        )

    async def duplicate(self, actor: Actor, id_or_name: str) -> Workflow:
        """A copy with webhook ids and secrets of its own, not deployed."""
        actor.require("editor")
        original = await self.get(actor, id_or_name)
        name = await self.free_name(actor, f"{original.name[: MAX_NAME - 12]} copy")
        graph = self._graphs.minted(original.graph)
        return await self.create(actor, name, original.description, graph, original.sample, original.settings)

    async def update(
        self,
        actor: Actor,
        id_or_name: str,
        *,
        name: str | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Workflow:
        """Change what stands beside the graph; None leaves a thing as it is."""
        actor.require("editor")
        values: dict[str, Json] = {"updated_at": datetime.now(UTC)}
        values |= {} if name is None else {"name": checked_name(name)}
        values |= {} if description is None else {"description": checked_description(description)}
        values |= {} if enabled is None else {"enabled": enabled}
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            try:
                await queries.update(connection, row.id, **values)
            except IntegrityError:
                raise ServiceError("NAME_TAKEN", f"There is already a workflow named `{name}`.", 409) from None
        await announce(self._database, self._bus, actor, row.id)
        return await self.get(actor, row.id)

    async def delete(self, actor: Actor, id_or_name: str) -> None:
        """Take a workflow away. Its executions stay on record; those that run go on with their revision."""
        actor.require("editor")
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            await queries.update(connection, row.id, deleted_at=now, state="internal", armed_until=None, enabled=False)
            for source in ("draft", "deployed"):
                await queries.set_webhooks(connection, actor.workspace_id, row.id, source, [])
            await schedule_queries.replace_all(connection, row.id, [])

    async def put_graph(self, actor: Actor, id_or_name: str, raw: Json, if_match: int | None, message: str = "") -> SavedGraph:
        """Replace the whole graph (contract.md G24); notes and frames stay where none are given, not even an empty list.

        Raises 400 with every problem, 412 when `if_match` is stale.
        """
        actor.require("editor")
        graph, problems = self._graphs.parse(raw)
        if problems:
            raise graph_refused(problems)
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name, lock=True)
            if if_match is not None and if_match != row.revision:
                message = f"The workflow is at revision {row.revision}, not {if_match}: somebody has changed it since."
                raise ServiceError("STALE_REVISION", message, 412, data={"revision": row.revision})
            before = await load_graph(connection, self._graphs, row, row.revision)
            if "annotations" not in raw:
                graph = replace(graph, annotations=before.annotations)
            revision = await self._writer.next(connection, actor, row, before, graph, replacing(before, graph), message)
        tell_of_graph(self._bus, row.id, revision)
        await announce(self._database, self._bus, actor, row.id)
        return SavedGraph(len(graph.blocks), len(graph.edges), revision, self._graphs.readiness(graph))


def _summary(listed: ListedWorkflow) -> WorkflowSummary:
    row = listed.row
    return WorkflowSummary(
        row.id,
        row.name,
        row.description,
        row.state,
        row.enabled,
        armed_window(row),
        row.revision,
        row.block_count,
        row.trigger_count,
        row.created_at,
        row.updated_at,
        listed.last_status,
        listed.last_started_at,
    )
