"""What the copilot says, as it is read: its own sentences in the reader's language, people's words as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from app.engine.messages import Message
from app.sdk import Json
from app.services.copilot.conversations import Said
from app.services.copilot.service import Talk
from app.web import presenters
from app.web.telling import told, told_problem

SENTENCES = ("words", "detail", "message", "error", "reason", "text")
"""Fields of events, uses of tools and changes that are sentences of the server."""
WORDS_OF_THE_MODEL = ("content_delta", "complete")


def talk_json(talk: Talk) -> dict[str, Json]:
    """A conversation."""
    return {
        "id": talk.session.id,
        "title": talk.title,
        "workflow_id": talk.session.workflow_id,
        "running": talk.running,
        "messages": [_message(one, talk) for one in talk.said],
    }


def _message(said: Said, talk: Talk) -> dict[str, Json]:
    is_lost = said.state == "running" and said.id != talk.running
    about: dict[str, Json] = {
        "id": said.id,
        "role": said.role,
        "state": "stopped" if is_lost else said.state,
        "revision": said.revision,
        "created_at": presenters.moment(said.created_at),
        "text": said.content["text"],
    }
    if said.role == "user":
        return about | {name: said.content.get(name, "") for name in ("intent", "block_id", "execution_id")}
    kept = {name: said.content.get(name) for name in ("question", "usage")}
    tools = [_told(use) for use in said.content.get("tools", ())]
    error, proposal = told(said.content.get("error") or ""), talk.proposals.get(said.content.get("proposal_id") or "")
    return about | kept | {"tools": tools, "error": error, "proposal": proposal and proposal_json(proposal)}


def proposal_json(proposal: dict[str, Json]) -> dict[str, Json]:
    """A proposal with what is said about it."""
    tried = proposal.get("simulation")
    return proposal | {
        "changes": [_told(change) for change in proposal["changes"]],
        "problems": [told_problem(problem) for problem in proposal["problems"]],
        "cautions": [told(caution) for caution in proposal["cautions"]],
        "simulation": tried and tried | {"input": told(tried["input"]), "error": told(tried["error"])},
    }


async def told_events(source: AsyncIterator[Message | None]) -> AsyncIterator[Message | None]:
    """The events of an answer."""
    async for message in source:
        yield message and replace(message, data=_event(message))


def _event(message: Message) -> dict[str, Json]:
    if message.type not in WORDS_OF_THE_MODEL:
        return _told(dict(message.data))
    proposal = message.data.get("proposal")
    return {**message.data, "proposal": proposal_json(proposal)} if proposal else dict(message.data)


def _told(content: dict[str, Json]) -> dict[str, Json]:
    return {name: told(value) if name in SENTENCES and isinstance(value, str) else value for name, value in content.items()}
