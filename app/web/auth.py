"""One authentication for everything: each route declares who may use it, and one without a declaration fails at start.

A route's `opt` holds `auth`: `public`, or `session` with a `role`, and names an `action` of the permissions table, which says
what scope an API key needs. Session cookie, API key and signed token come in by this one door.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.services.actors import RANK, Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.permissions import PERMISSIONS
from app.web.headers import request_id

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "blockyard_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def needs(action: str) -> dict[str, str]:
    """A route's declaration: who may use it, as the permissions table says."""
    return {"auth": "session", "role": PERMISSIONS[action].role, "action": action}


class AuthenticationMiddleware(ASGIMiddleware):
    """Puts the Actor into `scope["user"]`, or refuses."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, services: Services, no_auth: bool) -> None:
        self._accounts = services.accounts
        self._audit = services.audit
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
        bearer = _bearer(connection)
        if not bearer or self._no_auth:
            _refuse_foreign_origin(connection)
        cookie = connection.cookies.get(SECURE_COOKIE) or connection.cookies.get(COOKIE) or ""
        scope["user"] = actor = await self._actor(connection, bearer, cookie)
        if actor is not None and not bearer and not self._no_auth and (opt["auth"] == "session" or opt.get("csrf")):
            await _check_csrf(scope, receive, actor)
        if opt["auth"] == "session":
            if actor is None:
                if _wants_page(connection):
                    await self._to_sign_in(connection, scope, receive, send)
                    return
                raise ServiceError("UNAUTHORIZED", "Sign in first, or send an API key.", 401)
            _check_permission(actor, opt)
            send = self._recording(scope, send, actor, opt.get("action", ""))
        await next_app(scope, receive, send)

    async def _actor(self, connection: Connection, bearer: str, cookie: str) -> Actor | None:
        address = connection.client.host if connection.client else ""
        if self._no_auth:
            self._local = self._local or await self._accounts.local_actor()
            actor: Actor | None = self._local
        elif bearer:
            actor = await self._accounts.find_bearer(bearer, address)
            if actor is None:
                raise ServiceError("UNAUTHORIZED", "This key or token is unknown, has expired or was revoked.", 401)
        else:
            actor = await self._accounts.find(cookie) if cookie else None
        if actor is None:
            return None
        workspace = connection.headers.get("x-workspace", "")
        actor = await self._accounts.at_work_in(actor, workspace) if workspace else actor
        return replace(actor, address=address, request_id=request_id(connection.scope))

    def _recording(self, scope: Scope, send: Send, actor: Actor, action: str) -> Send:
        """Writes into the audit log what a request has done, before its answer leaves."""
        if scope["type"] != ScopeType.HTTP or scope["method"] in SAFE_METHODS:
            return send
        if not (action and PERMISSIONS[action].audited):
            return send

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await self._audit.note(actor, action, f"{scope['method']} {scope['path']}")
            await send(message)

        return recorded

    async def _to_sign_in(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        way_back = f"?next={quote(request.url.path)}" if request.method in SAFE_METHODS else ""
        target = "/setup" if await self._accounts.needs_setup() else f"/sign-in{way_back}"
        response = Redirect(target).to_asgi_response(app=None, request=request)
        await response(scope, receive, send)


def _bearer(connection: Connection) -> str:
    """The token of an `Authorization: Bearer` header; other schemes, such as a proxy's own, are none of ours."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_permission(actor: Actor, opt: Mapping[str, Any]) -> None:
    """Raises 403 below the route's role, or for a key without the route's scope."""
    actor.require(opt["role"])
    if "action" in opt:
        actor.demand(opt["action"])
    elif actor.scopes is not None:
        raise ServiceError("FORBIDDEN", "This call takes no API keys.", 403)


async def _check_csrf(scope: Scope, receive: Receive, actor: Actor) -> None:
    """Raises 403 unless an unsafe request that a cookie authenticates bears the session's token."""
    if scope["type"] != ScopeType.HTTP or scope["method"] in SAFE_METHODS:
        return
    request: Request[Any, Any, Any] = Request(scope, receive)
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
            if handler.opt.get("action", "account.read") not in PERMISSIONS:
                raise RuntimeError(f"Route {route.path} names the action {handler.opt['action']}, which is in no table.")
