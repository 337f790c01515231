"""Credentials on the developer surface: `/api/v1/credentials` (contract.md G19). Values never come back."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.credential_access import Sharing
from app.services.credential_sources import STORED
from app.services.credentials import MASK, CredentialSummary
from app.services.errors import invalid
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object, text_field

SHARING = {"restricted", "workflows", "people"}


@get("/api/v1/credentials", opt=needs("credentials.read"))
async def list_credentials(actor: Actor, services: Services) -> Response[bytes]:
    found = [_credential(summary) for summary in await services.credentials.list(actor)]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@post("/api/v1/credentials", opt=needs("credentials.write"))
async def create_credential(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name", "type", "data", "source", "sharing")
    source = text_field(body, "source") if "source" in body else STORED
    name, type = text_field(body, "name"), text_field(body, "type")
    return _one(await services.credentials.create(actor, name, type, _texts(body), source, _sharing(body)), 201)


@get("/api/v1/credentials/{credential:str}", opt=needs("credentials.read"))
async def get_credential(credential: str, actor: Actor, services: Services) -> Response[bytes]:
    return _one(await services.credentials.get(actor, credential))


@put("/api/v1/credentials/{credential:str}", opt=needs("credentials.write"))
async def update_credential(credential: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """Fields that are left out, or sent back masked, keep their values."""
    body = await read_object(request, "name", "data", "sharing")
    name = text_field(body, "name") if "name" in body else None
    return _one(await services.credentials.update(actor, credential, name, _texts(body), _sharing(body)))


@delete("/api/v1/credentials/{credential:str}", opt=needs("credentials.write"), status_code=200)
async def delete_credential(credential: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.credentials.delete(actor, credential)
    return answer({"ok": True})


def _one(found: CredentialSummary, status: int = 200) -> Response[bytes]:
    body = _credential(found)
    return answer(body | {"data": body}, status)


def _credential(found: CredentialSummary) -> dict[str, Json]:
    values = {field: found.shown.get(field, MASK) for field in found.fields}
    return {
        "id": found.id,
        "name": found.name,
        "type": found.type,
        "fields": list(found.fields),
        "values": values,
        "source": found.source,
        "sharing": {
            "restricted": found.sharing.restricted,
            "workflows": sorted(found.sharing.workflows),
            "people": sorted(found.sharing.people),
        },
        "createdAt": presenters.moment(found.created_at),
        "updatedAt": presenters.moment(found.updated_at),
    }


def _texts(body: dict[str, Json]) -> dict[str, str]:
    values = body.get("data", {})
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise invalid("`data` must be an object of texts.", [{"field": "data", "message": "must be an object of texts"}])
    return values


def _sharing(body: dict[str, Json]) -> Sharing | None:
    if "sharing" not in body:
        return None
    given = body["sharing"]
    named = [given.get(kind, []) for kind in ("workflows", "people")] if isinstance(given, dict) else []
    are_lists = all(isinstance(ids, list) and all(isinstance(one, str) for one in ids) for ids in named)
    if not named or not are_lists or not isinstance(given.get("restricted", True), bool) or given.keys() - SHARING:
        message = "`sharing` must be an object with `restricted`, and lists of ids as `workflows` and `people`."
        raise invalid(message, [{"field": "sharing", "message": "must be such an object"}])
    return Sharing(given.get("restricted", True), frozenset(named[0]), frozenset(named[1]))


ROUTES = [list_credentials, create_credential, get_credential, update_credential, delete_credential]
