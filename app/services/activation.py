"""Deploying and arming: when a workflow's webhooks take calls (contract.md A206-A226, G27)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import schedules as schedule_queries
from app.db import workflows as queries
from app.db.schedules import ScheduleRow
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.graph import Graph
from app.hosts.bus import EventBus
from app.services.actors import Actor
from app.services.graphs import Graphs
from app.services.refusals import refuse_unready
from app.services.schedule_times import jittered, next_run, schedule_of
from app.services.workflow_rows import announce, find_row, load_graph

ARMED_FOR = timedelta(minutes=10)


class Activation:
    def __init__(self, database: Database, graphs: Graphs, bus: EventBus) -> None:
        self._database = database
        self._graphs = graphs
        self._bus = bus

    async def deploy(self, actor: Actor, id_or_name: str) -> None:
        """Let the newest revision take webhook calls until it is undeployed."""
        actor.require("editor")
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            graph = await self._ready_graph(connection, row)
            await queries.update(connection, row.id, state="deployed", deployed_revision=row.revision)
            await queries.set_webhooks(connection, actor.workspace_id, row.id, "deployed", self._graphs.webhook_ids(graph))
            await self._set_schedules(connection, row, graph)
        await announce(self._database, self._bus, actor, row.id)

    async def undeploy(self, actor: Actor, id_or_name: str) -> None:
        """Take no more calls: neither deployed nor armed (contract.md G27)."""
        actor.require("editor")
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            await queries.update(connection, row.id, state="internal", deployed_revision=None, armed_until=None)
            await queries.set_webhooks(connection, actor.workspace_id, row.id, "deployed", [])
            await schedule_queries.replace_all(connection, row.id, [])
        await announce(self._database, self._bus, actor, row.id)

    async def arm(self, actor: Actor, id_or_name: str) -> datetime:
        """Let exactly one webhook call pass within ten minutes; returns the end of the window."""
        actor.require("editor")
        until = datetime.now(UTC) + ARMED_FOR
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            await self._ready_graph(connection, row)
            await queries.update(connection, row.id, armed_until=until)
        await announce(self._database, self._bus, actor, row.id)
        return until

    async def _set_schedules(self, connection: AsyncConnection, row: WorkflowRow, graph: Graph) -> None:
        now = datetime.now(UTC)
        found = [(block.id, schedule) for block in graph.blocks if (schedule := schedule_of(block)) is not None]
        planned = [(block_id, schedule, next_run(schedule, now, now)) for block_id, schedule in found]
        rows = [
            ScheduleRow(row.id, block_id, row.workspace_id, row.revision, now, moment, jittered(schedule, moment), 0)
            for block_id, schedule, moment in planned
        ]
        await schedule_queries.replace_all(connection, row.id, rows)

    async def _ready_graph(self, connection: AsyncConnection, row: WorkflowRow) -> Graph:
        """The newest graph. Raises 400 when it cannot run as it is."""
        graph = await load_graph(connection, self._graphs, row, row.revision)
        refuse_unready(self._graphs.readiness(graph))
        return graph
