"""API keys, and clients that sign with a key or a token."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.server import Client, ServerProcess


def new_key(client: Client, *scopes: str, **more: Any) -> str:
    """The token of a new key."""
    answer = client.post("/api/auth/api-keys", json={"name": "Test", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def bearer(server: ServerProcess, token: str) -> httpx.Client:
    """A program that sends this token, and no cookie."""
    return httpx.Client(base_url=server.url, timeout=30, headers={"Authorization": f"Bearer {token}"})
