"""A loop that lives as long as the server: a failure is logged, and it goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

logger = logging.getLogger(__name__)


class PermanentLoop:
    """Does the same work again and again, `pause` seconds apart."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], pause: float) -> None:
        self._name = name
        self._work = work
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except Exception:
                logger.exception("%s failed; it is tried again", self._name)
            await asyncio.sleep(self._pause)
