"""Server-sent events over the one event bus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.response import Stream

from app.engine.messages import Message
from app.engine.values import encode

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event_stream(source: AsyncIterator[Message | None]) -> Stream:
    """Messages as text/event-stream; None becomes a comment that keeps the connection open."""
    return Stream(_lines(source), media_type="text/event-stream", headers=HEADERS)


async def _lines(source: AsyncIterator[Message | None]) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for message in source:
        yield b": alive\n\n" if message is None else _event(message)


def _event(message: Message) -> bytes:
    identifier = f"id: {message.seq}\n" if message.seq else ""
    data = encode({"type": message.type, "seq": message.seq} | message.data)
    return f"{identifier}event: {message.type}\ndata: ".encode() + data + b"\n\n"


def last_event_id(request: Request[Any, Any, Any]) -> int:
    """The seq after which a watcher wants to go on; 0 for everything."""
    return after_seq(request.headers.get("last-event-id") or str(request.query_params.get("last_event_id", "")))


def after_seq(text: str) -> int:
    """A seq as it is sent; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
