"""Triggers of the developer surface: `/api/v1/triggers` (contract.md A143-A146, G17)."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.sdk import Json
from app.services.actors import Actor
from app.services.surfaces import Surfaces
from app.services.triggers import Trigger
from app.web.api.developer import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import flag_field, read_object, read_paging, text_field
from app.web.presenters import moment

READ, WRITE = needs("workflows.read"), needs("workflows.write")


def shown(found: Trigger) -> dict[str, Json]:
    return {
        "id": found.id,
        "flowId": found.workflow_id,
        "type": found.type,
        "key": found.key,
        "config": found.config,
        "enabled": found.enabled,
        "nextRunAt": moment(found.next_run_at),
        "lastRunAt": moment(found.last_run_at),
        "createdAt": moment(found.created_at),
        "updatedAt": moment(found.updated_at),
    }


@get("/api/v1/triggers", opt=READ)
async def list_triggers(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    query = request.query_params
    page = await surfaces.triggers.list(actor, read_paging(request), query.get("type", ""), query.get("flowId", ""))
    return answer(views.listed(page, [shown(found) for found in page.items]))


@post("/api/v1/triggers", opt=WRITE)
async def create_trigger(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "flowId", "type", "config", "enabled")
    enabled = flag_field(body, "enabled")
    found = await surfaces.triggers.create(
        actor, text_field(body, "flowId"), text_field(body, "type"), body.get("config", {}), enabled is not False
    )
    return answer(views.single(shown(found)), 201)


@get("/api/v1/triggers/{trigger:str}", opt=READ)
async def get_trigger(trigger: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.single(shown(await surfaces.triggers.get(actor, trigger))))


@put("/api/v1/triggers/{trigger:str}", opt=WRITE)
async def update_trigger(trigger: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "config", "enabled")
    found = await surfaces.triggers.update(actor, trigger, body.get("config"), flag_field(body, "enabled"))
    return answer(views.single(shown(found)))


@delete("/api/v1/triggers/{trigger:str}", opt=WRITE, status_code=200)
async def delete_trigger(trigger: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.triggers.delete(actor, trigger)
    return answer(views.single({"id": trigger, "deleted": True}))


ROUTES = [list_triggers, create_trigger, get_trigger, update_trigger, delete_trigger]
