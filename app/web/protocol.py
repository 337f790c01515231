"""HTTP as uvicorn reads it, with a limit on the head of a request: without one, headers may fill the memory."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64_000
"""Counted from the second piece in which a head comes; a piece has at most 256 kB."""
REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 and hangs up when the head of a request does not come to an end."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = False
        self._began_now = False
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
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
        self._in_head = self._began_now = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
