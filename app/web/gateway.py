"""The door for webhook calls: plain ASGI before the web application, because nothing of the studio concerns them.

Every address form ends in the one dispatcher `Hooks.call` (contract.md C19, G28). There is no session and no origin here;
the webhook's own secret decides.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import structlog
from litestar.types import ASGIApp, Receive, Send

from app.engine.values import encode
from app.services.errors import ServiceError
from app.services.hooks import HookCall, Hooks
from app.web.auth import refuse_foreign_host
from app.web.hooks import GUARD, Parts, answer_parts

PREFIX = "/api/webhooks/"
BODY_BYTES = 1_000_000
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
COMMON = {"cache-control": "no-store", "referrer-policy": "no-referrer"}

logger = structlog.get_logger()


class Gateway:
    """Answers webhook calls and hands everything else to the web application."""

    def __init__(self, application: ASGIApp, hooks: Hooks, body_limit: int, no_auth: bool = False) -> None:
        self._application = application
        self._hooks = hooks
        self._body_limit = body_limit
        self._no_auth = no_auth

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX) or scope["method"] not in METHODS:
            await self._application(scope, receive, send)
            return
        request_id = uuid4().hex
        try:
            call = await self._read(scope, receive)
            if call is None:
                return
            status, headers, body = answer_parts(await self._hooks.call(call))
        except ServiceError as error:
            status, headers, body = _refusal(error, request_id)
        except Exception:
            logger.exception("webhook call failed", request_id=request_id)
            message = "Something went wrong on our side. The log has the details."
            status, headers, body = _refusal(ServiceError("INTERNAL_ERROR", message, 500), request_id)
        headers |= {"x-request-id": request_id, "content-length": str(len(body))}
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (COMMON | headers).items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _read(self, scope: Any, receive: Receive) -> HookCall | None:
        """The call with its whole body; None when the caller has gone. Raises 413."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if self._no_auth:
            refuse_foreign_host(headers.get("host", ""))
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        body = await self._body(headers.get("content-length", ""), receive)
        return None if body is None else HookCall(scope["path"][len(PREFIX) :], scope["method"], headers, query, body)

    async def _body(self, announced: str, receive: Receive) -> bytes | None:
        if announced.isdigit() and int(announced) > self._body_limit:
            raise _too_large(self._body_limit)
        parts: list[bytes] = []
        size = 0
        while True:
            message: Any = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._body_limit:
                raise _too_large(self._body_limit)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limit: int) -> ServiceError:
    return ServiceError("TOO_LARGE", f"The request body is too large; {limit:,} bytes are allowed.", 413)


def _refusal(error: ServiceError, request_id: str) -> Parts:
    body = {"error": error.code, "message": error.message, "statusCode": error.status, "request_id": request_id}
    retry = {"retry-after": str(error.data["retry_after"])} if "retry_after" in error.data else {}
    content = encode(body | {"details": error.details} | error.data)
    return error.status, {"content-type": "application/json"} | GUARD | retry, content
