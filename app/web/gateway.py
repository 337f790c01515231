"""The door for webhook calls: before the web application, because nothing of the studio concerns them.

Every address form ends in the one dispatcher `Hooks.call` (contract.md C19, G28). There is no session and no origin here;
the webhook's own secret decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from urllib.parse import parse_qsl
from uuid import uuid4

import structlog

from app.engine.values import encode
from app.services.errors import ServiceError
from app.services.hook_answers import HookCall
from app.services.hooks import Hooks
from app.services.tracing import Tracer
from app.web.auth import refuse_foreign_host
from app.web.hooks import GUARD, Parts, answer_parts
from app.web.proxies import Proxies, joined

PREFIX = "/api/webhooks/"
ROUTE = PREFIX + "{webhook_id}"
BODY_BYTES = 1_000_000
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
COMMON = {"cache-control": "no-store", "referrer-policy": "no-referrer"}

Answering = Callable[[Any, bytes | None], Awaitable[Parts]]

logger = structlog.get_logger()


def is_hook(scope: Any) -> bool:
    """Whether a request is a webhook call."""
    return scope["path"].startswith(PREFIX) and scope["method"] in METHODS


class Gateway:
    """Answers webhook calls. With `spans`, each has a span, as requests of the studio have."""

    def __init__(self, hooks: Hooks, no_auth: bool = False, proxies: Proxies | None = None, spans: Tracer | None = None) -> None:
        self._hooks = hooks
        self._no_auth = no_auth
        self._proxies = proxies or None
        self._spans = spans
        self.answer: Answering = self._answer if spans is None else self._traced
        """What the caller gets; the body is None when it was longer than BODY_BYTES."""

    async def _traced(self, scope: Any, body: bytes | None) -> Parts:
        """The same within a span, which whatever the call starts belongs to."""
        assert self._spans is not None
        about = {"http.request.method": scope["method"], "http.route": ROUTE}
        with self._spans.request(f"{scope['method']} {ROUTE}", joined(scope["headers"]), about) as span:
            parts = await self._answer(scope, body)
            self._spans.add(span, {"http.response.status_code": parts[0], "blockyard.request.id": parts[1]["x-request-id"]})
            return parts

    async def _answer(self, scope: Any, body: bytes | None) -> Parts:
        request_id = uuid4().hex
        try:
            if body is None:
                await self._refuse_large(self._call(scope, b""))
            status, headers, content = answer_parts(await self._hooks.call(self._call(scope, body or b"")))
        except ServiceError as error:
            status, headers, content = _refusal(error, request_id)
        except Exception:
            logger.exception("webhook call failed", request_id=request_id)
            message = "Something went wrong on our side. The log has the details."
            status, headers, content = _refusal(ServiceError("INTERNAL_ERROR", message, 500), request_id)
        return status, {**COMMON, **headers, "x-request-id": request_id, "content-length": str(len(content))}, content

    async def _refuse_large(self, call: HookCall) -> NoReturn:
        error = ServiceError("TOO_LARGE", f"The request body is too large; {BODY_BYTES:,} bytes are allowed.", 413)
        await self._hooks.too_large(call, error)
        raise error

    def _call(self, scope: Any, body: bytes) -> HookCall:
        headers = joined(scope["headers"])
        if self._no_auth:
            refuse_foreign_host(headers.get("host", ""))
        text = scope["query_string"].decode("latin-1")
        query = dict(parse_qsl(text, keep_blank_values=True)) if text else {}
        peer = scope["client"][0] if scope["client"] else ""
        address = peer if self._proxies is None else self._proxies.address(peer, headers)
        return HookCall(scope["path"][len(PREFIX) :], scope["method"], headers, query, body, address)


def _refusal(error: ServiceError, request_id: str) -> Parts:
    body = {"error": error.code, "message": error.message, "statusCode": error.status, "request_id": request_id}
    retry = {"retry-after": str(error.data["retry_after"])} if "retry_after" in error.data else {}
    content = encode(body | {"details": error.details} | error.data)
    return error.status, {"content-type": "application/json"} | GUARD | retry, content
