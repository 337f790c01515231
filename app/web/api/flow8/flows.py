"""Flows and their layers on the flow8 surface: `/api/flows` (contract.md A074-A083)."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import Response, delete, get, post, put

from app.engine.messages import iso
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.idempotency import header_key
from app.services.surfaces import Surfaces
from app.web.api.developer.flows import read_change
from app.web.api.developer.views import listed
from app.web.api.flow8 import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_json, read_object, read_paging

READ, WRITE, RUN = needs("workflows.read"), needs("workflows.write"), needs("workflows.run")
FIELDS = ("name", "description", "enabled", "category", "groupId")


@get("/api/flows", opt=READ)
async def flow8_flows(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.flows.list(actor, read_paging(request))
    return answer(listed(page, [views.listed_flow(item) for item in page.items]))


@post("/api/flows", opt=WRITE)
async def flow8_create_flow(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.flow(await surfaces.flows.create(actor, await read_change(request, *FIELDS))), 201)


@get("/api/flows/{flow:str}", opt=READ)
async def flow8_flow(flow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.flow(await surfaces.flows.get(actor, flow)))


@put("/api/flows/{flow:str}", opt=WRITE)
async def flow8_update_flow(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.flow(await surfaces.flows.update(actor, flow, await read_change(request, *FIELDS))))


@delete("/api/flows/{flow:str}", opt=WRITE, status_code=200)
async def flow8_delete_flow(flow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.flows.get(actor, flow)
    await surfaces.studio.workflows.delete(actor, found.workflow.id)
    return answer({"ok": True, "id": found.workflow.id})


@post("/api/flows/{flow:str}/run", opt=RUN, status_code=202)
async def flow8_run(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "args", "idempotencyKey")
    args, text = body.get("args", {}), body.get("idempotencyKey") or request.headers.get("idempotency-key")
    if not isinstance(args, dict):
        raise invalid("`args` must be an object.", [{"field": "args", "message": "must be an object"}])
    if text is not None and not isinstance(text, str):
        raise invalid("`idempotencyKey` must be a text.", [{"field": "idempotencyKey", "message": "must be a text"}])
    key = None if text is None else header_key(text, args)
    try:
        started = await surfaces.studio.executions.execute(actor, flow, args, key=key, durably=True)
    except ServiceError as error:
        raise not_found("flow", flow) if error.code == "WORKFLOW_NOT_FOUND" else error from None
    headers = {"Idempotent-Replayed": "true"} if started.replayed else {}
    return answer({"playId": started.execution_id, "state": "NEW", "startedAt": iso(datetime.now(UTC))}, 202, headers)


@get("/api/flows/{flow:str}/layers", opt=READ)
async def flow8_layers(flow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = [views.layer(layer) for layer in await surfaces.layers.list(actor, flow)]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@post("/api/flows/{flow:str}/layers", opt=WRITE)
async def flow8_add_layer(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.layer(await surfaces.layers.add(actor, flow, await read_json(request, empty={}))), 201)


@put("/api/flows/{flow:str}/layers/{layer:str}", opt=WRITE)
async def flow8_update_layer(flow: str, layer: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.layer(await surfaces.layers.update(actor, flow, layer, await read_json(request, empty={}))))


@delete("/api/flows/{flow:str}/layers/{layer:str}", opt=WRITE, status_code=200)
async def flow8_delete_layer(flow: str, layer: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.layers.delete(actor, flow, layer)
    return answer({"ok": True, "id": layer})


ROUTES = [
    flow8_flows,
    flow8_create_flow,
    flow8_flow,
    flow8_update_flow,
    flow8_delete_flow,
    flow8_run,
    flow8_layers,
    flow8_add_layer,
    flow8_update_layer,
    flow8_delete_layer,
]
