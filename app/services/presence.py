"""Who has a workflow open now: told to everybody who has it open too."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from app.engine.messages import Message
from app.hosts.bus import EventBus
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import not_found

MOST_TOLD = 50
GONE_AFTER_SECONDS = 150.0
"""Editors say every half minute that they are there, those in the background once a minute."""


@dataclass(slots=True)
class _Visit:
    user_id: str
    username: str
    client_id: str
    seen_at: float


@dataclass(slots=True)
class _Room:
    """The visits to one workflow, and what was told of them last."""

    visits: list[_Visit] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)


class Presence:
    """A visit lasts as long as its stream of news; one that is cut off in silence ends when its signs of life do."""

    def __init__(self, bus: EventBus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._clock = clock
        self._rooms: dict[str, _Room] = {}

    async def while_watching(
        self, actor: Actor, workflow_id: str, client_id: str, news: AsyncIterator[Message | None]
    ) -> AsyncIterator[Message | None]:
        """The same news, beginning with who is here; whoever else watches hears of the coming and the going."""
        actor.demand("workflows.read")
        visit = _Visit(actor.user_id, actor.username, client_id, self._clock())
        began = False
        try:
            async for message in news:
                yield message
                if not began:
                    began = True
                    self._rooms.setdefault(workflow_id, _Room()).visits.append(visit)
                    self._tell(workflow_id, always=True)
                elif message is None:
                    self._tell(workflow_id)
        finally:
            if began:
                self._leave(workflow_id, visit)

    def still_here(self, actor: Actor, workflow_id: str, client_id: str) -> None:
        """A sign of life of one's own visit. Raises 404 when there is none."""
        actor.demand("workflows.read")
        visits = self._rooms[workflow_id].visits if workflow_id in self._rooms else []
        own = [visit for visit in visits if (visit.user_id, visit.client_id) == (actor.user_id, client_id)]
        if not own:
            raise not_found("visit", client_id)
        for visit in own:
            visit.seen_at = self._clock()

    def _leave(self, workflow_id: str, visit: _Visit) -> None:
        room = self._rooms[workflow_id]
        room.visits = [other for other in room.visits if other is not visit]
        if room.visits:
            self._tell(workflow_id)
        else:
            del self._rooms[workflow_id]

    def _tell(self, workflow_id: str, *, always: bool = False) -> None:
        room = self._rooms[workflow_id]
        since = self._clock() - GONE_AFTER_SECONDS
        people: list[Json] = [
            {"user_id": visit.user_id, "username": visit.username, "client_id": visit.client_id}
            for visit in room.visits
            if visit.seen_at >= since
        ][:MOST_TOLD]
        if always or people != room.told:
            room.told = people
            self._bus.publish(f"workflow:{workflow_id}", Message("presence", {"people": people}))
