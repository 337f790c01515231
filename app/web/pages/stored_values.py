"""The page of values that workflows keep by namespace and key: looked through, set and deleted."""

from __future__ import annotations

from typing import Any, Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.engine.values import NotJson, decode
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.services.key_values import place_of
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.form_policy import read_span
from app.web.form_values import shown
from app.web.pages.context import AnyRequest, page, posted_texts, see_other

LONGEST_EDITED: Final = 50_000
READ: Final = needs("state.read")
WRITE: Final = needs("state.write")


@get("/stored-values", opt=READ)
async def list_values(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _list(request, actor, surfaces)


@get("/stored-values/{entry:str}", opt=READ)
async def one_value(entry: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.key_values.get(actor, *place_of(entry))
    text = shown("json", found.value)
    may_change = actor.allows("state.write") and len(text) <= LONGEST_EDITED
    return page(request, "pages/stored_value.html", actor, path="/stored-values", entry=found, text=text, may_change=may_change)


@post("/stored-values", opt=WRITE)
async def put_value(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    """Set a value; the text is JSON, or plain text where it is none. `expires` is a time such as `2 h`."""
    form = await posted_texts(request)
    try:
        span = form.get("expires", "").strip()
        ttl = read_span(span) if span else None
        if span and not ttl:
            raise ServiceError("INVALID", "Kept for: write a time such as 30 s, 2 h or 7 d.", 400)
        value, revision = _value(form.get("value", "")), form.get("revision", "")
        match = int(revision) if revision.isdigit() and len(revision) < 10 else None
        await surfaces.key_values.put(actor, form.get("namespace", ""), form.get("key", ""), value, ttl, match)
    except ServiceError as error:
        return await _list(request, actor, surfaces, form, error)
    return see_other("/stored-values?done=value-kept")


@post("/stored-values/{entry:str}/delete", opt=WRITE)
async def delete_value(entry: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.key_values.delete(actor, *place_of(entry))
    return see_other("/stored-values?done=value-deleted")


async def _list(
    request: AnyRequest, actor: Actor, surfaces: Surfaces, typed: dict[str, str] | None = None, error: ServiceError | None = None
) -> Template:
    asked = read_paging(request)
    namespace = request.query_params.get("namespace", "") or None
    view = await surfaces.key_values.list(actor, namespace, asked)
    return page(
        request,
        "pages/stored_values.html",
        actor,
        status_code=error.status if error else 200,
        path="/stored-values",
        view=view,
        query={"q": asked.q, "namespace": namespace or "", "page": asked.page},
        typed=typed or {},
        error=error.message if error else "",
        may_write=actor.allows("state.write"),
    )


def _value(text: str) -> Any:
    try:
        return decode(text)
    except NotJson:
        return text


ROUTES: Final = (list_values, one_value, put_value, delete_value)
