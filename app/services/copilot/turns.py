"""Answers under way: each is a task that goes on when nobody watches, tells what it does, and can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, field

from app.engine.messages import Message
from app.sdk import Json
from app.services.errors import ServiceError

HEARTBEAT_SECONDS = 15.0
MOST_AT_ONCE = 20
"""Answers under way on this server."""


@dataclass(eq=False)
class Turn:
    """One answer under way. Its messages are numbered from 1."""

    session_id: str
    message_id: str
    owner: str
    messages: list[Message] = field(default_factory=list)
    done: bool = False
    task: asyncio.Task[None] | None = None
    ending: asyncio.Task[None] | None = None
    """What keeps the answer once it has ended; nothing stops that."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, type: str, data: Mapping[str, Json]) -> None:
        self.messages.append(Message(type, dict(data), len(self.messages) + 1))
        self._wake()

    def end(self) -> None:
        self.done = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def watch(self, after: int = 0) -> AsyncIterator[Message | None]:
        """What was told after that number, then what is told until the end; None is a heartbeat."""
        seen = after
        while True:
            for message in self.messages[seen:]:
                seen += 1
                yield message
            if self.done and seen >= len(self.messages):
                return
            news = self._news
            if seen < len(self.messages) or self.done:
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await news.wait()
            except TimeoutError:
                yield None


class Turns:
    """All answers under way on this server: one for each conversation."""

    def __init__(self) -> None:
        self._of_session: dict[str, Turn] = {}
        self._closed = False

    def open(self, session_id: str, message_id: str, owner: str) -> Turn:
        """Take the place of a conversation's one answer. Raises 409 while there is another, 503 when there are too many."""
        self.check(session_id, owner)
        turn = self._of_session[session_id] = Turn(session_id, message_id, owner)
        return turn

    def check(self, session_id: str, owner: str) -> None:
        """Raises as `open` does."""
        if self._closed:
            raise ServiceError("SHUTTING_DOWN", "The server is being restarted. Ask again in a moment.", 503)
        if session_id in self._of_session:
            raise ServiceError("ANSWERING", "The copilot is still answering. Stop it first, or wait.", 409)
        if any(turn.owner == owner for turn in self._of_session.values()):
            raise ServiceError("ANSWERING", "The copilot is still answering you in another conversation.", 409)
        if len(self._of_session) >= MOST_AT_ONCE:
            raise ServiceError("BUSY", "The copilot is answering many people at once. Ask again in a moment.", 503)

    def of(self, session_id: str) -> Turn | None:
        return self._of_session.get(session_id)

    def begin(self, turn: Turn, work: Coroutine[None, None, None]) -> None:
        """Let the answer be led by a task of its own, which closes the turn when it was stopped before it began."""
        turn.task = asyncio.create_task(work, name="copilot-answer")
        turn.task.add_done_callback(lambda _: None if turn.messages else self.close_turn(turn))

    def close_turn(self, turn: Turn) -> None:
        """The answer has ended, whatever came of it."""
        turn.end()
        if self._of_session.get(turn.session_id) is turn:
            del self._of_session[turn.session_id]

    async def stop_turn(self, session_id: str) -> bool:
        """End an answer now; False when there is none."""
        turn = self._of_session.get(session_id)
        if turn is None or turn.task is None:
            return False
        _cancel(turn.task)
        await asyncio.wait([turn.task])
        return True

    # -- life as one of the server's loops ---------------------------------------------------------------------------

    def start(self) -> None:
        self._closed = False

    def begin_to_stop(self) -> list[asyncio.Task[None]]:
        """The server ends: so do all answers, and whoever watches them is told."""
        self._closed = True
        tasks = [turn.task for turn in self._of_session.values() if turn.task is not None]
        for task in tasks:
            _cancel(task)
        return tasks

    async def stop(self) -> None:
        tasks = self.begin_to_stop()
        if tasks:
            await asyncio.wait(tasks)


def _cancel(task: asyncio.Task[None]) -> None:
    """Once is enough: a second time would interrupt what is being kept."""
    if not task.cancelling():
        task.cancel()
