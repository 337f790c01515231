"""Conversations of one person about one workflow: kept sealed, with the state of the graph at each message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.vault import Vault, VaultError
from app.db import copilot as queries
from app.db.copilot import MessageRow, ProposalRow, SessionRow, SnapshotRow
from app.db.session import Database
from app.engine.graph import Graph, dump_graph, parse_graph
from app.engine.values import decode, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.proposals import Proposal, read_proposal
from app.services.errors import ServiceError, invalid, not_found
from app.services.graphs import Graphs
from app.services.loops import PermanentLoop
from app.services.workflow_rows import find_row, load_graph

LONGEST_MESSAGE = 8_000
LONGEST_TITLE = 120
MOST_MESSAGES = 200
MOST_SESSIONS = 30
"""Of one person about one workflow; the oldest go."""
KEPT = timedelta(days=90)
"""A conversation that nobody has touched for so long is forgotten, and so is what a day has cost."""
LARGEST_SNAPSHOT = 2_000_000
LOOK_SECONDS = 3_600.0
BATCH = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One message. Of answers, `content` holds `text`, `tools`, `question`, `usage`, `error` and `proposal_id`."""

    id: str
    role: str
    state: str
    revision: int
    content: dict[str, Json]
    created_at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class KeptProposal:
    row: ProposalRow
    session: SessionRow
    proposal: Proposal


