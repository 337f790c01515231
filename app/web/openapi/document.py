"""Pure: the routes of the application as an OpenAPI 3.1 description (contract.md A240)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from app.sdk import Json
from app.services.permissions import ANY_KEY, PEOPLE_ONLY, PERMISSIONS
from app.web.openapi import copilot, developer, endpoints, flow8, people, streams, studio, tables
from app.web.openapi.calls import Answer, Body, Call, Parameter, Tables
from app.web.openapi.kinds import Schema
from app.web.openapi.parts import ERROR_SCHEMA
from app.web.openapi.shapes import example_of, ref, text

Handler = HTTPRouteHandler | WebsocketRouteHandler
VERSION = "1"
PARAMETER = re.compile(r"\{(\w+):\w+\}")
SOURCE = re.compile(r" ?\(contract\.md[^)]*\)")
"""Where a rule comes from is for those who read the code."""
HIDDEN = ("/static/", "/api/openapi")
OUTSIDE = ("/api/webhooks/", "/webhooks/", "/c/", "/api/v1/webhook/")
"""Addresses of workflows: whoever calls brings the workflow's own secret."""
PARTS = (studio, tables, copilot, developer, endpoints, flow8, people, streams)
CALLS: Tables = {name: call for part in PARTS for name, call in part.CALLS.items()}
SCHEMAS: Mapping[str, Schema] = {"Error": ERROR_SCHEMA} | {
    name: schema for part in PARTS for name, schema in part.SCHEMAS.items()
}
REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("VALIDATION_ERROR", "Something in the request is wrong; `details` names every problem"),
    401: ("UNAUTHORIZED", "Nobody has signed in, or the key is unknown"),
    403: ("FORBIDDEN", "Role or scope do not allow this"),
    404: ("NOT_FOUND", "There is no such thing in this workspace"),
    405: ("METHOD_NOT_ALLOWED", "This is taken by other methods, or as a WebSocket only"),
    409: ("CONFLICT", "It does not fit what is there now"),
    410: ("ADDRESS_USED", "It is over"),
    412: ("STALE_REVISION", "Somebody has changed it since"),
    413: ("TOO_LARGE", "The body is too large"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send JSON"),
    422: ("IDEMPOTENCY_MISMATCH", "The key came with another body before"),
    429: ("TOO_MANY_REQUESTS", "Too many requests; `Retry-After` says when to come back"),
    500: ("INTERNAL_ERROR", "Our own fault; of a webhook, the execution failed, and `execution_id` names it"),
    503: ("UNAVAILABLE", "The server ends, or its database does not answer"),
    504: ("STILL_RUNNING", "It goes on; `execution_id` names it"),
}
WORDS = """Workflows: drawn, run, deployed, called. Sign calls with an API key or a token (`Authorization: Bearer`), or with the
session cookie and, for unsafe methods, `X-CSRF-Token`. `X-Workspace` picks a workspace for one call."""
SECURITY: dict[str, Json] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token of POST /auth/login"},
    "session": {"type": "apiKey", "in": "cookie", "name": "blockyard_session", "description": "Set by POST /api/auth/login"},
    "secret": {"type": "apiKey", "in": "query", "name": "token", "description": "A webhook's secret, where no header fits"},
}


def describe(app: Litestar, url: str) -> dict[str, Json]:
    """The whole interface for programs; pages for people are left out."""
    paths: dict[str, dict[str, Json]] = {}
    for method, path, handler in routes(app):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, handler)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Blockyard", "version": VERSION, "description": " ".join(WORDS.split())},
        "servers": [{"url": url}],
        "tags": [{"name": name} for name in sorted({_tag(path) for path in paths})],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(SCHEMAS), "responses": REFUSED, "securitySchemes": SECURITY},
    }


def routes(app: Litestar) -> Iterator[tuple[str, str, Handler | None]]:
    """Method, path and handler of every call; without a handler, what is answered outside the web application's routes."""
    read = {route.path for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods}
    for route in app.routes:
        if isinstance(route, WebSocketRoute) and _is_for_programs(route.path) and route.path not in read:
            yield "GET", PARAMETER.sub(r"{\1}", route.path), route.route_handler
        if isinstance(route, HTTPRoute) and _is_for_programs(route.path):
            for handler in route.route_handlers:
                for method in sorted(str(one) for one in handler.http_methods):
                    if method not in ("OPTIONS", "HEAD"):
                        yield method, PARAMETER.sub(r"{\1}", route.path), handler
    for method in ("DELETE", "GET", "PATCH", "POST", "PUT"):
        yield method, "/api/webhooks/{webhook_id}", None
    for method in ("GET", "POST"):
        yield method, "/api/mcp", None


