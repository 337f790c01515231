"""A span for each request, named by its route: what stands in addresses and bodies is not told."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.services.tracing import Tracer
from app.web.headers import request_id


class TraceRequests(ASGIMiddleware):
    """Whatever is started within a request belongs to its span."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, spans: Tracer) -> None:
        self._spans = spans

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        route = str(scope.get("path_template") or "unknown")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        method = str(scope.get("method"))
        about = {"http.request.method": method, "http.route": route, "blockyard.request.id": request_id(scope)}
        with self._spans.request(f"{method} {route}", headers, about) as span:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._spans.add(span, {"http.response.status_code": message["status"]})
                await send(message)

            await next_app(scope, receive, told)