class Conversations:
    """Reads and writes conversations. What cannot be opened with today's master key is shown as empty."""

    def __init__(self, database: Database, vault: Vault, graphs: Graphs) -> None:
        self._database = database
        self._vault = vault
        self._graphs = graphs
        self._loop = PermanentLoop("copilot-retention", lambda: self.forget_old(datetime.now(UTC)), LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def forget_old(self, now: datetime) -> int:
        """Delete what is too old; how many conversations that were."""
        deleted = 0
        async with self._database.write(counts=False) as connection:
            await queries.forget_usage_before(connection, (now - KEPT).date().isoformat())
        while True:
            async with self._database.write(counts=False) as connection:
                found = await queries.untouched_since(connection, now - KEPT, BATCH)
                await queries.delete_sessions(connection, found)
            deleted += len(found)
            if len(found) < BATCH:
                return deleted

    # -- conversations -----------------------------------------------------------------------------------------------

    async def begin(self, actor: Actor, workflow: str) -> SessionRow:
        """A new conversation about a workflow. Raises 404."""
        actor.demand("copilot.ask")
        now = datetime.now(UTC)
        async with self._database.write(counts=False) as connection:
            row = await find_row(connection, actor.workspace_id, workflow)
            made = SessionRow(str(uuid4()), actor.workspace_id, row.id, actor.user_id, None, now, now)
            await queries.insert(connection, made)
            await queries.delete_sessions(connection, await queries.beyond(connection, row.id, actor.user_id, MOST_SESSIONS))
        return made

    async def of_workflow(self, actor: Actor, workflow: str) -> Sequence[SessionRow]:
        """One's own conversations about a workflow, the newest first."""
        actor.demand("copilot.ask")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, workflow)
            return await queries.sessions(connection, row.id, actor.user_id, MOST_SESSIONS)

    async def get(self, actor: Actor, session_id: str) -> SessionRow:
        """One's own conversation. Raises 404 for everybody else's."""
        actor.demand("copilot.ask")
        async with self._database.read() as connection:
            return await self._own(connection, actor, session_id)

    async def delete(self, actor: Actor, session_id: str) -> None:
        actor.demand("copilot.ask")
        async with self._database.write(counts=False) as connection:
            found = await self._own(connection, actor, session_id)
            await queries.delete_sessions(connection, [found.id])

    async def _own(self, connection: AsyncConnection, actor: Actor, session_id: str) -> SessionRow:
        found = await queries.session(connection, actor.workspace_id, actor.user_id, session_id)
        if found is None:
            raise not_found("conversation", session_id)
        return found

    def title(self, session: SessionRow) -> str:
        """What a conversation is called: how it began."""
        try:
            return "" if session.sealed_title is None else self._vault.unseal(session.sealed_title, session.id)
        except VaultError:
            return ""

    # -- what is said ------------------------------------------------------------------------------------------------

    async def said(self, session: SessionRow) -> list[Said]:
        """All messages, in their order."""
        async with self._database.read() as connection:
            rows = await queries.messages(connection, session.id)
        return [self._said(row) for row in rows]

    async def message(self, actor: Actor, message_id: str) -> tuple[Said, SessionRow]:
        """A message of one's own conversation, with that. Raises 404."""
        actor.demand("copilot.ask")
        async with self._database.read() as connection:
            row = await queries.message(connection, actor.workspace_id, actor.user_id, message_id)
            if row is None:
                raise not_found("message", message_id)
            return self._said(row), await self._own(connection, actor, row.session_id)

    def _said(self, row: MessageRow) -> Said:
        content = self._opened(row.sealed_content, row.id)
        return Said(row.id, row.role, row.state, row.revision, content, row.created_at, row.place)

    def _opened(self, sealed: bytes, owner: str) -> dict[str, Json]:
        try:
            opened: dict[str, Json] = decode(self._vault.unseal(sealed, owner))
        except VaultError:
            return {"text": "", "error": "This message was sealed with another key."}
        return opened

    async def ask(self, actor: Actor, session: SessionRow, content: dict[str, Json], instead_of: int | None = None) -> Said:
        """Keep a question, and an empty answer to it which is returned. `instead_of`: the place of what is taken back."""
        checked_text(content["text"])
        now = datetime.now(UTC)
        async with self._database.write(counts=False) as connection:
            if instead_of is not None:
                await queries.forget_from(connection, session.id, instead_of)
            row = await find_row(connection, actor.workspace_id, session.workflow_id)
            places = [one.place for one in await queries.messages(connection, session.id)]
            place = max(places, default=-1) + 1
            if place >= MOST_MESSAGES:
                message = f"A conversation may have {MOST_MESSAGES} messages. Begin a new one."
                raise ServiceError("CONVERSATION_FULL", message, 409)
            graph = await load_graph(connection, self._graphs, row, row.revision)
            await self._keep_state(connection, session, row.revision, graph)
            question = self._row(session, place, "user", "done", row.revision, content, now)
            answer = self._row(session, place + 1, "assistant", "running", row.revision, {"text": "", "tools": []}, now)
            await queries.insert(connection, question)
            await queries.insert(connection, answer)
            title = session.sealed_title or self._vault.seal(" ".join(str(content["text"]).split())[:LONGEST_TITLE], session.id)
            await queries.change_session(connection, session.id, updated_at=now, sealed_title=title)
        return self._said(answer)

    def _row(
        self, session: SessionRow, place: int, role: str, state: str, revision: int, content: dict[str, Json], now: datetime
    ) -> MessageRow:
        message_id = str(uuid4())
        sealed = self._vault.seal(encode(content).decode(), message_id)
        return MessageRow(message_id, session.workspace_id, session.id, place, role, state, revision, sealed, now)

    async def finish(self, answer: Said, session: SessionRow, state: str, content: dict[str, Json]) -> bool:
        """Keep how an answer has ended. False when the conversation is gone meanwhile."""
        sealed = self._vault.seal(encode(content).decode(), answer.id)
        async with self._database.write(counts=False) as connection:
            if await queries.message(connection, session.workspace_id, session.user_id, answer.id) is None:
                return False
            await queries.change_message(connection, answer.id, state=state, sealed_content=sealed)
            await queries.change_session(connection, session.id, updated_at=datetime.now(UTC))
        return True

    # -- states of the graph -----------------------------------------------------------------------------------------

    async def _keep_state(self, connection: AsyncConnection, session: SessionRow, revision: int, graph: Graph) -> None:
        """Remember what the graph was like; a very large one is not kept."""
        if await queries.snapshot(connection, session.id, revision) is not None:
            return
        content = encode(dump_graph(graph)).decode()
        if len(content) <= LARGEST_SNAPSHOT:
            snapshot_id = str(uuid4())
            sealed = self._vault.seal(content, snapshot_id)
            await queries.insert(connection, SnapshotRow(snapshot_id, session.workspace_id, session.id, revision, sealed))

    async def state(self, session: SessionRow, revision: int) -> Graph | None:
        """The graph as it was, secrets included; None when it was not kept."""
        async with self._database.read() as connection:
            row = await queries.snapshot(connection, session.id, revision)
        if row is None:
            return None
        try:
            return parse_graph(decode(self._vault.unseal(row.sealed_graph, row.id)), lambda type: type)[0]
        except VaultError:
            return None

    # -- proposals ---------------------------------------------------------------------------------------------------

    async def keep_proposal(self, session: SessionRow, message_id: str, base: int, graph: Graph, proposal: Proposal) -> str:
        """Keep an open proposal with the state that it was made for; its id."""
        proposal_id, now = str(uuid4()), datetime.now(UTC)
        sealed = self._vault.seal(proposal.stored().decode(), proposal_id)
        row = ProposalRow(proposal_id, session.workspace_id, session.id, message_id, base, proposal.state, sealed, now)
        async with self._database.write(counts=False) as connection:
            await self._keep_state(connection, session, base, graph)
            await queries.insert(connection, row)
        return proposal_id

    async def proposal(self, actor: Actor, proposal_id: str) -> KeptProposal:
        """A proposal of one's own conversation. Raises 404."""
        actor.demand("copilot.ask")
        async with self._database.read() as connection:
            found = await queries.proposal(connection, actor.workspace_id, actor.user_id, proposal_id)
        if found is None:
            raise not_found("proposal", proposal_id)
        return self._kept(*found)

    async def proposals(self, session: SessionRow) -> dict[str, KeptProposal]:
        """All proposals of a conversation by their ids."""
        async with self._database.read() as connection:
            rows = await queries.proposals(connection, session.id)
        found = {}
        for row in rows:
            try:
                found[row.id] = self._kept(row, session)
            except ServiceError:
                continue
        return found

    def _kept(self, row: ProposalRow, session: SessionRow) -> KeptProposal:
        try:
            return KeptProposal(row, session, read_proposal(self._vault.unseal(row.sealed_content, row.id)))
        except VaultError:
            raise ServiceError("PROPOSAL_LOST", "This proposal was sealed with another key.", 409) from None

    async def change_proposal(
        self, kept: KeptProposal, proposal: Proposal, base: int | None = None, graph: Graph | None = None
    ) -> None:
        """Keep how a proposal stands now; with `base` and `graph`, as one that is made for that state."""
        sealed = self._vault.seal(proposal.stored().decode(), kept.row.id)
        row = replace(kept.row, base_revision=kept.row.base_revision if base is None else base)
        decided = None if proposal.state == "open" else datetime.now(UTC)
        async with self._database.write(counts=False) as connection:
            if base is not None and graph is not None:
                await self._keep_state(connection, kept.session, base, graph)
            values = {"state": proposal.state, "sealed_content": sealed, "decided_at": decided}
            await queries.change_proposal(connection, kept.row.id, base_revision=row.base_revision, **values)


def checked_text(text: Json) -> str:
    """What a person says. Raises 400 when that is nothing, or too long."""
    if not isinstance(text, str) or not text.strip():
        raise invalid("Say what you want.", [{"field": "message", "message": "Say what you want."}])
    if len(text) > LONGEST_MESSAGE:
        message = f"A message may have {LONGEST_MESSAGE:,} characters."
        raise invalid(message, [{"field": "message", "message": message}])
    return text.strip()
