"""One authentication for everything: each route declares who may use it, and one without a declaration fails at start.

A route's `opt` holds `auth`: `public`, or `session` with a `role`. API keys and tokens will come in by the same door.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from app.services.accounts import Accounts
from app.services.actors import RANK, Actor
from app.services.errors import ServiceError

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "blockyard_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class AuthenticationMiddleware(ASGIMiddleware):
    """Puts the Actor into `scope["user"]`, or refuses."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, accounts: Accounts, no_auth: bool) -> None:
        self._accounts = accounts
        self._no_auth = no_auth
        self._local: Actor | None = None

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection: Connection = ASGIConnection(scope, receive, send)
        opt = connection.route_handler.opt
        if self._no_auth:
            refuse_foreign_host(connection.headers.get("host", ""))
        if opt.get("outside") or scope.get("method") == "OPTIONS":
            scope["user"] = None
            await next_app(scope, receive, send)
            return
        _refuse_foreign_origin(connection)
        token = connection.cookies.get(SECURE_COOKIE) or connection.cookies.get(COOKIE) or ""
        actor = await self._actor(token)
        scope["user"] = actor
        if opt["auth"] == "session":
            if actor is None:
                if _wants_page(connection):
                    await self._to_sign_in(connection, scope, receive, send)
                    return
                raise ServiceError("UNAUTHORIZED", "Sign in first.", 401)
            if token and not self._no_auth:
                await _check_csrf(scope, receive, actor)
            actor.require(opt["role"])
        await next_app(scope, receive, send)

    async def _actor(self, token: str) -> Actor | None:
        if self._no_auth:
            self._local = self._local or await self._accounts.local_actor()
            return self._local
        return await self._accounts.find(token) if token else None

    async def _to_sign_in(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        way_back = f"?next={quote(request.url.path)}" if request.method in SAFE_METHODS else ""
        target = "/setup" if await self._accounts.needs_setup() else f"/sign-in{way_back}"
        response = Redirect(target).to_asgi_response(app=None, request=request)
        await response(scope, receive, send)


async def _check_csrf(scope: Scope, receive: Receive, actor: Actor) -> None:
    """Raises 403 unless an unsafe request that a cookie authenticates bears the session's token."""
    request: Request[Any, Any, Any] = Request(scope, receive)
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORM_TYPES:
        given = str((await request.form()).get("_csrf", ""))
    if not hmac.compare_digest(given.encode(), actor.csrf_token.encode()):
        raise ServiceError("CSRF", "This page is out of date. Reload it and try again.", 403)


def _refuse_foreign_origin(connection: Connection) -> None:
    """Raises 403 for an unsafe or WebSocket request that another site's page has made."""
    if connection.scope["type"] == ScopeType.HTTP and connection.scope["method"] in SAFE_METHODS:
        return
    origin = connection.headers.get("origin")
    if origin is not None and _authority(origin).netloc.lower() != connection.headers.get("host", "").lower():
        raise ServiceError("FOREIGN_ORIGIN", "This request comes from another site.", 403)
    if connection.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise ServiceError("FOREIGN_ORIGIN", "This request comes from another site.", 403)


def refuse_foreign_host(header: str) -> None:
    """Without authentication only loopback names are served, so that no outside name can be pointed here."""
    host = _authority(f"//{header}").hostname or ""
    if not is_loopback(host):
        raise ServiceError("FOREIGN_HOST", "Without authentication this server answers to loopback addresses only.", 403)


def _authority(address: str) -> SplitResult:
    """The parts of an address; all of them empty for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wants_page(connection: Connection) -> bool:
    return (
        connection.scope["type"] == ScopeType.HTTP
        and "text/html" in connection.headers.get("accept", "")
        and not connection.url.path.startswith("/api/")
    )


def check_routes_declare_auth(app: Litestar) -> None:
    """Start-up fails when any route does not say who may use it (security.md)."""
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None) or [route.route_handler]  # type: ignore[union-attr]
        for handler in handlers:
            if getattr(handler, "http_methods", None) == {"OPTIONS"}:
                continue  # made by the framework; it tells the allowed methods and nothing else
            auth = handler.opt.get("auth")
            if auth != "public" and not (auth == "session" and handler.opt.get("role") in RANK):
                raise RuntimeError(
                    f"Route {route.path} declares no auth: give its handler opt auth=public, or auth=session and a role."
                )
