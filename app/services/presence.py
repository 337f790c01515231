"""Who has a workflow open now: told to everybody who has it open too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.engine.messages import Message
from app.hosts.bus import EventBus
from app.sdk import Json
from app.services.actors import Actor

MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class _Visit:
    user_id: str
    username: str
    client_id: str


class Presence:
    """A visit lasts as long as its stream of news."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._visits: defaultdict[str, list[_Visit]] = defaultdict(list)

    async def while_watching(
        self, actor: Actor, workflow_id: str, client_id: str, news: AsyncIterator[Message | None]
    ) -> AsyncIterator[Message | None]:
        """The same news, beginning with who is here; whoever else watches hears of the coming and the going."""
        actor.demand("workflows.read")
        visit = _Visit(actor.user_id, actor.username, client_id)
        visits = self._visits[workflow_id]
        begun = False
        try:
            async for message in news:
                yield message
                if not begun:
                    begun = True
                    visits.append(visit)
                    self._tell(workflow_id)
        finally:
            if begun:
                visits.remove(visit)
                self._tell(workflow_id)
            if not visits:
                self._visits.pop(workflow_id, None)

    def _tell(self, workflow_id: str) -> None:
        people: list[Json] = [
            {"user_id": visit.user_id, "username": visit.username, "client_id": visit.client_id}
            for visit in self._visits.get(workflow_id, [])[:MOST_TOLD]
        ]
        self._bus.publish(f"workflow:{workflow_id}", Message("presence", {"people": people}))
