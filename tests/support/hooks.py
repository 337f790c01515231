"""Calling webhooks as other systems do: no session, only the webhook's secret."""

from __future__ import annotations

import socket
from typing import Any

import httpx

from tests.support.server import ServerProcess


def hook_url(server: ServerProcess, hook: dict[str, Any]) -> str:
    return f"{server.url}/api/webhooks/{hook['config']['webhook_id']}"


def call_hook(
    server: ServerProcess, hook: dict[str, Any], body: Any = None, secret: str | None = None, **more: Any
) -> httpx.Response:
    """POST a JSON body with the webhook's own secret, or another, as a Bearer header."""
    known = hook["config"]["webhook_secret"] if secret is None else secret
    headers = {"Authorization": f"Bearer {known}".encode()} | more.pop("headers", {})
    if "content" not in more:
        more["json"] = {} if body is None else body
    return httpx.post(hook_url(server, hook), headers=headers, timeout=30, **more)


def raw_status(server: ServerProcess, path: str, *header_lines: bytes) -> int:
    """The status of a POST with exactly these header lines; a client library would trim their blanks."""
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: 127.0.0.1", b"Content-Length: 0", b"Connection: close", *header_lines]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])
