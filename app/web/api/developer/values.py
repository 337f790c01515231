"""Stored values of the developer surface: `/api/v1/kv` (contract.md A165-A169, G20)."""

from __future__ import annotations

from litestar import Response, delete, get, put

from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import invalid
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_if_match, read_json, read_paging

READ, WRITE = needs("state.read"), needs("state.write")


def read_value(body: Json) -> tuple[Json, int | None]:
    """`{value, ttl?}`, or any other JSON as the value itself. Raises 400 for a `ttl` that is no number."""
    if not (isinstance(body, dict) and "value" in body and body.keys() <= {"value", "ttl"}):
        return body, None
    ttl = body.get("ttl")
    if ttl is not None and (not isinstance(ttl, int) or isinstance(ttl, bool)):
        raise invalid("`ttl` must be a whole number of milliseconds.", [{"field": "ttl", "message": "must be a whole number"}])
    return body["value"], ttl


@get("/api/v1/kv/{namespace:str}", opt=READ)
async def list_keys(namespace: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.key_values.list(actor, namespace, read_paging(request))
    body = views.listed(page, [views.entry(found) for found in page.items])
    return answer(body | {"namespace": namespace, "keys": [found.key for found in page.items]})


@get("/api/v1/kv/{namespace:str}/{key:str}", opt=READ)
async def get_value(namespace: str, key: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.key_values.get(actor, namespace, key)
    return answer(views.single(views.entry(found)), headers={"ETag": f'"{found.revision}"'})


@put("/api/v1/kv/{namespace:str}/{key:str}", opt=WRITE)
async def put_value(namespace: str, key: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    value, ttl = read_value(await read_json(request))
    found, is_new = await surfaces.key_values.put(actor, namespace, key, value, ttl, read_if_match(request))
    return answer(views.single(views.entry(found)), 201 if is_new else 200, {"ETag": f'"{found.revision}"'})


@delete("/api/v1/kv/{namespace:str}/{key:str}", opt=WRITE, status_code=200)
async def delete_value(namespace: str, key: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.key_values.delete(actor, namespace, key)
    return answer(views.single({"namespace": namespace, "key": key, "deleted": True}))


ROUTES = [list_keys, get_value, put_value, delete_value]
