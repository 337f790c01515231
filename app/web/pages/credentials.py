"""The credentials pages: names, types and a form for each; secret values only ever go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.credential_access import Sharing
from app.services.credential_sources import STORED
from app.services.credential_trials import NEEDS_ADDRESS, Trial
from app.services.credential_types import TYPES
from app.services.errors import ServiceError
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted, posted_texts, see_other


@get("/credentials", opt=needs("credentials.read"))
async def credentials_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _list(request, actor, services)


@post("/credentials", opt=needs("credentials.write"))
async def add_credential(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    try:
        name, source = form.get("name", "").strip(), form.get("source", STORED)
        made = await services.credentials.create(actor, name, form.get("type", ""), _data(form), source)
    except ServiceError as error:
        return await _list(request, actor, services, form, error)
    place = f"/credentials/{made.id}" if made.type == "oauth2_code" else "/credentials"
    return see_other(f"{place}?done=credential-added")


@get("/credentials/consent", opt=needs("credentials.write"))
async def consent_given(request: AnyRequest, actor: Actor, services: Services) -> Redirect:
    """Where the other service sends people back to, after they have agreed there."""
    query = request.query_params
    await services.oauth.come_back(actor, query.get("state", ""), query.get("code", ""))
    return see_other("/credentials?done=consent-given")


@get("/credentials/{credential:str}", opt=needs("credentials.write"))
async def credential_page(credential: str, request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _one(request, actor, services, credential)


@post("/credentials/{credential:str}", opt=needs("credentials.write"), status_code=200)
async def change_credential(credential: str, request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    """Save, try, or ask for consent, as the form's `do` says; an answer that is a page has an address that can be reloaded."""
    pairs = await posted(request)
    form = dict(pairs)
    address = form.get("address", "")
    try:
        match form.get("do", "save"):
            case "try":
                trial = await services.trials.try_out(actor, credential, address)
                return await _one(request, actor, services, credential, trial=trial, address=address)
            case "consent":
                # Our forms may not lead to another site, not even by a redirect: the page has a link.
                return await _one(request, actor, services, credential, consent=await services.oauth.ask(actor, credential))
            case "share":
                await services.credentials.update(actor, credential, sharing=_sharing(pairs))
                return see_other(f"/credentials/{credential}?done=credential-changed")
        data = {name: text for name, text in _data(form).items() if text}
        await services.credentials.update(actor, credential, form.get("name", "").strip(), data)
    except ServiceError as error:
        if error.status == 404:
            raise
        return await _one(request, actor, services, credential, error=error, address=address)
    return see_other(f"/credentials/{credential}?done=credential-changed")


@post("/credentials/{credential:str}/delete", opt=needs("credentials.write"))
async def delete_credential(credential: str, actor: Actor, services: Services) -> Redirect:
    await services.credentials.delete(actor, credential)
    return see_other("/credentials?done=credential-deleted")


def _sharing(pairs: Sequence[tuple[str, str]]) -> Sharing:
    def chosen(field: str) -> frozenset[str]:
        return frozenset(text for name, text in pairs if name == field and text)

    return Sharing(("restricted", "true") in pairs, chosen("workflow"), chosen("person"))


def _data(form: Mapping[str, str]) -> dict[str, str]:
    """Line breaks come from browsers as two characters."""
    return {
        name.removeprefix("data."): text.replace("\r\n", "\n") for name, text in form.items() if name.startswith("data.")
    }


async def _list(
    request: AnyRequest, actor: Actor, services: Services, form: dict[str, str] | None = None, error: ServiceError | None = None
) -> Response[bytes]:
    typed = form or {}
    plain = {field.name for type in TYPES.values() for field in type.fields if not field.secret}
    return page(
        request,
        "pages/credentials.html",
        actor,
        status_code=error.status if error else 200,
        credentials=await services.credentials.list(actor),
        types=tuple(TYPES.values()),
        sources=services.credentials.sources(),
        typed={
            "name": typed.get("name", ""),
            "type": typed.get("type", "bearer"),
            "source": typed.get("source", STORED),
        },
        values={name: text for name, text in _data(typed).items() if name in plain},
        error=error.message if error else "",
    )


async def _one(
    request: AnyRequest,
    actor: Actor,
    services: Services,
    credential_id: str,
    *,
    error: ServiceError | None = None,
    trial: Trial | None = None,
    address: str = "",
    consent: str = "",
) -> Response[bytes]:
    found = await services.credentials.get(actor, credential_id)
    sources = {source.name: source for source in services.credentials.sources()}
    return page(
        request,
        "pages/credential.html",
        actor,
        status_code=error.status if error else 200,
        credential=found,
        type=TYPES[found.type],
        source=sources.get(found.source),
        candidates=await services.credentials.candidates(actor),
        may_share=actor.user_id == found.owner_id or actor.may("admin"),
        needs_address=found.type in NEEDS_ADDRESS,
        error=error.message if error else "",
        trial=trial,
        address=address,
        consent=consent,
        consent_host=urlsplit(consent).hostname,
    )


ROUTES = (
    credentials_page,
    add_credential,
    consent_given,
    credential_page,
    change_credential,
    delete_credential,
)
