"""Conversations of people with workflows: each message starts an execution, and what was said is kept by conversation."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.engine.messages import Message
from app.hosts.bus import EventBus, Subscription, messages
from app.sdk import BlockError, Json
from app.services.errors import ServiceError, invalid
from app.services.hook_answers import wait_for_answer
from app.services.public_pages import OpenPage, PublicPages
from app.services.starts import Started
from app.services.state import StateStore

NAMESPACE = "trigger.chat"
CONVERSATION = re.compile(r"[A-Za-z0-9-]{32,64}")
MAX_MESSAGE = 10_000
KEPT_MESSAGES = 100
KEPT_TEXT = 8_000
LONGEST_WAIT = 600.0
HEARTBEAT_SECONDS = 15.0
MOST_COLLISIONS = 20
WENT_WRONG = "Something went wrong, so there is no answer."
TOO_LONG = "The answer takes longer. It will be here when you come back."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """`text`: more of what an agent says, `begins` where another one has begun; `answer`: all of it; `problem`: there is none."""

    kind: Literal["text", "answer", "problem"]
    text: str
    begins: bool = False

    def message(self) -> Message:
        """As it is sent."""
        return Message(self.kind, {"text": self.text, "begins": self.begins})


class PublicChats:
    def __init__(self, pages: PublicPages, state: StateStore, bus: EventBus) -> None:
        self._pages = pages
        self._state = state
        self._bus = bus
        self._answering: set[asyncio.Task[Piece]] = set()

    async def history(self, page: OpenPage, conversation: str) -> Sequence[dict[str, str]]:
        """What was said, the oldest first: `{role, text}`. Raises 400."""
        kept = await self._state.of(page.row.workspace_id).get(NAMESPACE, _key(page, conversation))
        return kept if isinstance(kept, list) else []

    async def say(self, page: OpenPage, conversation: str, text: str, mark: str, request: Json) -> AsyncIterator[Message | None]:
        """Start the workflow with a message; its answer as it comes. Raises 400, 403 and 429 before it starts."""
        if not text.strip() or len(text) > MAX_MESSAGE:
            raise invalid(f"A message has 1 to {MAX_MESSAGE:,} characters.", [{"field": "text", "message": "must be shorter"}])
        earlier = await self.history(page, conversation)
        shown = list(earlier)[-page.options.history_messages :] if page.options.history_messages else []
        named = hashlib.sha256(_key(page, conversation).encode()).hexdigest()
        variables = {"message": text, "conversation": named, "history": shown}
        new = self._pages.execution(page, variables, request)
        with self._bus.subscribe(f"execution:{new.id}") as subscription:
            started = await self._pages.start(page, new, mark)
            answering = asyncio.create_task(self._finish(page, conversation, text, started))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
            yield None
            stream = _streamed(subscription, answering) if page.options.stream else _quiet(answering)
            async for piece in stream:
                yield None if piece is None else piece.message()

    async def _finish(self, page: OpenPage, conversation: str, text: str, started: Started) -> Piece:
        """Wait for the answer and keep both, also when nobody listens any more."""
        if not started.replayed:
            await self._keep(page, conversation, "user", text)
        try:
            answer = await wait_for_answer(started, LONGEST_WAIT)
        except ServiceError as error:
            return Piece("problem", TOO_LONG if error.code == "STILL_RUNNING" else WENT_WRONG)
        said = answer.response["body"] if answer.response is not None else answer.ended.output if answer.ended else None
        words = in_words(said)
        if not started.replayed:
            await self._keep(page, conversation, "assistant", words)
        return Piece("answer", words)

    async def _keep(self, page: OpenPage, conversation: str, role: str, text: str) -> None:
        state, key = self._state.of(page.row.workspace_id), _key(page, conversation)
        for _ in range(MOST_COLLISIONS):
            before = await state.get(NAMESPACE, key)
            turns = [*(before or ()), {"role": role, "text": text[:KEPT_TEXT]}][-KEPT_MESSAGES:]
            try:
                if await state.swap(NAMESPACE, key, before, turns, page.options.keep_days * 86_400.0):
                    return
            except BlockError:
                logger.exception("a conversation could not be kept")
                return


def in_words(value: Json) -> str:
    """A workflow's answer as a person reads it: a text, the `text` of an agent, else the data."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return str(value["text"])
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


async def _quiet(answering: asyncio.Task[Piece]) -> AsyncIterator[Piece | None]:
    while not (await asyncio.wait([answering], timeout=HEARTBEAT_SECONDS))[0]:
        yield None
    yield answering.result()


async def _streamed(subscription: Subscription, answering: asyncio.Task[Piece]) -> AsyncIterator[Piece | None]:
    answering.add_done_callback(lambda _: subscription.close())
    speaker: tuple[Json, Json] | None = None
    async for message in messages(subscription, HEARTBEAT_SECONDS):
        if message is None:
            yield None
        elif message.type == "step_streamed":
            now = (message.data["block_id"], message.data["iteration"])
            yield Piece("text", str(message.data["text"]), begins=now != speaker)
            speaker = now
    yield await answering


def _key(page: OpenPage, conversation: str) -> str:
    """Raises 400 for what is no conversation; those of members belong to them."""
    if not CONVERSATION.fullmatch(conversation):
        raise invalid("`conversation` must be 32 to 64 letters and digits.", [{"field": "conversation", "message": "is no id"}])
    whose = page.actor.user_id if page.actor else ""
    return f"{page.row.id}:{page.step.id}:{whose}:{conversation}"[:500]
