"""A whole studio in this process, without its clockwork: the permanent loops run when a test says so."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from app.db.tables import executions
from app.main import Server
from app.sdk import Json
from app.services.actors import Actor
from app.services.follow_up import FollowUp
from app.services.retention import RetentionLoop
from app.services.scheduler import Scheduler
from app.settings import Settings
from tests.support.graphs import edge


@dataclass
class Studio:
    server: Server
    actor: Actor
    scheduler: Scheduler
    follow_up: FollowUp
    retention: RetentionLoop

    async def new(self, *blocks: dict[str, Any], edges: Sequence[str] = (), settings: Json = None, deploy: bool = False) -> str:
        """A workflow with these blocks; its id."""
        services, graph = self.server.services, {"blocks": list(blocks), "edges": [edge(text) for text in edges]}
        workflow = (await services.workflows.create_from(self.actor, f"Workflow {uuid4().hex}", "", graph)).id
        if settings is not None:
            await services.workflow_settings.put(self.actor, workflow, settings)
        if deploy:
            await services.activation.deploy(self.actor, workflow)
        return workflow

    async def run(self, workflow: str, **variables: Json) -> str:
        """Run it to its end; the execution's id."""
        started = await self.server.services.executions.execute(self.actor, workflow, variables)
        await started.handle.ended
        return started.execution_id

    async def executions(self, workflow: str) -> Sequence[Any]:
        """The executions of a workflow as they are on disk, the oldest first."""
        query = sa.select(executions).where(executions.c.workflow_id == workflow).order_by(executions.c.created_at)
        async with self.server.database.read() as connection:
            return (await connection.execute(query)).all()

    async def change(self, table: sa.Table, *conditions: sa.ColumnElement[bool], **values: Any) -> None:
        """Make the past what a test needs."""
        async with self.server.database.write() as connection:
            await connection.execute(sa.update(table).where(*conditions).values(**values))


@asynccontextmanager
async def opened_studio(directory: Path, **settings: Any) -> AsyncIterator[Studio]:
    if settings.get("database_url"):
        actor = await _set_up(directory, **settings)
    else:
        template, actor = await _template()
        shutil.copytree(template, directory, dirs_exist_ok=True)
    server = Server(Settings(data=directory, **settings))
    server.journal.start()
    server.host.open(server.lending)
    scheduler, follow_up, retention, *_ = server.loops
    try:
        yield Studio(server, actor, scheduler, follow_up, retention)
    finally:
        await server.host.drain(1)
        await server.journal.close()
        await server.http.close()
        await server.models.close()
        server.sandbox.close()
        await server.database.close()


_templates: list[tuple[Path, Actor]] = []


async def _template() -> tuple[Path, Actor]:
    """A data directory with an owner and nothing else, made once: migrating and hashing take a third of a second."""
    if not _templates:
        directory = Path(mkdtemp(prefix="blockyard-studio-"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        _templates.append((directory, await _set_up(directory)))
    return _templates[0]


async def _set_up(directory: Path, **settings: Any) -> Actor:
    server = Server(Settings(data=directory, **settings))
    await server.database.migrate()
    session = await server.services.accounts.create_owner("a@example.com", "ada", "correct horse battery", "", "", "")
    await server.database.close()
    return session.actor
