"""The credentials page: names and types; values only ever go in."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.services.actors import Actor
from app.services.container import Services
from app.services.credential_types import TYPES
from app.services.errors import ServiceError
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted_texts, see_other


@get("/credentials", opt=needs("credentials.read"))
async def credentials_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _list(request, actor, services)


@post("/credentials", opt=needs("credentials.write"))
async def add_credential(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    data = {name.removeprefix("data."): text for name, text in form.items() if name.startswith("data.")}
    try:
        await services.credentials.create(actor, form.get("name", "").strip(), form.get("type", ""), data)
    except ServiceError as error:
        return await _list(request, actor, services, form, error)
    return see_other("/credentials?done=credential-added")


@post("/credentials/{credential_id:str}/delete", opt=needs("credentials.write"))
async def delete_credential(credential_id: str, actor: Actor, services: Services) -> Redirect:
    await services.credentials.delete(actor, credential_id)
    return see_other("/credentials?done=credential-deleted")


async def _list(
    request: AnyRequest, actor: Actor, services: Services, form: dict[str, str] | None = None, error: ServiceError | None = None
) -> Template:
    typed = {"name": (form or {}).get("name", ""), "type": (form or {}).get("type", "bearer")}
    return page(
        request,
        "pages/credentials.html",
        actor,
        status_code=error.status if error else 200,
        credentials=await services.credentials.list(actor),
        types=tuple(TYPES.values()),
        typed=typed,
        error=error.message if error else "",
    )
