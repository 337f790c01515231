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
        "clear-site-data",
        "connection",
        "content-length",
        "content-security-policy",
        "date",
        "keep-alive",
        "service-worker-allowed",
        "set-cookie",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-execution-id",
        "x-request-id",
    }
)
"""What a workflow cannot say: it is about the connection, or about the whole site that the studio lives on."""
WITHOUT_BODY = frozenset({204, 205, 304})


@route("/api/webhooks/{webhook:str}", http_method=METHODS, opt=OUTSIDE, name="webhook")
async def call_webhook(webhook: str, request: Incoming, services: Services) -> Response[bytes]:
    call = HookCall(webhook, request.method, dict(request.headers), dict(request.query_params), await request.body())
    return _response(await services.hooks.call(call))


def _response(answer: HookAnswer) -> Response[bytes]:
    execution = {"X-Execution-Id": answer.execution_id} | ({"Idempotent-Replayed": "true"} if answer.replayed else {})
    if answer.ended is not None:
        body = {"execution_id": answer.execution_id, "status": answer.ended.status, "output": answer.ended.output}
        return Response(encode(body), status_code=200, media_type="application/json", headers=GUARD | execution)
    given = {name.lower(): _header_text(value) for name, value in (answer.response.get("headers") or {}).items()}
    headers = {name: value for name, value in given.items() if name not in NEVER_SENT} | GUARD | execution
    status = answer.response["status"]
    if status in WITHOUT_BODY:
        return Response(b"", status_code=status, headers={name: text for name, text in headers.items() if name != "content-type"})
    content, default_type = _content(answer.response["body"], headers.get("content-type", ""))
    kind = headers.get("content-type", default_type)
    charset = "; charset=utf-8" if kind.startswith("text/") and "charset" not in kind.lower() else ""
    return Response(content, status_code=status, headers=headers | {"content-type": kind + charset})


def _header_text(value: Json) -> str:
    """Headers go out as Latin-1 characters that stand for the bytes; other letters are sent as UTF-8."""
    return str(value).encode().decode("latin-1")


def _content(body: Json, content_type: str) -> tuple[bytes, str]:
    """A text goes out as it is, unless its type says JSON; everything else as JSON."""
    if isinstance(body, str) and "json" not in content_type.lower():
        return body.encode(), "text/plain"
    return encode(body), "application/json"


ROUTES = [call_webhook]
