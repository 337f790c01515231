"""Events by name, the workspace's news, and the addresses by which one waiting step goes on."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.response import Stream, Template

from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_json, read_object, text_field
from app.web.live import event_stream
from app.web.pages.context import page

FORM = "application/x-www-form-urlencoded"
PRIVATE = {"Referrer-Policy": "no-referrer"}
"""The address is the secret, so no other page is told it."""


@post("/api/events", opt=needs("events.send"), status_code=202)
async def send_event(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name", "payload")
    name = text_field(body, "name")
    sent = await services.events.send(actor, name, body.get("payload"))
    return answer({"name": name, "resumed": list(sent.resumed), "started": list(sent.started)}, 202)


@get("/api/events", opt=needs("events.read"))
async def news(actor: Actor, services: Services) -> Stream:
    return event_stream(services.events.news(actor))


@get("/api/resume/{token:str}", opt=OUTSIDE)
async def resume_page(token: str, request: Incoming, services: Services) -> Response[bytes] | Template:
    """What goes on here, and a button: looking at an address must not use it up."""
    try:
        awaited = await services.events.awaited(token)
    except ServiceError as error:
        return _page(request, error.status, problem=error.message)
    return _page(request, 200, awaited=awaited)


@post("/api/resume/{token:str}", opt=OUTSIDE, status_code=200)
async def resume(token: str, request: Incoming, services: Services) -> Response[bytes] | Template:
    by_button = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    payload: Json = {} if by_button else await read_json(request, empty={})
    try:
        execution_id = await services.events.resume(token, payload)
    except ServiceError as error:
        if not by_button:
            raise
        return _page(request, error.status, problem=error.message)
    return _page(request, 200, done=True) if by_button else answer({"ok": True, "execution_id": execution_id})


def _page(request: Incoming, status: int, **context: Json) -> Template:
    shown = page(request, "pages/resume.html", None, status_code=status, **context)
    shown.headers.update(PRIVATE)
    return shown


ROUTES = [send_event, news, resume_page, resume]
