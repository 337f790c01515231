"""Requests that go through a proxy, or trust certificates of their own: what is needed to build a client for them."""

from __future__ import annotations

import ssl
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from app.adapters.network import CheckedBackend
from app.sdk import BlockError, Route

MAX_CERTIFICATE = 100_000


def context_of(route: Route) -> ssl.SSLContext:
    """Whose certificates are trusted. BlockError TLS when the route's own certificate cannot be read."""
    context = httpx.create_ssl_context(trust_env=False)
    if route.certificate:
        try:
            context.load_verify_locations(cadata=route.certificate[:MAX_CERTIFICATE])
        except (ssl.SSLError, ValueError):
            raise BlockError("TLS", "field `certificate`: this is no certificate in PEM", retryable=False) from None
    if not route.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def proxy_of(route: Route) -> httpcore.Proxy | None:
    """The proxy that a route names. BlockError BAD_URL for an address that is none."""
    if not route.proxy:
        return None
    try:
        parts = urlsplit(route.proxy)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise _no_proxy() from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise _no_proxy()
    user = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return httpcore.Proxy(f"{parts.scheme}://{host}:{port}", auth=user)


async def check_behind(backend: CheckedBackend, url: httpx.URL) -> None:
    """What a proxy is asked for may not be private either, as far as its name is known here. BlockError EGRESS_REFUSED."""
    try:
        await backend.addresses(url.host, url.port or (443 if url.scheme == "https" else 80))
    except BlockError as error:
        if error.code != "CONNECTION":
            raise


def _no_proxy() -> BlockError:
    return BlockError("BAD_URL", "field `proxy`: must be an address such as http://proxy.example.com:3128", retryable=False)
