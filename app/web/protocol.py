"""HTTP as uvicorn reads it, with a limit on the head of a request, and a moment at which a connection can change hands."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64_000
"""Without a limit, headers may fill the memory. Counted from the second piece in which a head comes; a piece has up to 256 kB."""
REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Desk(Protocol):
    """Decides which process serves a connection."""

    def takes(self, protocol: BoundedProtocol, data: bytes) -> bool:
        """Asked with the beginning of each request. True: another process has the connection, and these bytes, from now on."""

    def left(self, protocol: BoundedProtocol) -> None:
        """A connection is over, or served elsewhere."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 and hangs up when the head of a request does not come to an end.

    `first` is what another process has already read from the connection; the desk is not asked about it.
    """

    def __init__(self, *arguments: Any, desk: Desk | None = None, first: bytes = b"", **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._desk = desk
        self._first = first
        self._in_message = False
        self._in_head = False
        self._began_now = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._first:
            self._read(self._first)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._desk is not None:
            self._desk.left(self)

    def data_received(self, data: bytes) -> None:
        if self._desk is not None and self._is_between_requests and self._desk.takes(self, data):
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
