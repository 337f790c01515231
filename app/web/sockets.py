"""What WebSockets have in common: a source of JSON is sent until it ends, the other side goes, or it is too slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from app.engine.values import encode
from app.sdk import Json

Socket = WebSocket[Any, Any, Any]
SEND_SECONDS = 20.0
TOO_SLOW = 4008
"""The close code for a reader that did not take its messages in time."""


async def send_live(socket: Socket, source: AsyncIterator[Json]) -> None:
    """Like send_all for a source whose first item says that it listens: whoever is let in misses nothing from then on."""
    first = await anext(source, None)
    await socket.accept()
    await send_all(socket, _begun(first, source))


async def _begun(first: Json, rest: AsyncIterator[Json]) -> AsyncIterator[Json]:
    yield first
    async for item in rest:
        yield item


async def send_all(socket: Socket, source: AsyncIterator[Json]) -> None:
    """Send what comes, in order; ends when the source does or the other side hangs up. None is nothing to send."""
    sending = asyncio.create_task(_send(socket, source))
    listening = asyncio.create_task(_listen(socket))
    await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
    for task in (sending, listening):
        task.cancel()
    results = await asyncio.gather(sending, listening, return_exceptions=True)
    with suppress(Exception):
        slow = isinstance(results[0], TimeoutError)
        await socket.close(code=TOO_SLOW if slow else 1000, reason="reads too slowly" if slow else "")
    if isinstance(results[0], Exception) and not isinstance(results[0], TimeoutError | WebSocketDisconnect | RuntimeError):
        raise results[0]


async def _send(socket: Socket, source: AsyncIterator[Json]) -> None:
    async for item in source:
        if item is not None:
            await asyncio.wait_for(socket.send_text(encode(item).decode()), SEND_SECONDS)


async def _listen(socket: Socket) -> None:
    """Until the other side goes; what it says is not looked at."""
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
