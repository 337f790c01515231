"""The API keys of a workspace. A new key's token is on the page that answers, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.permissions import SCOPES
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted, see_other

LIVES: Final = {"30": "30 days", "90": "90 days", "365": "One year", "": "No end"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, before or after a mistake."""

    name: str = ""
    scopes: Sequence[str] = ()
    days: str = "90"
    addresses: str = ""


@get("/keys", opt=needs("keys.read"))
async def keys_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _keys(request, actor, services)


@post("/keys", opt=needs("keys.write"), status_code=200)
async def create_key(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    entries = await posted(request)
    form = dict(entries)
    scopes = [text for name, text in entries if name == "scopes"]
    days = form.get("days", "")
    ends = datetime.now(UTC) + timedelta(days=int(days)) if days in LIVES and days else None
    typed = Typed(form.get("name", ""), scopes, days, form.get("addresses", ""))
    addresses = typed.addresses.replace(",", " ").split()
    try:
        _, token = await services.accounts.keys.create(actor, form.get("name", ""), scopes, ends, addresses)
    except ServiceError as error:
        return await _keys(request, actor, services, typed=typed, error=error)
    return await _keys(request, actor, services, token=token)


@post("/keys/{key:str}/revoke", opt=needs("keys.write"))
async def revoke_key(key: str, actor: Actor, services: Services) -> Redirect:
    await services.accounts.keys.revoke(actor, key)
    return see_other("/keys?done=key-revoked")


async def _keys(
    request: AnyRequest,
    actor: Actor,
    services: Services,
    *,
    token: str = "",
    typed: Typed | None = None,
    error: ServiceError | None = None,
) -> Response[bytes]:
    return page(
        request,
        "pages/keys.html",
        actor,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        keys=await services.accounts.keys.list(actor),
        scopes=SCOPES,
        lives=LIVES,
        token=token,
        typed=typed or Typed(),
        address=services.public_url,
    )


ROUTES = (keys_page, create_key, revoke_key)
