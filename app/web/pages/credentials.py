"""The credentials page: names and types; values only ever go in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted_texts, see_other


@dataclass(frozen=True, slots=True)
class CredentialField:
    name: str
    title: str
    secret: bool = True


@dataclass(frozen=True, slots=True)
class CredentialType:
    name: str
    title: str
    help: str
    fields: tuple[CredentialField, ...]


TYPES: Final = (
    CredentialType(
        "bearer",
        "Bearer token",
        "Sent as “Authorization: Bearer …”, as most services want it.",
        (CredentialField("token", "Token"),),
    ),
    CredentialType(
        "basic",
        "Username and password",
        "Sent as HTTP basic authentication.",
        (CredentialField("username", "Username", secret=False), CredentialField("password", "Password")),
    ),
    CredentialType(
        "header",
        "Header",
        "Sent as a header that you name, for example X-Api-Key.",
        (CredentialField("header", "Header name", secret=False), CredentialField("value", "Value")),
    ),
    CredentialType(
        "value",
        "Secret value",
        "Put wherever you write its name, for example in an address.",
        (CredentialField("value", "Value"),),
    ),
)


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
    typed = {"name": (form or {}).get("name", ""), "type": (form or {}).get("type", TYPES[0].name)}
    return page(
        request,
        "pages/credentials.html",
        actor,
        status_code=error.status if error else 200,
        credentials=await services.credentials.list(actor),
        types=TYPES,
        typed=typed,
        error=error.message if error else "",
    )
