"""Accepting and rejecting what the copilot proposed: on top of the newest graph, as one step of the person, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5
from weakref import WeakValueDictionary

from app.db.copilot import SessionRow
from app.db.session import Database
from app.engine.graph import Graph
from app.engine.operations import Conflict, Operation
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.conversations import Conversations, KeptProposal
from app.services.copilot.proposals import CLOSED, ChangeState, Proposal, chosen, rebased
from app.services.copilot.standing import conflict_words
from app.services.errors import ServiceError, invalid
from app.services.graphs import Graphs
from app.services.operations import Operations
from app.services.revisions import dumped
from app.services.workflow_rows import find_row, load_graph

ATTEMPTS = 5
MESSAGE = "with copilot"


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal as it stands on the newest revision of its workflow."""

    kept: KeptProposal
    proposal: Proposal
    revision: int
    graph: Graph
    name: str

    def as_json(self) -> dict[str, Json]:
        row = self.kept.row
        about = {"id": row.id, "message_id": row.message_id, "base_revision": row.base_revision, "revision": self.revision}
        return {**about, "state": self.proposal.state, **self.proposal.as_json()}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting has done: one batch, which one undo takes back."""

    standing: Standing
    revision: int
    batch_id: str
    operations: list[Json]

    def as_json(self) -> dict[str, Json]:
        done = {"revision": self.revision, "batch_id": self.batch_id, "operations": self.operations}
        return {"proposal": self.standing.as_json(), **done}


class Decisions:
    def __init__(self, database: Database, conversations: Conversations, graphs: Graphs, operations: Operations) -> None:
        self._database = database
        self._conversations = conversations
        self._graphs = graphs
        self._operations = operations
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def look(self, actor: Actor, proposal_id: str) -> Standing:
        """How a proposal stands on the newest revision. Raises 404."""
        kept = await self._conversations.proposal(actor, proposal_id)
        return (await self.look_at_all(actor, kept.session, [kept]))[0]

    async def look_at_all(self, actor: Actor, session: SessionRow, every: Iterable[KeptProposal]) -> list[Standing]:
        """How the proposals of a conversation stand on the newest revision."""
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, session.workflow_id)
            newest = await load_graph(connection, self._graphs, row, row.revision)
        return [await self._standing(kept, row.revision, newest, row.name) for kept in every]

    async def _standing(self, kept: KeptProposal, revision: int, newest: Graph, name: str) -> Standing:
        proposal, before = kept.proposal, kept.row.base_revision
        if proposal.state == "open" and (revision, name) != (before, proposal.name):
            base = newest if revision == before else await self._conversations.state(kept.session, before)
            proposal = _all_stale(proposal) if base is None else rebased(proposal, base, newest, name)
        return Standing(kept, proposal, revision, newest, name)

    async def accept(self, actor: Actor, proposal_id: str, changes: Sequence[int] | None, client_id: str) -> Accepted:
        """Do some changes, or all that are open, as one step. Nothing is done unless all of them fit the newest graph.

        Raises 409 for a change that is stale, or decided already, and 400 when the graph could not be saved so.
        """
        actor.demand("workflows.draft")
        async with self._lock(proposal_id):
            for _ in range(ATTEMPTS):
                standing = await self.look(actor, proposal_id)
                wanted = _wanted(standing.proposal, changes)
                operations, later = _fitting(standing, wanted)
                batch_id = str(uuid5(NAMESPACE_URL, f"copilot:{proposal_id}:{sorted(wanted)}"))
                try:
                    revision = await self._submit(actor, standing, operations, batch_id, client_id)
                except ServiceError as error:
                    if error.code == "STALE_REVISION":
                        continue
                    raise
                proposal = replace(standing.proposal, later=later)
                proposal = proposal.with_states(dict.fromkeys(wanted, ("accepted", "")))
                await self._keep(actor, standing, proposal, revision)
                return Accepted(await self.look(actor, proposal_id), revision, batch_id, dumped(operations))
        raise ServiceError("CHANGING", "Others are changing this workflow just now. Try again.", 409)

    async def _submit(
        self, actor: Actor, standing: Standing, operations: Sequence[Operation], batch_id: str, client_id: str
    ) -> int:
        """The revision that the operations have led to; the newest when there is nothing left to do."""
        if not operations:
            return standing.revision
        batch = {
            "base_revision": standing.revision,
            "client_id": client_id or "copilot",
            "batch_id": batch_id,
            "unit": batch_id,
            "operations": dumped(operations),
            "message": f"{MESSAGE}: {standing.proposal.summary}".rstrip(": ")[:500],
        }
        return (await self._operations.submit(actor, standing.kept.session.workflow_id, batch)).revision

    async def _keep(self, actor: Actor, standing: Standing, proposal: Proposal, revision: int) -> None:
        """What is left of the proposal is made for the new state from now on, without what others did in between."""
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, standing.kept.session.workflow_id)
            graph = await load_graph(connection, self._graphs, row, revision)
        await self._conversations.change_proposal(standing.kept, replace(proposal, name=row.name), revision, graph)

    async def reject(self, actor: Actor, proposal_id: str, changes: Sequence[int] | None) -> Standing:
        """Turn some changes down, or all that are open. Raises 409 for one that is decided already."""
        async with self._lock(proposal_id):
            standing = await self.look(actor, proposal_id)
            wanted = _wanted(standing.proposal, changes, or_stale=True)
            states: dict[int, tuple[ChangeState, str]] = dict.fromkeys(wanted, ("rejected", ""))
            rejected = standing.kept.proposal.with_states(states)
            await self._conversations.change_proposal(standing.kept, rejected)
            return await self.look(actor, proposal_id)

    def _lock(self, proposal_id: str) -> asyncio.Lock:
        lock = self._locks.get(proposal_id)
        if lock is None:
            lock = self._locks[proposal_id] = asyncio.Lock()
        return lock


def _wanted(proposal: Proposal, changes: Sequence[int] | None, *, or_stale: bool = False) -> list[int]:
    """The changes that are meant. Raises 400 for one that is not there, 409 for one that cannot be decided so."""
    known = {change.id: change for change in proposal.changes}
    if changes is None:
        changes = [change.id for change in proposal.changes if change.state not in CLOSED]
    for number in changes:
        if number not in known:
            raise invalid(f"`changes`: there is no change {number}.", [{"field": "changes", "message": "names no change"}])
        found = known[number]
        if found.state in CLOSED:
            raise ServiceError("DECIDED", f"This is {found.state} already: {found.text}", 409)
        if found.state == "stale" and not or_stale:
            raise ServiceError("PROPOSAL_STALE", f"{found.text}: this does not fit any more, because {found.reason}.", 409)
    if not changes:
        raise ServiceError("DECIDED", "Everything in this proposal is decided already.", 409)
    return list(dict.fromkeys(changes))


def _fitting(standing: Standing, wanted: Sequence[int]) -> tuple[list[Operation], tuple[int, ...]]:
    try:
        return chosen(standing.proposal, standing.graph, wanted)
    except Conflict as conflict:
        message = f"This does not fit any more, because {conflict_words(conflict)}."
        raise ServiceError("PROPOSAL_STALE", message, 409) from None


def _all_stale(proposal: Proposal) -> Proposal:
    reason = "the workflow has changed, and its earlier state is not known any more"
    open_changes = [change.id for change in proposal.changes if change.state not in CLOSED]
    return proposal.with_states(dict.fromkeys(open_changes, ("stale", reason)))
