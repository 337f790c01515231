"""Messages between the processes of one server, each with at most one open connection."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import msgspec

MAX_DATA_BYTES = 150_000
_MAX_MESSAGE_BYTES = MAX_DATA_BYTES + 16_000
_BUFFER_BYTES = 1_000_000

Received = Callable[[dict[str, Any], bytes, int | None], None]
"""Gets what the message is about, the data, and the connection's file descriptor, which now is the receiver's to close."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[dict[str, Any], bytes]).decode


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends; whole messages go through, in order."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    return ends


class Channel:
    """One end of a pair, read by the event loop. `closed` is called once, when the other end is gone."""

    def __init__(self, end: socket.socket, received: Received, closed: Callable[[], None]) -> None:
        self._end = end
        self._received = received
        self._closed = closed
        self._is_open = True
        end.setblocking(False)
        asyncio.get_running_loop().add_reader(end.fileno(), self._read)

    def send(self, about: dict[str, Any], data: bytes = b"", file: int | None = None) -> bool:
        """False when the other end is gone or does not keep up; nothing was sent then."""
        if not self._is_open:
            return False
        try:
            socket.send_fds(self._end, [_encode((about, data))], [] if file is None else [file])
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            asyncio.get_running_loop().remove_reader(self._end.fileno())
            self._end.close()

    def _read(self) -> None:
        try:
            message, files, _, _ = socket.recv_fds(self._end, _MAX_MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            message, files = b"", []
        if not message:
            self.close()
            self._closed()
            return
        for file in files:
            os.set_inheritable(file, False)  # or the sandbox's processes would keep it open
        about, data = _decode(message)
        self._received(about, data, files[0] if files else None)


def send_connection(channel: Channel, about: dict[str, Any], data: bytes, connection: Any) -> bool:
    """Send an asyncio transport's connection along; this process still has to let go of it."""
    file = os.dup(connection.get_extra_info("socket").fileno())
    try:
        return channel.send(about, data, file)
    finally:
        os.close(file)
