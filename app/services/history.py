"""The history of a workflow: its revisions, what is not deployed yet, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import operations as log_queries
from app.db import workflows as queries
from app.db.session import Database
from app.db.workflows import RevisionRow, WorkflowRow
from app.engine.graph import Graph
from app.engine.operations import Operation, applied, difference
from app.engine.values import decode_stored
from app.hosts.bus import EventBus
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import invalid, not_found
from app.services.graphs import Graphs
from app.services.operation_words import Words
from app.services.pages import Page, Paging
from app.services.refusals import graph_refused
from app.services.revisions import RevisionWriter, dumped, replacing
from app.services.texts import is_line
from app.services.workflow_rows import announce, find_row, load_graph, tell_of_graph

MOST_WORDS = 6
MOST_BATCHES = 1_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved state in a list; `words` tell what led to it since the state before it in the list."""

    revision: int
    author: str
    message: str
    created_at: datetime
    name: str
    words: Sequence[str]
    is_deployed: bool


@dataclass(frozen=True, slots=True)
class RevisionDetail:
    """One saved state with its graph, in which secrets are masked for those below editor."""

    revision: Revision
    graph: Graph


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that has changed, and the operations that take it back."""

    text: str
    block_id: str | None
    revert: list[Json]


class History:
    def __init__(self, database: Database, graphs: Graphs, bus: EventBus, writer: RevisionWriter, words: Words) -> None:
        self._database = database
        self._graphs = graphs
        self._bus = bus
        self._writer = writer
        self._words = words

    async def revisions(self, actor: Actor, id_or_name: str, paging: Paging) -> Page[Revision]:
        """Every state that is kept, the newest first."""
        actor.demand("workflows.read")
        asked = paging.checked("revision")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            found = await queries.list_revisions(connection, row.id, asked.page * asked.size, asked.size + 1)
            total = await log_queries.count_revisions(connection, row.id)
            listed = await self._listed(connection, row, found)
        return Page(listed[: asked.size], total, asked.page, asked.size)

    async def revision(self, actor: Actor, id_or_name: str, revision: int) -> RevisionDetail:
        """Raises 404 for a state that is not kept."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            graph = await self._graph(connection, row, revision)
            before = await log_queries.revision_before(connection, row.id, revision)
            found = await queries.find_revisions(connection, row.id, [one for one in (revision, before) if one is not None])
            listed = await self._listed(connection, row, found)
        return RevisionDetail(listed[0], graph if actor.allows("workflows.draft") else self._graphs.masked(graph))

    async def name(self, actor: Actor, id_or_name: str, revision: int, name: str) -> None:
        """Name a state, which keeps it for good; an empty name takes that back."""
        actor.demand("workflows.draft")
        name = name.strip()
        if len(name) > MAX_NAME or not is_line(name):
            message = f"A name may have {MAX_NAME} printable characters."
            raise invalid(message, [{"field": "name", "message": "Choose another name."}])
        async with self._database.write(counts=False) as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            await self._graph(connection, row, revision)
            now = datetime.now(UTC)
            await log_queries.set_name(connection, actor.workspace_id, row.id, revision, name, actor.user_id, now)

    async def restore(self, actor: Actor, id_or_name: str, revision: int) -> int:
        """Make an earlier state the newest one; the number of the new revision. Raises 400 when it does not fit any more."""
        actor.demand("workflows.draft")
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name, lock=True)
            before = await load_graph(connection, self._graphs, row, row.revision)
            graph = await self._graph(connection, row, revision)
            problems = self._graphs.check(graph)
            if problems:
                raise graph_refused(problems)
            batch, message = replacing(before, graph), f"Restored revision {revision}"
            new = await self._writer.next(connection, actor, row, before, graph, batch, message)
        tell_of_graph(self._bus, row.id, new, actor.username)
        await announce(self._database, self._bus, actor, row.id)
        return new

    async def undeployed(self, actor: Actor, id_or_name: str) -> list[Difference]:
        """What has changed since the deployed revision; nothing when none is deployed."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            if row.deployed_revision is None or row.deployed_revision == row.revision:
                return []
            deployed = await load_graph(connection, self._graphs, row, row.deployed_revision)
            newest = await load_graph(connection, self._graphs, row, row.revision)
        operations = difference(deployed, newest)
        _, inverses = applied(deployed, operations)
        may = actor.allows("workflows.draft")
        return [
            Difference(change.text, change.block_id, dumped(_taking_back(change.operations, inverses)) if may else [])
            for change in self._words.changes(deployed, operations)
        ]

    async def _graph(self, connection: AsyncConnection, row: WorkflowRow, revision: int) -> Graph:
        if await queries.revision_graph(connection, row.id, revision) is None:
            raise not_found("revision", str(revision))
        return await load_graph(connection, self._graphs, row, revision)

    async def _listed(self, connection: AsyncConnection, row: WorkflowRow, found: Sequence[RevisionRow]) -> list[Revision]:
        """The rows as a list shows them. The last one only tells where the words of the one before it begin."""
        if not found:
            return []
        names = await log_queries.names(connection, row.id)
        until, after = found[0].revision, found[-1].revision if len(found) > 1 else 0
        spoken = await log_queries.words_between(connection, row.id, after, until, MOST_BATCHES)
        earlier = [one.revision for one in found[1:]] + [0]
        return [
            Revision(
                one.revision,
                one.author,
                one.message,
                one.created_at,
                names.get(one.revision, ""),
                _short([words for number, words in spoken if before < number <= one.revision]),
                one.revision == row.deployed_revision,
            )
            for one, before in zip(found, earlier, strict=True)
        ]


def _short(spoken: Sequence[bytes]) -> list[str]:
    """Each thing once, in the order in which it was done."""
    texts = list(dict.fromkeys(text for words in reversed(spoken) for text in decode_stored(words)))
    more = len(texts) - MOST_WORDS
    return texts if more <= 1 else [*texts[:MOST_WORDS], f"and {more} more changes"]


def _taking_back(indexes: Sequence[int], inverses: Sequence[Sequence[Operation]]) -> list[Operation]:
    """Blocks come back before the edges that lead to them."""
    return [operation for index in reversed(indexes) for operation in inverses[index]]
