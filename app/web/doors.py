"""Calls from outside that come through the web application: by key and by workflow name (contract.md C19)."""

from __future__ import annotations

from litestar import Response, post, route
from litestar.enums import HttpMethod

from app.services.hooks import HookAnswer, HookCall
from app.services.surfaces import Surfaces
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming
from app.web.hooks import answer_parts

METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


async def read_call(request: Incoming) -> HookCall:
    """The call with its whole body, which is bounded by the application."""
    headers: dict[str, str] = {}
    for name, value in request.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return HookCall("", str(request.method), headers, dict(request.query_params), await request.body())


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


DOORS = [fire_webhook, call_workflow]
