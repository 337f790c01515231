"""Client libraries that block, in threads of their own; whoever stops waiting also ends the connection that the thread uses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

_threads = ThreadPoolExecutor(16, thread_name_prefix="blocks")


class Lines:
    """The sockets that one conversation has open; `cut` ends whatever waits for them, and those that are opened later."""

    def __init__(self) -> None:
        self._open: list[socket.socket] = []
        self._cut = False
        self._lock = Lock()

    def add(self, line: socket.socket) -> None:
        with self._lock:
            self._open.append(line)
            if self._cut:
                _end(line)

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            for line in self._open:
                _end(line)


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


async def in_thread(function: Callable[[Lines], T]) -> T:
    """What a function returns that blocks. Cancelled, it cuts the lines, so that the thread comes to its end too."""
    lines = Lines()
    future: Future[T] = _threads.submit(function, lines)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        lines.cut()
        raise
