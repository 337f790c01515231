"""Security headers and a request id on every answer."""

from __future__ import annotations

import re
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": PAGE_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


def request_id(scope: Scope) -> str:
    """The id of a request, made when it is first asked for."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        state["request_id"] = uuid4().hex
    return str(state["request_id"])


async def add_headers(message: Message, scope: Scope) -> None:
    """Adds what an answer does not say itself; for every answer, also where no route was found."""
    if message["type"] != "http.response.start":
        return
    if message["status"] == 405 or scope.get("method") == "OPTIONS":
        others = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
        message["headers"] = [*others, (b"allow", ", ".join(allowed_methods(scope)).encode())]
    said = {name.lower() for name, _ in message["headers"]}
    caching = b"no-cache" if scope["path"].startswith("/static/") else b"no-store"
    own = {**HEADERS, b"cache-control": caching, b"x-request-id": request_id(scope).encode()}
    message["headers"] = [*message["headers"], *((name, value) for name, value in own.items() if name not in said)]


def allowed_methods(scope: Scope) -> list[str]:
    """What may be done at the address of a request; the framework's own answer leaves out what other handlers do there."""
    path = scope["path"].rstrip("/") or "/"
    routes = [route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute) and _leads_to(route.path, path)]
    fitting = min(routes, key=lambda route: route.path.count("{"), default=None)
    return sorted(str(method) for method in fitting.methods) if fitting else []


def _leads_to(route: str, path: str) -> bool:
    pattern = re.sub(r"\\\{\w+:path\\\}", ".+", re.escape(route))
    return re.fullmatch(re.sub(r"\\\{\w+:\w+\\\}", "[^/]+", pattern), path) is not None


class RequestIdMiddleware(ASGIMiddleware):
    """Binds the request id to the log."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        structlog.contextvars.bind_contextvars(request_id=request_id(scope))
        try:
            await next_app(scope, receive, send)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
