"""Pure: the routes of the application as an OpenAPI 3.1 description (contract.md A240)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from app.sdk import Json
from app.services.permissions import ANY_KEY, PEOPLE_ONLY, PERMISSIONS
from app.web.openapi_bodies import BODIES, LISTS, SCHEMAS

VERSION = "1"
PARAMETER = re.compile(r"\{(\w+):\w+\}")
SOURCE = re.compile(r" ?\(contract\.md[^)]*\)")
"""Where a rule comes from is for those who read the code."""
HIDDEN = ("/static/", "/api/openapi")
ERRORS: Mapping[str, str] = {
    "400": "Something in the request is wrong; `details` names every problem",
    "401": "Nobody has signed in, or the key is unknown",
    "403": "Role or scope do not allow this",
    "404": "There is no such thing in this workspace",
}
PAGING: tuple[tuple[str, str, dict[str, Json]], ...] = (
    ("page", "Which page, from 0", {"type": "integer", "minimum": 0, "default": 0}),
    ("size", "How many on a page", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    ("q", "Only what holds this text", {"type": "string", "maxLength": 200}),
    ("order", "asc or desc", {"type": "string", "enum": ["asc", "desc"]}),
)


def describe(app: Litestar, url: str) -> dict[str, Json]:
    """The whole interface for programs; pages for people are left out."""
    paths: dict[str, dict[str, Json]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute) and _is_for_programs(route.path):
            path = PARAMETER.sub(r"{\1}", route.path)
            for method, handler in _handlers(route):
                paths.setdefault(path, {})[method.lower()] = _operation(method, path, handler)
    paths["/api/webhooks/{webhook_id}"] = {"post": _webhook()}
    paths["/api/mcp"] = {"post": _mcp()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Blockyard", "version": VERSION, "summary": "Workflows: drawn, run, deployed, called."},
        "servers": [{"url": url}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key or a token of /auth/login"},
                "session": {"type": "apiKey", "in": "cookie", "name": "blockyard_session"},
            },
        },
    }


def _is_for_programs(path: str) -> bool:
    known = path.startswith(("/api/", "/auth/", "/webhooks/", "/c/")) or path in ("/healthz", "/readyz", "/metrics")
    return known and not path.startswith(HIDDEN)


def _handlers(route: HTTPRoute) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for handler in route.route_handlers:
        for method in sorted(str(one) for one in handler.http_methods):
            if method not in ("OPTIONS", "HEAD"):
                yield method, handler


def _operation(method: str, path: str, handler: HTTPRouteHandler) -> dict[str, Json]:
    name = handler.handler_name
    words = SOURCE.sub("", " ".join((handler.fn.__doc__ or "").split()))
    opt = handler.opt
    operation: dict[str, Json] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "summary": name.replace("_", " ").capitalize(),
        "tags": [_tag(path)],
        "parameters": _parameters(method, path),
        "responses": _responses(handler, public=opt.get("auth") == "public"),
    }
    operation |= {"description": words} if words else {}
    if method in ("POST", "PUT", "PATCH"):
        operation["requestBody"] = {"content": {"application/json": BODIES.get((method, path), {"schema": {"type": "object"}})}}
    operation["security"] = [] if opt.get("auth") == "public" else [{"bearer": []}, {"session": []}]
    permission = PERMISSIONS.get(str(opt.get("action")))
    if permission is not None and opt.get("auth") != "public":
        operation["x-role"] = permission.role
        operation |= {} if permission.scope in (ANY_KEY, PEOPLE_ONLY) else {"x-scope": permission.scope}
    return operation


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        return f"v1 {parts[2]}"
    return parts[1] if parts[0] == "api" and len(parts) > 1 else parts[0]


def _parameters(method: str, path: str) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"\{(\w+)\}", path)
    ]
    if method == "GET" and path in LISTS:
        for name, words, schema in PAGING:
            found.append({"name": name, "in": "query", "required": False, "description": words, "schema": schema})
    return found


def _responses(handler: HTTPRouteHandler, *, public: bool) -> dict[str, Json]:
    found: dict[str, Json] = {
        str(handler.status_code): {"description": "Done", "content": {"application/json": {"schema": {}}}}
    }
    for status, words in ERRORS.items():
        if not (public and status in ("401", "403")):
            found[status] = _error(words)
    found["default"] = _error("Anything else that is refused")
    return found


def _error(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _webhook() -> dict[str, Json]:
    return {
        "operationId": "call_webhook",
        "summary": "Call a deployed or armed webhook",
        "tags": ["webhooks"],
        "parameters": [
            {"name": "webhook_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
            {"name": "token", "in": "query", "required": False, "schema": {"type": "string"}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {}, "example": {"order": 7}}}},
        "responses": {"200": {"description": "The workflow's answer"}, "default": _error("Refused, or failed")},
        "security": [{"bearer": []}, {}],
    }


def _mcp() -> dict[str, Json]:
    example = {"method": "tools/call", "name": "trigger_run", "arguments": {"flowId": "my-workflow"}}
    return {
        "operationId": "call_mcp",
        "summary": "Model Context Protocol, or its short form without `jsonrpc`",
        "tags": ["mcp"],
        "parameters": [],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": example}}},
        "responses": {"200": {"description": "The answer; in `data` for the short form"}, "default": _error("Refused")},
        "security": [{"bearer": []}, {"session": []}],
        "x-scope": "mcp",
        "x-role": "viewer",
    }
