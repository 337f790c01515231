"""Inbound webhooks: one dispatcher behind every address form (contract.md C19, G28)."""

from __future__ import annotations

from litestar import HttpMethod, Response, route

from app.engine.values import encode
from app.sdk import Json
from app.services.container import Services
from app.services.hooks import HookAnswer, HookCall
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming

METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
GUARD = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
NEVER_SENT = frozenset(
    {
        "set-cookie",
        "content-length",
        "transfer-encoding",
        "connection",
        "content-security-policy",
        "x-content-type-options",
        "content-type",
    }
)


@route("/api/webhooks/{webhook:str}", http_method=METHODS, opt=OUTSIDE, name="webhook")
async def call_webhook(webhook: str, request: Incoming, services: Services) -> Response[bytes]:
    call = HookCall(webhook, request.method, dict(request.headers), dict(request.query_params), await request.body())
    return _response(await services.hooks.call(call))


def _response(answer: HookAnswer) -> Response[bytes]:
    execution = {"X-Execution-Id": answer.execution_id}
    if answer.ended is not None:
        body = {"execution_id": answer.execution_id, "status": answer.ended.status, "output": answer.ended.output}
        return Response(encode(body), status_code=200, media_type="application/json", headers=GUARD | execution)
    headers = {name.lower(): str(value) for name, value in (answer.response.get("headers") or {}).items()}
    content, default_type = _content(answer.response["body"], headers.get("content-type", ""))
    sent = {name: value for name, value in headers.items() if name not in NEVER_SENT}
    return Response(
        content,
        status_code=answer.response["status"],
        media_type=headers.get("content-type", default_type),
        headers=sent | GUARD | execution,
    )


def _content(body: Json, content_type: str) -> tuple[bytes, str]:
    """A text goes out as it is, unless its type says JSON; everything else as JSON."""
    if isinstance(body, str) and "json" not in content_type:
        return body.encode(), "text/plain; charset=utf-8"
    return encode(body), "application/json"


ROUTES = [call_webhook]
