"""Health and metrics: anybody gets a status, the figures are for the operator (contract.md C12, A170-A172, A241, A250)."""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Response, get
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST

from app.services.errors import ServiceError
from app.services.insight import Insight
from app.services.surfaces import Surfaces
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming, answer
from app.web.auth import is_loopback
from app.web.presenters import moment

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def knows_monitor_token(surfaces: Surfaces, token: str) -> bool:
    """Whether this is the operator's token; without one set, nobody knows it."""
    wanted = surfaces.monitor_token
    return bool(wanted) and hmac.compare_digest(token.encode("utf-8", "replace"), wanted.encode())


async def may_look(request: Incoming, surfaces: Surfaces) -> bool:
    """From this machine itself, with the operator's token or switch, or with a key that may read metrics."""
    host = request.client.host if request.client else ""
    if surfaces.monitor_public or (is_loopback(host) and not any(name in request.headers for name in FORWARDED)):
        return True
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
    if knows_monitor_token(surfaces, token):
        return True
    actor = await surfaces.studio.accounts.find_bearer(token, host) if token else None
    return actor is not None and actor.allows("metrics.read")


@get("/api/health", opt=OUTSIDE)
async def health(request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.insight.health()
    body: dict[str, Any] = {"status": "ok" if found.is_well else "error"}
    if await may_look(request, surfaces):
        body |= {
            "database": {"integrity": found.integrity, "checked_at": moment(found.checked_at)},
            "executions": {"running": found.running},
            "uptime_seconds": found.uptime_seconds,
        }
    return answer(body, 200 if found.is_well else 503)


@get(["/metrics", "/api/metrics"], opt=OUTSIDE)
async def metrics(request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    if not await may_look(request, surfaces):
        raise ServiceError("UNAUTHORIZED", "Metrics need a key with the scope admin, or the operator's token.", 401)
    return Response(await surfaces.insight.metrics(), media_type=CONTENT_TYPE_LATEST)


class CountRequests(ASGIMiddleware):
    """Counts answers by the route's own path, so that ids in addresses make no figures of their own."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, insight: Insight) -> None:
        self._requests = insight.requests

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = str(scope.get("path_template") or "unknown")
                self._requests.labels(str(scope.get("method")), route, str(message["status"])).inc()
            await send(message)

        await next_app(scope, receive, counted)


INSIGHT = [health, metrics]
