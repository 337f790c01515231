"""Deployed workflows with one trigger, watched by servers that can die."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.db import watches
from app.engine.values import decode_stored
from app.sdk import Json
from app.services.watch_rounds import WatchRound
from app.services.watchers import Watchers
from tests.support.hosts import until
from tests.support.studio import Studio


class Triggered:
    """A deployed workflow with one trigger, watched by a server that can die."""

    def __init__(self, studio: Studio, workflow: str) -> None:
        self.studio = studio
        self.workflow = workflow
        self.watchers = studio.server.watchers

    def start(self) -> None:
        self.watchers.start()

    async def restart(self) -> None:
        """Another server takes over."""
        await self.watchers.stop()
        server = self.studio.server
        self.watchers = Watchers(
            server.database, server.services.catalog, server.lending.programs, server.watchers._starts, server.lending, server.bus
        )
        self.watchers.start()

    async def heard(self, name: str) -> list[Json]:
        return [decode_stored(row.input)[name] for row in await self.studio.executions(self.workflow)]

    async def comes(self, name: str, *expected: Json) -> None:
        """Wait until these inputs have started it, each once; then a moment longer."""

        async def ask() -> bool | None:
            return True if sorted(await self.heard(name), key=str) == sorted(expected, key=str) else None

        try:
            await until(ask, 30)
        except TimeoutError:
            row = await self.row()
            assert await self.heard(name) == list(expected), row

    async def row(self) -> Any:
        async with self.studio.server.database.read() as connection:
            return await watches.find(connection, self.workflow, "seen")

    async def begun(self) -> None:
        """Wait until it has looked for the first time."""

        async def ask() -> bool | None:
            row = await self.row()
            assert row is None or not row.problem, row.problem
            return True if row is not None and row.cursor is not None else None

        await until(ask, 30)

    async def troubled(self) -> str:
        async def ask() -> str | None:
            row = await self.row()
            return row.problem if row is not None and row.problem else None

        return await until(ask, 30)


Trigger = Callable[..., Awaitable[Triggered]]


def dies_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first acceptance is on disk, and then everything breaks before it can be acknowledged."""
    accept = WatchRound.accept
    died = False

    async def breaks(self: WatchRound, items: Any, cursor: Json) -> int:
        nonlocal died
        found = await accept(self, items, cursor)
        if items and not died:
            died = True
            raise ConnectionResetError
        return found

    monkeypatch.setattr(WatchRound, "accept", breaks)
