"""HTTP as uvicorn reads it, with a limit on the head of a request, and a moment at which a connection can change hands."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.web.gateway import BODY_BYTES, Gateway, is_hook

MAX_HEAD_BYTES = 64_000
"""Without a limit, headers may fill the memory. Counted from the second piece in which a head comes; a piece has up to 256 kB."""
REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LEAST_RATE = 2_000
"""Bytes a second with which a body must come in at least, looked at after each spell of `slow_seconds`."""

logger = logging.getLogger(__name__)

UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Desk(Protocol):
    """Decides which process serves a connection."""

    def takes(self, protocol: BoundedProtocol, data: bytes) -> bool:
        """Asked with the beginning of each request. True: another process has the connection, and these bytes, from now on."""

    def left(self, protocol: BoundedProtocol) -> None:
        """A connection is over, or served elsewhere."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 and hangs up when the head of a request does not come to an end, and 408 when it takes too long.

    `first` is what another process has already read from the connection; the desk is not asked about it. A head must be
    whole after `slow_seconds`; a body may take longer as long as it comes in steadily.
    """

    def __init__(
        self,
        *arguments: Any,
        gateway: Gateway,
        desk: Desk,
        slow_seconds: float = 20.0,
        first: bytes = b"",
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._gateway = gateway
        self._desk = desk
        self._first = first
        self._slow_seconds = slow_seconds
        self._slow: asyncio.TimerHandle | None = None
        self._spell_bytes = 0
        self._in_message = False
        self._in_head = False
        self._began_now = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_spell()
        if self._first:
            self._read(self._first)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end_spell()
        self._desk.left(self)

    def data_received(self, data: bytes) -> None:
        if self._is_between_requests and self._desk.takes(self, data):
            self._unset_keepalive_if_required()
            self.transport.abort()  # closes this process's hold only: the connection lives on in the other
            return
        self._read(data)

    @property
    def _is_between_requests(self) -> bool:
        answered = self.cycle is None or (self.cycle.response_complete and self.cycle.keep_alive)
        return answered and not self._in_message and not self.transport.is_closing()

    def _read(self, data: bytes) -> None:
        self._began_now = False
        super().data_received(data)
        # A piece in which a head begins may hold the end of an earlier request's body, so it is not counted.
        if self._in_head and not self._began_now:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.transport.write(REFUSAL)
                self.transport.close()
        self._spell_bytes += len(data)
        if not self._in_message:
            if self._slow is not None:
                self._end_spell()
        elif self._slow is None or self._began_now:
            self._begin_spell()

    # -- slow callers -------------------------------------------------------------------------------------------------

    def _begin_spell(self) -> None:
        self._end_spell()
        self._spell_bytes = 0
        self._slow = self.loop.call_later(self._slow_seconds, self._spell_is_over)

    def _end_spell(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _spell_is_over(self) -> None:
        """A request has not come in whole: go on when its body comes steadily, or waits for us, else hang up."""
        self._slow = None
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        in_body = self._in_message and not self._in_head
        if in_body and (self.flow.read_paused or self._spell_bytes >= LEAST_RATE * self._slow_seconds):
            self._begin_spell()
            return
        is_free = self.cycle is None or self.cycle.response_complete or (in_body and not self.cycle.response_started)
        if self._in_message and is_free:
            self.transport.write(TOO_SLOW)
        self.transport.close()

    # -- webhook calls ------------------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A webhook call needs nothing of what an application can do with a request, and is answered in one piece."""
        if not is_hook(cycle.scope):
            super()._start_asgi_task(cycle, app)
            return
        task = self.loop.create_task(self._answer_hook(cycle))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer_hook(self, cycle: RequestResponseCycle) -> None:
        try:
            body = await self._body(cycle) if cycle.more_body else bytes(cycle.body)
            if cycle.disconnected and cycle.more_body:
                return  # half a call is none
            status, headers, content = await self._gateway.answer(cycle.scope, body)
            if self.flow.write_paused:
                await self.flow.drain()
            answer = _head(status, headers, cycle) + content
        except Exception:
            logger.exception("a webhook call cannot be answered")
            self.transport.close()
            return
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(answer)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    async def _body(self, cycle: RequestResponseCycle) -> bytes | None:
        """The whole body; None when it is longer than is allowed, and what follows is passed over."""
        if cycle.waiting_for_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        announced = dict(cycle.scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > BODY_BYTES:
            return None
        while cycle.more_body and len(cycle.body) <= BODY_BYTES and not cycle.disconnected:
            self.flow.resume_reading()
            await cycle.message_event.wait()
            cycle.message_event.clear()
        return bytes(cycle.body) if len(cycle.body) <= BODY_BYTES else None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_message = self._in_head = self._began_now = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()


def _head(status: int, headers: dict[str, str], cycle: RequestResponseCycle) -> bytes:
    """Status line and headers. Raises ValueError for a header that would end before its line does."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if not cycle.keep_alive:
        lines.append("connection: close")
    if UNSENDABLE.search("".join(lines)):
        raise ValueError("a header has a control character")
    given = b"".join(name + b": " + value + b"\r\n" for name, value in cycle.default_headers)
    return STATUS_LINE[status] + given + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
