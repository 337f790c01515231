"""The developer console: calls to copy, outbound webhooks with their deliveries, and the reference (contract.md A046-A050)."""

from __future__ import annotations

from collections import Counter
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response

from app.engine.values import decode_stored
from app.services.actors import Actor
from app.services.endpoints import EVENTS, NewSecret
from app.services.errors import ServiceError
from app.services.pages import Paging
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.openapi.document import describe
from app.web.pages.context import AnyRequest, base_url, page, posted, see_other
from app.web.reference import FIRST, Own, calls_shown, chosen

EXAMPLE_ID: Final = "FLOW_ID"
SHOWN: Final = 50


@get("/developers", opt=needs("workflows.read"))
async def console(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _console(request, actor, surfaces)


@post("/developers/endpoints", opt=needs("endpoints.write"), status_code=200)
async def add_endpoint(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    entries = await posted(request)
    events = [text for name, text in entries if name == "events"]
    form = dict(entries)
    url, words = form.get("url", "").strip(), form.get("description", "").strip()
    given: dict[str, object] = {"url": url, "events": events, "description": words}
    try:
        made = await surfaces.endpoints.create(actor, given)
    except ServiceError as error:
        return await _console(request, actor, surfaces, typed=given, error=error)
    return await _console(request, actor, surfaces, made=made)


@post("/developers/endpoints/{endpoint:str}/rotate", opt=needs("endpoints.write"), status_code=200)
async def rotate(endpoint: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _console(request, actor, surfaces, made=await surfaces.endpoints.rotate(actor, endpoint))


@post("/developers/endpoints/{endpoint:str}/test", opt=needs("endpoints.write"))
async def send_test(endpoint: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.endpoints.test(actor, endpoint)
    return see_other(f"/developers/endpoints/{endpoint}?done=delivery-queued")


@post("/developers/endpoints/{endpoint:str}/switch", opt=needs("endpoints.write"))
async def switch(endpoint: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    found = await surfaces.endpoints.get(actor, endpoint)
    await surfaces.endpoints.update(actor, endpoint, {"enabled": not found.enabled})
    return see_other(f"/developers/endpoints/{endpoint}")


@post("/developers/endpoints/{endpoint:str}/delete", opt=needs("endpoints.write"))
async def delete_endpoint(endpoint: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.endpoints.delete(actor, endpoint)
    return see_other("/developers?done=endpoint-deleted")


@get("/developers/endpoints/{endpoint:str}", opt=needs("endpoints.read"))
async def endpoint_page(endpoint: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    row = await surfaces.endpoints.get(actor, endpoint)
    found = await surfaces.endpoints.deliveries(actor, endpoint, Paging(size=SHOWN))
    bodies = {delivery.row.id: delivery.row.body.decode() for delivery in found.items}
    return page(
        request,
        "pages/endpoint.html",
        actor,
        endpoint=row,
        events=decode_stored(row.events),
        deliveries=found.items,
        bodies=bodies,
    )


@post("/developers/endpoints/{endpoint:str}/deliveries/{delivery:str}/replay", opt=needs("endpoints.write"))
async def replay(endpoint: str, delivery: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.endpoints.replay(actor, endpoint, delivery)
    return see_other(f"/developers/endpoints/{endpoint}?done=delivery-queued")


@get("/developers/reference", opt=needs("workflows.read"))
async def reference(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Every call, made of the OpenAPI description; no other host is asked for anything."""
    calls = list(calls_shown(describe(request.app, ""), await _own(request, actor, surfaces)))
    counts = Counter(call.tag for call in calls)
    wanted, words = request.query_params.get("part", FIRST), request.query_params.get("q", "")[:100].strip()
    part = wanted if wanted in counts else FIRST
    return page(
        request,
        "pages/reference.html",
        actor,
        parts=sorted(counts.items()),
        part=part,
        words=words,
        calls=chosen(calls, part, words),
    )


async def _own(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Own:
    """What stands in the lines to copy."""
    flows = await surfaces.flows.list(actor, Paging(size=1))
    ran = await surfaces.studio.executions.list(actor, Paging(size=1)) if actor.allows("executions.read") else None
    return Own(
        base_url(request, surfaces.studio),
        flows.items[0].summary.id if flows.items else "",
        ran.items[0].id if ran is not None and ran.items else "",
    )


async def _console(
    request: AnyRequest,
    actor: Actor,
    surfaces: Surfaces,
    *,
    made: NewSecret | None = None,
    typed: dict[str, object] | None = None,
    error: ServiceError | None = None,
) -> Response[bytes]:
    flows = await surfaces.flows.list(actor, Paging(size=1))
    may_see = actor.allows("endpoints.read")
    endpoints = (await surfaces.endpoints.list(actor, Paging(size=100))).items if may_see else ()
    return page(
        request,
        "pages/developers.html",
        actor,
        status_code=200 if error is None else error.status,
        address=base_url(request, surfaces.studio),
        flow=flows.items[0].summary if flows.items else None,
        flow_id=flows.items[0].summary.id if flows.items else EXAMPLE_ID,
        endpoints=[(row, decode_stored(row.events)) for row in endpoints],
        may_see=may_see,
        events=("*", *EVENTS),
        made=made,
        typed=typed or {"events": ["run.failed"]},
        error=error.message if error else "",
    )


ROUTES = (console, add_endpoint, rotate, send_test, switch, delete_endpoint, endpoint_page, replay, reference)
