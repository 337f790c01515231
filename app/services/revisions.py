"""Writing revisions: the graph, what led to it, and the thinning of those that nobody will miss.

Every write makes a revision of its own number. Of the revisions that one author made in the editor within the same five
minutes only the last is kept, once they are a minute old and unless they are named, deployed or used by an execution. What
programs wrote as a whole, as YAML or as a graph, stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import operations as log_queries
from app.db import workflows as queries
from app.db.operations import BatchRow, RevisionMark
from app.db.workflows import WorkflowRow
from app.engine.graph import Graph, Problem
from app.engine.operations import OPERATIONS, Operation, applied, difference
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.credential_uses import refuse_unshared
from app.services.errors import ServiceError
from app.services.graphs import Graphs
from app.services.operation_words import Words
from app.services.refusals import graph_refused

MAX_GRAPH_BYTES = 8_000_000
LOG_LENGTH = 5_000
"""How many batches of a workflow are remembered."""
BURST = timedelta(minutes=5)
SETTLED = timedelta(minutes=1)
"""How old a revision must be to be thinned out; by then whoever has read its number has used it."""
BY_HAND = ("edit", "undo", "redo")
LOOKED_AT = 400
MOST_EXECUTIONS = 5_000
MOST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """What one write does, and for whom it can be undone."""

    operations: Sequence[Operation]
    inverses: Sequence[Sequence[Operation]]
    client_id: str = ""
    batch_id: str = ""
    kind: str = "replace"
    unit: str = ""
    """The undo step that it belongs to."""


@dataclass(frozen=True, slots=True)
class Content:
    """The operations of a logged batch and those that take it back, in the order in which they are done."""

    operations: list[Operation]
    inverse: list[Operation]


def replacing(before: Graph, after: Graph) -> Batch:
    """The batch that a write of the whole graph amounts to."""
    operations = difference(before, after)
    return Batch(operations, applied(before, operations)[1])


class RevisionWriter:
    """Writes revisions inside the transaction of a use case."""

    def __init__(self, graphs: Graphs, words: Words) -> None:
        self._graphs = graphs
        self._words = words

    async def first(self, connection: AsyncConnection, actor: Actor, row: WorkflowRow, graph: Graph) -> None:
        """The revision that a workflow begins with."""
        await self._write(connection, actor, row, graph, row.revision, "Created", datetime.now(UTC))

    async def next(
        self, connection: AsyncConnection, actor: Actor, row: WorkflowRow, before: Graph, after: Graph, batch: Batch, message: str
    ) -> int:
        """The revision after the newest, with its batch in the log; its number. Raises 400 for a graph that is too large."""
        now, revision = datetime.now(UTC), row.revision + 1
        await self._write(connection, actor, row, after, revision, message, now)
        await log_queries.insert(connection, self._logged(actor, row, before, batch, revision, now))
        await log_queries.forget_before(connection, row.id, revision - LOG_LENGTH)
        await self._thin_out(connection, row, now)
        return revision

    def _logged(self, actor: Actor, row: WorkflowRow, before: Graph, batch: Batch, revision: int, now: datetime) -> BatchRow:
        batch_id = batch.batch_id or str(uuid4())
        inverse = [operation for inverse in reversed(batch.inverses) for operation in inverse]
        content = {"operations": dumped(batch.operations), "inverse": dumped(inverse)}
        texts = list(dict.fromkeys(change.text for change in self._words.changes(before, batch.operations)))
        return BatchRow(
            row.id,
            revision,
            actor.workspace_id,
            actor.user_id,
            batch.client_id,
            batch_id,
            batch.kind,
            batch.unit or batch_id,
            self._graphs.seal(encode(content).decode(), row.id),
            encode(texts[:MOST_WORDS]),
            now,
        )

    async def _write(
        self,
        connection: AsyncConnection,
        actor: Actor,
        row: WorkflowRow,
        graph: Graph,
        revision: int,
        message: str,
        now: datetime,
    ) -> None:
        webhook_ids = self._graphs.webhook_ids(graph)
        taken = await queries.webhooks_elsewhere(connection, row.id, [webhook_id for webhook_id, _ in webhook_ids])
        if taken:
            blocks, drawn = dict(webhook_ids), {block.id: block for block in graph.blocks}
            places = [(blocks[one], self._graphs.address_field(drawn[blocks[one]])) for one in sorted(taken)]
            raise graph_refused([_taken(*place) for place in places])
        await refuse_unshared(connection, actor, row.id, graph, self._graphs)
        stored = self._graphs.store(graph, row.id)
        if len(stored) > MAX_GRAPH_BYTES:
            raise ServiceError("TOO_LARGE", f"A workflow may have {MAX_GRAPH_BYTES:,} bytes; this one has {len(stored):,}.", 400)
        await queries.insert_revision(connection, actor.workspace_id, row.id, revision, stored, actor.user_id, message[:500], now)
        await queries.update(
            connection,
            row.id,
            revision=revision,
            updated_at=now,
            block_count=sum(block.enabled for block in graph.blocks),
            trigger_count=self._graphs.trigger_count(graph),
        )
        await queries.set_webhooks(connection, actor.workspace_id, row.id, "draft", webhook_ids)

    async def _thin_out(self, connection: AsyncConnection, row: WorkflowRow, now: datetime) -> None:
        marks = await log_queries.newest_marks(connection, row.id, LOOKED_AT)
        candidates = within_bursts(marks, now)
        if not candidates:
            return
        used = await log_queries.run_since(connection, row.id, candidates[-1].created_at, MOST_EXECUTIONS)
        if used is None:
            return
        named = await log_queries.names(connection, row.id)
        kept = used | named.keys() | {row.deployed_revision}
        dropped = [mark.revision for mark in candidates if mark.revision not in kept]
        if dropped:
            await log_queries.drop_revisions(connection, row.id, dropped)

    def opened(self, row: BatchRow) -> Content:
        """What a logged batch did. Raises VaultError when it was sealed with another key."""
        content = decode_stored(self._graphs.unseal(row.content, row.workflow_id).encode())
        return Content(OPERATIONS.validate_python(content["operations"]), OPERATIONS.validate_python(content["inverse"]))


def within_bursts(marks: Sequence[RevisionMark], now: datetime) -> list[RevisionMark]:
    """Those of the revisions, the newest first, that their author followed up within the same five minutes."""
    return [
        mark
        for follower, mark in pairwise(marks)
        if mark.revision > 1
        and mark.kind in BY_HAND
        and now - mark.created_at > SETTLED
        and mark.author_id == follower.author_id
        and _burst(mark.created_at) == _burst(follower.created_at)
    ]


def _burst(moment: datetime) -> int:
    return int(moment.timestamp() // BURST.total_seconds())


def dumped(operations: Sequence[Operation]) -> list[Json]:
    """Operations as JSON; what was not given is left out."""
    dump: list[dict[str, Json]] = OPERATIONS.dump_python(list(operations), mode="json")
    return [{name: value for name, value in one.items() if _is_said(one, name)} for one in dump]


def _is_said(operation: dict[str, Json], name: str) -> bool:
    if operation["type"] in ("set_block", "set_annotation"):
        return operation[name] is not None
    return not (name == "remove" and not operation[name])


def _taken(block_id: str, field: str) -> Problem:
    message = f"The webhook id of block `{block_id}` belongs to another workflow."
    return Problem("WEBHOOK_ID_TAKEN", message, block_id, field)
