"""The copilot as routes, pages and commands use it: asking, stopping, trying again, and going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.db.copilot import SessionRow
from app.engine.graph import Graph, dump_graph
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.answering import Answering, Job, Wish
from app.services.copilot.bench import Bench
from app.services.copilot.build_tools import BuildTools
from app.services.copilot.conversations import Conversations, Said, checked_text
from app.services.copilot.decisions import Decisions
from app.services.copilot.model import CopilotModels
from app.services.copilot.rehearsal import Rehearsals
from app.services.copilot.turns import Turn, Turns
from app.services.credentials import Credentials
from app.services.errors import ServiceError, invalid, not_found
from app.services.graphs import Graphs
from app.services.workflows import Workflows

INTENTS = ("build", "explain", "repair")
QUESTIONS = {"explain": "What does this do?", "repair": "Why did this fail?"}
LONGEST_ID = 100


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation with all that was said, and how its proposals stand now."""

    session: SessionRow
    title: str
    said: Sequence[Said]
    proposals: dict[str, dict[str, Json]]
    running: str
    """The id of the answer that is under way; empty without one."""


@dataclass(frozen=True, slots=True)
class Copilot:
    conversations: Conversations
    decisions: Decisions
    models: CopilotModels
    build_tools: BuildTools
    answering: Answering
    turns: Turns
    workflows: Workflows
    credentials: Credentials
    graphs: Graphs
    rehearsals: Rehearsals

    async def ask(self, actor: Actor, session_id: str, wish: Wish) -> Turn:
        """Begin an answer. Raises 404, 409 while another is under way or without a model, 429 when the day's limit is reached."""
        session = await self.conversations.get(actor, session_id)
        return await self._begin(actor, session, wish, None)

    async def ask_again(self, actor: Actor, message_id: str, text: str | None = None) -> Turn:
        """Answer a question once more, with other words when `text` says so; what came after it is taken back."""
        said, session = await self.conversations.message(actor, message_id)
        if said.role != "user":
            earlier = [one for one in await self.conversations.said(session) if one.place < said.place and one.role == "user"]
            if not earlier:
                raise not_found("message", message_id)
            said = earlier[-1]
        wish = wish_of(said.content if text is None else said.content | {"text": text})
        return await self._begin(actor, session, wish, said.place)

    async def _begin(self, actor: Actor, session: SessionRow, wish: Wish, instead_of: int | None) -> Turn:
        chosen = await self.models.demanded(actor.workspace_id)
        left = await self.models.check(actor, chosen)
        self.turns.check(session.id, actor.user_id)
        workflow = await self.workflows.get(actor, session.workflow_id)
        names = [one.name for one in await self.credentials.list(actor)] if actor.allows("credentials.read") else []
        bench = Bench(workflow, chosen.settings.shares_values, names)
        await self.answering.looks(actor, bench, wish)
        turn = self.turns.open(session.id, "", actor.user_id)
        try:
            answer = await self.conversations.ask(actor, session, wish.stored(), instead_of)
        except BaseException:
            self.turns.close_turn(turn)
            raise
        turn.message_id = answer.id
        job = Job(actor, session, turn, answer, wish, bench, chosen, left)
        self.turns.begin(turn, self.answering.run(job))
        return turn

    async def stop(self, actor: Actor, session_id: str) -> bool:
        """End the answer that is under way; False when there is none."""
        session = await self.conversations.get(actor, session_id)
        return await self.turns.stop_turn(session.id)

    async def watch(self, actor: Actor, session_id: str) -> Turn:
        """The answer that is under way. Raises 404 when there is none."""
        session = await self.conversations.get(actor, session_id)
        turn = self.turns.of(session.id)
        if turn is None:
            raise ServiceError("NOT_ANSWERING", "No answer is under way.", 404)
        return turn

    async def delete(self, actor: Actor, session_id: str) -> None:
        """Forget a conversation; an answer under way is stopped."""
        await self.stop(actor, session_id)
        await self.conversations.delete(actor, session_id)

    async def talk(self, actor: Actor, session_id: str) -> Talk:
        """A whole conversation."""
        session = await self.conversations.get(actor, session_id)
        turn = self.turns.of(session.id)
        kept = await self.conversations.proposals(session)
        standing = {one.kept.row.id: one.as_json() for one in await self.decisions.look_at_all(actor, session, kept.values())}
        said = await self.conversations.said(session)
        return Talk(session, self.conversations.title(session), said, standing, turn.message_id if turn else "")

    async def snapshot(self, actor: Actor, message_id: str) -> tuple[Said, Graph]:
        """The graph as it was when a message was said, secrets included. Raises 404 when that was not kept."""
        actor.demand("workflows.draft")
        said, session = await self.conversations.message(actor, message_id)
        graph = await self.conversations.state(session, said.revision)
        if graph is None:
            raise ServiceError("SNAPSHOT_NOT_FOUND", "The state of that time was not kept.", 404)
        return said, graph

    async def restore(self, actor: Actor, message_id: str) -> int:
        """Make the state of that time the newest one; its revision."""
        said, graph = await self.snapshot(actor, message_id)
        _, session = await self.conversations.message(actor, message_id)
        words = f"Restored revision {said.revision} with copilot"
        then = {"annotations": [], **dump_graph(graph)}
        saved = await self.workflows.put_graph(actor, session.workflow_id, then, None, words)
        return saved.revision


def read_wish(body: dict[str, Json]) -> Wish:
    """What is asked, as it is sent. Raises 400 naming the field."""
    intent = body.get("intent", "build")
    if intent not in INTENTS:
        raise invalid(f"`intent` must be one of {', '.join(INTENTS)}.", [{"field": "intent", "message": "is not known"}])
    for name in ("block_id", "execution_id"):
        value = body.get(name, "")
        if not isinstance(value, str) or len(value) > LONGEST_ID:
            raise invalid(f"`{name}` must be an id.", [{"field": name, "message": "must be an id"}])
    text = body.get("message", QUESTIONS.get(intent, ""))
    return Wish(checked_text(text), intent, body.get("block_id", ""), body.get("execution_id", ""))


def wish_of(stored: dict[str, Json]) -> Wish:
    """What was asked, as it is kept."""
    return Wish(checked_text(stored["text"]), stored["intent"], stored["block_id"], stored["execution_id"])
