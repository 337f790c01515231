"""Whether a graph names only credentials that it may use, asked whenever a revision is written."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import credentials as queries
from app.engine.graph import Graph
from app.services.actors import Actor
from app.services.credential_access import withheld_names
from app.services.credential_store import access_of
from app.services.graphs import Graphs
from app.services.refusals import graph_refused


async def refuse_unshared(connection: AsyncConnection, actor: Actor, workflow_id: str, graph: Graph, graphs: Graphs) -> None:
    """Raises 400 naming every place with a credential that is shared neither with this workflow nor with this person."""
    rows = await queries.restricted(connection, actor.workspace_id)
    if not rows:
        return
    shares = await queries.shares(connection, actor.workspace_id)
    withheld = withheld_names({row.name: access_of(row, shares) for row in rows}, workflow_id, actor.user_id)
    problems = graphs.uses_of(graph, withheld)
    if problems:
        raise graph_refused(problems)
