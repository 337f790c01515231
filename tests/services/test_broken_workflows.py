"""Executions that were accepted, and whose workflow cannot be run any more when they go on: they fail, and say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import credentials, revisions
from app.sdk import Json
from app.services.lending import Programs
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

WAITING = (block("start", "starter"), block("wait", "flow.wait_event", {"event": "go"}), block("then", "flow.noop"))
EDGES = ("start>wait", "wait>then")


async def parked(studio: Studio, *blocks: dict[str, Any]) -> str:
    """A workflow with an execution that waits for the event `go`."""
    workflow = await studio.new(*blocks, edges=EDGES)
    await studio.server.services.executions.execute(studio.actor, workflow, {}, durably=True)

    async def waits() -> bool | None:
        return True if [one.status for one in await studio.executions(workflow)] == ["waiting"] else None

    await until(waits)
    return workflow


async def change_graph(studio: Studio, workflow: str, changed: Callable[[bytes], bytes]) -> None:
    """What is stored changes, and nothing of it is remembered: as in an upgrade."""
    here = revisions.c.workflow_id == workflow
    async with studio.server.database.read() as connection:
        graph = (await connection.execute(sa.select(revisions.c.graph).where(here))).scalar_one()
    await studio.change(revisions, here, graph=changed(graph))
    programs: Programs = studio.server.lending.programs
    programs._cache.clear()


async def go_on(studio: Studio, workflow: str) -> Json:
    """How the execution ends once its event has come."""
    await studio.server.services.events.send(studio.actor, "go", {})

    async def ended() -> str | None:
        (found,) = await studio.executions(workflow)
        return str(found.id) if found.finished_at else None

    execution = await until(ended)
    found = await studio.server.journal.ended(execution)
    assert found is not None
    assert found.status == "failed"
    return found.error


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"flow.noop"', b'"flow.gone"', "Unknown block type `flow.gone`"),
        (b'{"graph"', b'{"g', "what is stored of it is damaged"),
    ],
    ids=["a block type is gone", "damaged"],
)
async def test_a_revision_that_cannot_run_any_more(studio: Studio, old: bytes, new: bytes, reason: str) -> None:
    workflow = await parked(studio, *WAITING)
    await change_graph(studio, workflow, lambda graph: graph.replace(old, new))
    error = await go_on(studio, workflow)
    assert error["code"] == "NOT_STARTED"
    assert f"revision 1 of this workflow cannot run any more: {reason}" in error["message"]


async def test_a_secret_that_cannot_be_opened_any_more(studio: Studio) -> None:
    await studio.server.services.credentials.create(studio.actor, "SHOP", "value", {"value": "sesame-open"})
    call = block("then", "general_api", {"url": "http://127.0.0.1:9/${SHOP}"})
    workflow = await parked(studio, *WAITING[:2], call)
    await studio.change(credentials, credentials.c.name == "SHOP", data=bytes(60))
    error = await go_on(studio, workflow)
    assert (error["code"], "sesame" in error["message"]) == ("NOT_STARTED", False)
    assert "a credential of this workspace cannot be used" in error["message"]
