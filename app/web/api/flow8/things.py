"""Groups, stored values, channels and schedules of the flow8 surface (contract.md A089-A104)."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import invalid
from app.services.key_values import place_of
from app.services.surfaces import Surfaces
from app.services.trigger_specs import ScheduleSpec
from app.web.api.developer.values import read_value
from app.web.api.developer.views import listed
from app.web.api.flow8 import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import flag_field, read_json, read_object, read_paging, text_field

READ, WRITE = needs("workflows.read"), needs("workflows.write")
KV_READ, KV_WRITE = needs("state.read"), needs("state.write")
TIMES = tuple(ScheduleSpec.model_fields)
ONE_OF_BOTH = ("cron", "intervalSeconds")


def _index(body: dict[str, Json]) -> int | None:
    value = body.get("index")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise invalid("`index` must be a whole number.", [{"field": "index", "message": "must be a whole number"}])
    return value


# -- groups ------------------------------------------------------------------------------------------------------


@get("/api/groups", opt=READ)
async def list_groups(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.groups.list(actor, read_paging(request))
    return answer(listed(page, [views.group(row) for row in page.items]))


@post("/api/groups", opt=WRITE)
async def create_group(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "name", "index")
    return answer(views.group(await surfaces.groups.create(actor, text_field(body, "name"), _index(body) or 0)), 201)


@put("/api/groups/{group:str}", opt=WRITE)
async def update_group(group: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "name", "index")
    name = text_field(body, "name") if "name" in body else None
    return answer(views.group(await surfaces.groups.update(actor, group, name, _index(body))))


@delete("/api/groups/{group:str}", opt=WRITE, status_code=200)
async def delete_group(group: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.groups.delete(actor, group, request.query_params.get("move_to"))
    return answer({"ok": True, "id": group})


# -- stored values -----------------------------------------------------------------------------------------------


@get("/api/kv", opt=KV_READ)
async def list_entries(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.key_values.list(actor, request.query_params.get("scope"), read_paging(request))
    return answer(listed(page, [views.entry(found) for found in page.items]))


@post("/api/kv", opt=KV_WRITE)
async def set_entry(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "scope", "key", "value", "ttl")
    if "value" not in body:
        raise invalid("`value` is needed.", [{"field": "value", "message": "is needed"}])
    value, ttl = read_value({name: body[name] for name in ("value", "ttl") if name in body})
    scope, key = text_field(body, "scope", "global"), text_field(body, "key")
    found, is_new = await surfaces.key_values.put(actor, scope, key, value, ttl)
    return answer(views.entry(found), 201 if is_new else 200)


@delete("/api/kv/{entry:str}", opt=KV_WRITE, status_code=200)
async def delete_entry(entry: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.key_values.delete(actor, *place_of(entry))
    return answer({"ok": True, "id": entry})


# -- channels ----------------------------------------------------------------------------------------------------


@get("/api/channels", opt=READ)
async def list_channels(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.channels.list(actor, read_paging(request))
    return answer(listed(page, [views.channel(found) for found in page.items]))


@post("/api/channels", opt=WRITE)
async def create_channel(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.channel(await surfaces.channels.create(actor, await read_json(request, empty={}))), 201)


@get("/api/channels/{channel:str}", opt=READ)
async def get_channel(channel: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.channel(await surfaces.channels.get(actor, channel)))


@put("/api/channels/{channel:str}", opt=WRITE)
async def update_channel(channel: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.channel(await surfaces.channels.update(actor, channel, await read_json(request, empty={}))))


@delete("/api/channels/{channel:str}", opt=WRITE, status_code=200)
async def delete_channel(channel: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.channels.delete(actor, channel)
    return answer({"ok": True, "id": channel})


# -- schedules ---------------------------------------------------------------------------------------------------


@get("/api/schedules", opt=READ)
async def list_schedules(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.triggers.list(actor, read_paging(request), "schedule", request.query_params.get("flowId", ""))
    return answer(listed(page, [views.schedule(found) for found in page.items]))


@post("/api/schedules", opt=WRITE)
async def create_schedule(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "flowId", "enabled", *TIMES)
    times = {name: body[name] for name in TIMES if name in body}
    enabled = flag_field(body, "enabled") is not False
    found = await surfaces.triggers.create(actor, text_field(body, "flowId"), "schedule", times, enabled)
    return answer(views.schedule(found), 201)


@get("/api/schedules/{schedule:str}", opt=READ)
async def get_schedule(schedule: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.schedule(await surfaces.triggers.get(actor, schedule, "schedule")))


@put("/api/schedules/{schedule:str}", opt=WRITE)
async def update_schedule(schedule: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """What is left out stays as it is; a cron line takes the place of an interval, and the other way round."""
    body = await read_object(request, "enabled", *TIMES)
    given = {name: body[name] for name in TIMES if name in body}
    times = {name: value for name, value in given.items() if value is not None or name not in ONE_OF_BOTH}
    if times:
        before = (await surfaces.triggers.get(actor, schedule, "schedule")).config
        for one, other in (ONE_OF_BOTH, ONE_OF_BOTH[::-1]):
            if one in times and other not in times:
                times[other] = None
        times = {**before, **times}
    found = await surfaces.triggers.update(actor, schedule, times or None, flag_field(body, "enabled"), "schedule")
    return answer(views.schedule(found))


@delete("/api/schedules/{schedule:str}", opt=WRITE, status_code=200)
async def delete_schedule(schedule: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.triggers.delete(actor, schedule, "schedule")
    return answer({"ok": True, "id": schedule})


ROUTES = [
    list_groups,
    create_group,
    update_group,
    delete_group,
    list_entries,
    set_entry,
    delete_entry,
    list_channels,
    create_channel,
    get_channel,
    update_channel,
    delete_channel,
    list_schedules,
    create_schedule,
    get_schedule,
    update_schedule,
    delete_schedule,
]
