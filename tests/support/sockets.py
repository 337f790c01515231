"""Listening to WebSockets as a program does."""

from __future__ import annotations

import json
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect


def cookies(client: httpx.Client) -> dict[str, str]:
    """The headers by which a socket belongs to a client's session."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def opened(url: str, path: str, headers: dict[str, str] | None = None) -> ClientConnection:
    return connect(url.replace("http://", "ws://") + path, additional_headers=headers, open_timeout=10)


def until(socket: ClientConnection, **wanted: Any) -> list[dict[str, Any]]:
    """The frames up to the first one that has all these fields."""
    frames: list[dict[str, Any]] = []
    while not frames or any(frames[-1].get(name) != value for name, value in wanted.items()):
        try:
            frames.append(json.loads(socket.recv(timeout=15)))
        except TimeoutError:
            raise AssertionError(f"none of {frames} is {wanted}") from None
    return frames
