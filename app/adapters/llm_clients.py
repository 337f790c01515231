"""Where a provider's models are served, how its calls are signed, and the client that carries them."""

from __future__ import annotations

import httpx2

from app.adapters.llm_transport import CONNECT_SECONDS, SILENCE_SECONDS
from app.sdk import ModelRequest

NO_KEY = "none"
"""The libraries insist on a key; the transport drops it and signs by itself."""

OFFICIAL = {"anthropic": "https://api.anthropic.com", "google": "https://generativelanguage.googleapis.com"}
VERSIONS = {"anthropic": "/v1", "google": "/v1beta"}
KEY_HEADERS = {"anthropic": "x-api-key", "google": "x-goog-api-key"}


def address(request: ModelRequest) -> str:
    """Where the model is served: as given, or the provider's own address; without the version that its library adds."""
    given = (request.base_url or OFFICIAL.get(request.provider, "")).rstrip("/")
    return given.removesuffix(VERSIONS.get(request.provider, "")).rstrip("/")


def key_header(request: ModelRequest) -> str:
    """Where the provider wants a bare key; empty for a bearer token."""
    return KEY_HEADERS.get(request.provider, "")


def client(transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    """A client that goes nowhere but through this transport."""
    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)
