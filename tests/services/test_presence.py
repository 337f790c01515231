"""Who is here: coming, going, and fading away without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.engine.messages import Message
from app.hosts.bus import EventBus, Subscription
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.services.presence import GONE_AFTER_SECONDS, Presence

pytestmark = pytest.mark.anyio

ADA = Actor("u1", "ada", "ada@example.com", "w", "viewer")
GRACE = replace(ADA, user_id="u2", username="grace")


async def quiet() -> AsyncIterator[Message | None]:
    """News without end in which nothing happens."""
    while True:
        yield None


def told(subscription: Subscription) -> list[list[str]]:
    """The names in every message so far."""
    found = []
    while not subscription._queue.empty():
        message = subscription._queue.get_nowait()
        assert message is not None
        found.append([person["username"] for person in message.data["people"]])
    return found


class Visit:
    """A stream that is read one step at a time."""

    def __init__(self, presence: Presence, actor: Actor, client_id: str) -> None:
        self._news = presence.while_watching(actor, "wf", client_id, quiet())

    async def beat(self, times: int = 1) -> Visit:
        for _ in range(times):
            assert await anext(self._news) is None
        return self

    async def leave(self) -> None:
        await self._news.aclose()  # type: ignore[attr-defined]


async def test_people_come_and_go() -> None:
    bus = EventBus()
    presence = Presence(bus)
    with bus.subscribe("workflow:wf") as told_to:
        ada = await Visit(presence, ADA, "a").beat(2)
        assert told(told_to) == [["ada"]]
        grace = await Visit(presence, GRACE, "g").beat(2)
        await ada.beat(5)
        assert told(told_to) == [["ada", "grace"]], "what has not changed is not told again"
        await ada.leave()
        assert told(told_to) == [["grace"]]
        await grace.leave()
        assert told(told_to) == []


async def test_who_gives_no_sign_of_life_fades_away_and_may_come_back() -> None:
    bus, now = EventBus(), [0.0]
    presence = Presence(bus, lambda: now[0])
    with bus.subscribe("workflow:wf") as told_to:
        ada, _grace = await Visit(presence, ADA, "a").beat(2), await Visit(presence, GRACE, "g").beat(2)
        told(told_to)
        now[0] = GONE_AFTER_SECONDS + 1
        presence.still_here(ADA, "wf", "a")
        with pytest.raises(ServiceError):
            presence.still_here(ADA, "wf", "g")
        await ada.beat()
        assert told(told_to) == [["ada"]], "nobody can answer for somebody else"
        presence.still_here(GRACE, "wf", "g")
        await ada.beat()
        assert told(told_to) == [["ada", "grace"]]
        with pytest.raises(ServiceError):
            presence.still_here(ADA, "elsewhere", "a")
