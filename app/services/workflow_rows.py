"""Workflow rows and their graphs, as several services need them, and the news about them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import workflows as queries
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.graph import Graph
from app.engine.messages import Message, iso
from app.hosts.bus import EventBus
from app.services.actors import Actor
from app.services.errors import ServiceError, not_found
from app.services.graphs import Graphs
from app.services.refusals import is_uuid


async def find_row(connection: AsyncConnection, workspace_id: str, id_or_name: str, *, lock: bool = False) -> WorkflowRow:
    """A UUID is an id, anything else a name (contract.md C5); `lock` is for who writes its next revision. Raises 404."""
    by_id = is_uuid(id_or_name)
    row = await queries.find(
        connection, workspace_id, id=id_or_name.lower() if by_id else None, name=None if by_id else id_or_name, lock=lock
    )
    if row is None:
        raise not_found("workflow", id_or_name)
    return row


def check_enabled(row: WorkflowRow) -> None:
    """Raises 409 for a workflow that is switched off."""
    if not row.enabled:
        raise ServiceError("WORKFLOW_DISABLED", f"Workflow `{row.name}` is switched off.", 409)


async def load_graph(connection: AsyncConnection, graphs: Graphs, row: WorkflowRow, revision: int) -> Graph:
    """The graph of one revision, secrets included."""
    stored = await queries.revision_graph(connection, row.id, revision)
    return Graph() if stored is None else graphs.restore(stored, row.id)


async def rename(connection: AsyncConnection, workflow_id: str, name: str) -> None:
    """Raises 409 when another workflow of the workspace has the name."""
    try:
        await queries.update(connection, workflow_id, name=name)
    except IntegrityError:
        raise ServiceError("NAME_TAKEN", f"There is already a workflow named `{name}`.", 409) from None


def armed_window(row: WorkflowRow) -> datetime | None:
    """The end of the armed window while it is open."""
    return row.armed_until if row.armed_until and row.armed_until > datetime.now(UTC) else None


async def announce(database: Database, bus: EventBus, actor: Actor, workflow_id: str) -> None:
    """Tell whoever watches a workflow what it is like now."""
    if bus.watched(f"workflow:{workflow_id}"):
        async with database.read() as connection:
            row = await queries.find(connection, actor.workspace_id, id=workflow_id)
        if row is not None:
            bus.publish(f"workflow:{workflow_id}", changed(row))


def tell_of_graph(bus: EventBus, workflow_id: str, revision: int, author: str = "", batch_id: str = "") -> None:
    """Tell whoever watches a workflow that there is a newer graph; what has changed they ask for, as far as they may."""
    data = {"revision": revision, "author": author, "batch_id": batch_id}
    bus.publish(f"workflow:{workflow_id}", Message("graph.changed", data))


def changed(row: WorkflowRow) -> Message:
    window = armed_window(row)
    until = iso(window) if window else None
    data = {"name": row.name, "revision": row.revision, "state": row.state, "enabled": row.enabled, "armed_until": until}
    return Message("workflow_changed", data)
