"""Calls from outside that come through the web application: by key, by workflow name, through channels (contract.md C19)."""

from __future__ import annotations

from litestar import Response, post, route
from litestar.enums import HttpMethod
from litestar.types import ASGIApp, Receive, Scope, Send

from app.services.hook_answers import HookAnswer, HookCall
from app.services.surfaces import Surfaces
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming, answer
from app.web.hooks import answer_parts
from app.web.mcp import McpEndpoint, again

METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


async def read_call(request: Incoming) -> HookCall:
    """The call with its whole body, which is bounded by the application."""
    return call_of(request, await request.body())


def call_of(request: Incoming, body: bytes) -> HookCall:
    """The call, with what of its body matters."""
    headers: dict[str, str] = {}
    for name, value in request.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    address = request.client.host if request.client else ""
    return HookCall("", str(request.method), headers, dict(request.query_params), body, address)


def shown(found: HookAnswer) -> Response[bytes]:
    """What the caller gets, guarded as every answer of a workflow is."""
    status, headers, body = answer_parts(found)
    kind = headers.pop("content-type", "")
    return Response(body, status_code=status, headers=PRIVATE | headers, media_type=kind or "application/octet-stream")


@post("/api/v1/webhook/{key:str}", opt=OUTSIDE, status_code=200)
async def fire_webhook(key: str, request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    return shown(await surfaces.doors.by_key(key, await read_call(request)))


@route("/webhooks/{workflow:str}", http_method=METHODS, opt=OUTSIDE, status_code=200)
async def call_workflow(workflow: str, request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    return shown(await surfaces.doors.by_name(workflow, await read_call(request)))


@route("/c/{channel:str}/{path:path}", http_method=METHODS, opt=OUTSIDE, status_code=200)
async def call_channel(channel: str, path: str, request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.channels.call(channel, path, await read_call(request))
    return shown(found.single) if found.single is not None else answer(found.body, found.status, PRIVATE)


@route("/c/{channel:str}", http_method=METHODS, opt=OUTSIDE, status_code=200)
async def call_channel_itself(channel: str, request: Incoming, surfaces: Surfaces) -> ASGIApp:
    """The address of a channel that speaks MCP, or of a route without a path."""
    call = await read_call(request)
    if await surfaces.channels.speaks_mcp(channel, call.headers):
        return _by_mcp(request.app.state["channel_mcp"], call.body)
    found = await surfaces.channels.call(channel, "", call)
    response = shown(found.single) if found.single is not None else answer(found.body, found.status, PRIVATE)
    return response.to_asgi_response(app=None, request=request)


def _by_mcp(endpoint: McpEndpoint, body: bytes) -> ASGIApp:
    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(scope, again(body, receive), send)

    return answered


DOORS = [fire_webhook, call_workflow, call_channel, call_channel_itself]
