"""The revisions of a flow, with what each changed, and going back to one (contract.md G13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.db import workflows as queries
from app.db.session import Database
from app.engine.graph import Graph, GraphBlock, dump_graph
from app.services.actors import Actor
from app.services.errors import ServiceError, not_found
from app.services.graphs import Graphs
from app.services.pages import Page, Paging
from app.services.workflow_rows import find_row, load_graph
from app.services.workflows import SavedGraph, Workflows

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class FlowRevision:
    revision: int
    created_at: datetime
    author: str
    message: str
    summary: str


class FlowRevisions:
    def __init__(self, database: Database, workflows: Workflows, graphs: Graphs) -> None:
        self._database = database
        self._workflows = workflows
        self._graphs = graphs

    async def list(self, actor: Actor, id_or_name: str, paging: Paging) -> Page[FlowRevision]:
        """The newest first, each with what it changed of the one before it on the same page."""
        try:
            page = await self._workflows.revisions(actor, id_or_name, paging)
        except ServiceError as error:
            raise not_found("flow", id_or_name) if error.status == 404 else error from None
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            graphs = [await load_graph(connection, self._graphs, row, found.revision) for found in page.items]
        before = [*graphs[1:], None] if graphs else []
        items = [
            FlowRevision(found.revision, found.created_at, found.author, found.message, difference(older, newer))
            for found, newer, older in zip(page.items, graphs, before, strict=True)
        ]
        return Page(items, page.total, page.page, page.size)

    async def restore(self, actor: Actor, id_or_name: str, revision: str) -> SavedGraph:
        """A new revision with the graph of an old one. Raises 404 when there is no such revision."""
        actor.demand("workflows.write")
        number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
        async with self._database.read() as connection:
            try:
                row = await find_row(connection, actor.workspace_id, id_or_name)
            except ServiceError:
                raise not_found("flow", id_or_name) from None
            if await queries.revision_graph(connection, row.id, number) is None:
                raise not_found("revision", revision)
            graph = await load_graph(connection, self._graphs, row, number)
        return await self._workflows.put_graph(actor, row.id, dump_graph(graph), row.revision, f"Restored revision {number}")


def difference(old: Graph | None, new: Graph) -> str:
    """What a revision changed, in words."""
    if old is None:
        return f"{len(new.blocks)} blocks, {len(new.edges)} edges"
    before, after = _by_id(old.blocks), _by_id(new.blocks)
    parts = [
        _named("added", after.keys() - before.keys()),
        _named("removed", before.keys() - after.keys()),
        _named("changed", [id for id in after.keys() & before.keys() if after[id] != before[id]]),
    ]
    lines = len({(edge.source, edge.source_handle, edge.target) for edge in old.edges} ^ {
        (edge.source, edge.source_handle, edge.target) for edge in new.edges
    })
    parts.append(f"{lines} edges differ" if lines else "")
    return "; ".join(part for part in parts if part) or "nothing changed"


def _by_id(blocks: Iterable[GraphBlock]) -> dict[str, GraphBlock]:
    return {block.id: block for block in blocks}


def _named(verb: str, ids: Iterable[str]) -> str:
    found = sorted(ids)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{verb} {', '.join(found[:MOST_NAMED])}{more}" if found else ""
