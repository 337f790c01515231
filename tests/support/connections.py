"""Connections that callers keep open, and which process of a server serves them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psutil

from app.sdk import Json
from tests.support.server import ServerProcess

Answered = tuple[int, Any, str]
"""Status, decoded body and the execution's id."""


class Connection:
    """One caller's connection."""

    def __init__(self, server: ServerProcess) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._connection.connect()

    @property
    def port(self) -> int:
        """Its own port, by which the server's processes know it."""
        port: int = self._connection.sock.getsockname()[1]
        return port

    def call(self, webhook_id: str, secret: str, body: Json = None) -> Answered:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._connection.request("POST", f"/api/webhooks/{webhook_id}", json.dumps(body), headers)
        return self._answer()

    def get(self, path: str) -> int:
        self._connection.request("GET", path)
        return self._answer()[0]

    def _answer(self) -> Answered:
        answer = self._connection.getresponse()
        content = answer.read()
        decoded = json.loads(content) if "json" in answer.headers.get("content-type", "") else content
        return answer.status, decoded, answer.headers.get("x-execution-id", "")

    def close(self) -> None:
        self._connection.close()


def worker_of(server: ServerProcess) -> psutil.Process | None:
    """The process that helps with webhook calls, if there is one."""
    assert server.process is not None
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.NoSuchProcess):
            if "app.worker" in child.cmdline():
                return child
    return None


def served_by(process: psutil.Process | None, connections: Sequence[Connection]) -> list[Connection]:
    """Those of the connections that a process holds."""
    if process is None:
        return []
    with suppress(psutil.NoSuchProcess):
        ports = {held.raddr.port for held in process.net_connections("tcp") if held.raddr}
        return [connection for connection in connections if connection.port in ports]
    return []


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.05)