def _is_for_programs(path: str) -> bool:
    known = path.startswith(("/api/", "/auth/", "/webhooks/", "/c/")) or path in ("/healthz", "/readyz", "/metrics")
    return known and not path.startswith(HIDDEN)


def _operation(method: str, path: str, handler: Handler | None) -> dict[str, Json]:
    call = CALLS.get(f"{method} {path}") or Call({200: Answer({})})
    opt = {"action": "mcp.use"} if path == "/api/mcp" else dict(handler.opt) if handler else {"auth": "public"}
    is_public = opt.get("auth") == "public"
    name, words = ("call", "") if handler is None else (handler.handler_name, handler.fn.__doc__ or "")
    operation: dict[str, Json] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "summary": call.summary or name.replace("_", " ").capitalize(),
        "tags": [_tag(path)],
        "parameters": [*_path_parameters(path, call), *(_parameter(one) for one in call.parameters)],
        "responses": _responses(path, call, is_public=is_public),
        "security": _security(path, is_public=is_public),
    }
    operation |= {"description": SOURCE.sub("", " ".join(words.split()))} if words else {}
    operation |= {"requestBody": _body(call.body)} if call.body else {}
    permission = PERMISSIONS.get(str(opt.get("action")))
    if permission is not None and not is_public:
        operation["x-role"] = permission.role
        operation |= {} if permission.scope in (ANY_KEY, PEOPLE_ONLY) else {"x-scope": permission.scope}
    return operation


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        return f"v1 {parts[2]}"
    return parts[1] if parts[0] == "api" and len(parts) > 1 else parts[0]


def _security(path: str, *, is_public: bool) -> list[Json]:
    if path.startswith(OUTSIDE):
        return [{"bearer": []}, {"secret": []}, {}]
    return [] if is_public else [{"bearer": []}, {"session": []}]


def _path_parameters(path: str, call: Call) -> list[Json]:
    usual = text(least=1, most=200)
    names = re.findall(r"\{(\w+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": call.paths.get(name, usual)} for name in names]


def _parameter(one: Parameter) -> Json:
    schema = one.schema | ({"enum": [*one.schema["enum"], ""]} if "enum" in one.schema else {})  # empty: the usual
    return {"name": one.name, "in": one.place, "required": one.needed, "description": one.words, "schema": schema}


def _body(body: Body) -> Json:
    content = {kind: {"schema": body.schema, "example": body.example} for kind in body.kinds}
    return {"required": body.needed, "content": content}


def _responses(path: str, call: Call, *, is_public: bool) -> dict[str, Json]:
    found: dict[str, Json] = {str(status): _answered(answer) for status, answer in call.answers.items()}
    statuses = {400, 404, 429, 500, *call.refusals} | (set() if is_public else {401, 403})
    for status in sorted(statuses | ({413, 415} if call.body else set())):
        found.setdefault(str(status), {"$ref": f"#/components/responses/Refused{status}"})
    if path.startswith(OUTSIDE):
        found["default"] = {"description": "What the workflow's response block says"}
    return found


def _answered(answer: Answer) -> Json:
    said = {"schema": answer.schema, "example": example_of(answer.schema, SCHEMAS)}
    content = {"content": dict.fromkeys((answer.kind, *answer.other_kinds), said)}
    headers = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return {"description": answer.words} | (content if answer.kind else {}) | ({"headers": headers} if headers else {})


def _refused(status: int, code: str, words: str) -> Json:
    example = {"error": code, "message": words, "statusCode": status, "request_id": "5f0c1a2b3d4e", "details": []}
    content = {kind: {"schema": ref("Error"), "example": example} for kind in ("application/json", "application/problem+json")}
    return {"description": words, "content": content}


REFUSED: Mapping[str, Json] = {f"Refused{status}": _refused(status, *about) for status, about in REFUSALS.items()}
