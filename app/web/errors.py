"""Every failure as the one error shape (contract.md C10), or as a page for people."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from app.engine.values import encode
from app.sdk import Json
from app.services.errors import ServiceError
from app.web.headers import request_id
from app.web.reader import speak
from app.web.telling import told, told_problem

logger = structlog.get_logger()

CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "TOO_MANY_REQUESTS",
}
PROBLEM = "application/problem+json"
MESSAGES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request body is too large.",
}


def service_error(request: Request[Any, Any, Any], error: ServiceError) -> Response[Any]:
    return _answer(request, error.status, error.code, error.message, error.details, error.data)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status >= 500:
        return crash(request, error)
    code = CODES.get(status, "BAD_REQUEST")
    return _answer(request, status, code, MESSAGES.get(status) or str(error.detail), _details(error), {})


def crash(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    logger.error("request failed", path=request.url.path, exc_info=error)
    return _answer(request, 500, "INTERNAL_ERROR", "Something went wrong on our side. The log has the details.", [], {})


def _details(error: HTTPException) -> list[Json]:
    extra = error.extra
    return (
        [{"field": str(item.get("key", "")), "message": str(item.get("message", ""))} for item in extra]
        if isinstance(extra, list)
        else []
    )


def _answer(
    request: Request[Any, Any, Any], status: int, code: str, message: str, details: list[Json], data: dict[str, Json]
) -> Response[Any]:
    identifier = request_id(request.scope)
    speak(request.scope)
    message, details = told(message), [told_problem(detail) if isinstance(detail, dict) else detail for detail in details]
    headers = {"Retry-After": str(data["retry_after"])} if "retry_after" in data else {}
    if _is_page(request):
        user = request.scope.get("user")
        context = {
            "status": status,
            "code": code,
            "message": message,
            "request_id": identifier,
            "actor": user,
            "csrf_token": user.csrf_token if user else "",
            "no_auth": bool(request.app.state.get("no_auth")),
            "path": request.url.path,
        }
        return Template("pages/error.html", context=context, status_code=status, headers=headers)
    body = {"error": code, "message": message, "statusCode": status, "request_id": identifier, "details": details} | data
    kind = "application/json"
    if PROBLEM in request.headers.get("accept", ""):  # RFC 9457
        kind = PROBLEM
        body |= {"type": "about:blank", "title": code.replace("_", " ").capitalize(), "status": status, "detail": message}
    return Response(encode(body), status_code=status, media_type=kind, headers=headers)


def _is_page(request: Request[Any, Any, Any]) -> bool:
    accept = request.headers.get("accept", "")
    return (
        "text/html" in accept and not request.url.path.startswith(("/api/", "/static/")) and "hx-request" not in request.headers
    )
