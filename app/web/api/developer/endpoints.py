"""Outbound webhooks of the developer surface: `/api/v1/webhook-endpoints` (contract.md A038-A048, G5)."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.engine.values import decode_stored
from app.sdk import Json
from app.services.actors import Actor
from app.services.endpoints import Delivery, Endpoint, NewSecret
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_json, read_paging
from app.web.presenters import moment

READ, WRITE = needs("endpoints.read"), needs("endpoints.write")
HOME = "/api/v1/webhook-endpoints"
ONE = f"{HOME}/{{endpoint:str}}"


def shown(row: Endpoint) -> dict[str, Json]:
    return {
        "id": row.id,
        "url": row.url,
        "events": decode_stored(row.events),
        "description": row.description,
        "enabled": row.enabled,
        "disabledReason": row.disabled_reason,
        "oldSecretUntil": moment(row.old_until),
        "createdAt": moment(row.created_at),
        "updatedAt": moment(row.updated_at),
    }


def with_secret(made: NewSecret) -> dict[str, Json]:
    """The secret is shown only here."""
    return shown(made.row) | {"secret": made.secret}


def shown_delivery(found: Delivery) -> dict[str, Json]:
    row = found.row
    return {
        "id": row.id,
        "endpointId": row.endpoint_id,
        "type": row.type,
        "status": row.status,
        "payload": decode_stored(row.body),
        "statusCode": row.status_code,
        "error": row.error,
        "replayOf": row.replay_of,
        "nextAttemptAt": moment(row.next_at),
        "createdAt": moment(row.created_at),
        "finishedAt": moment(row.finished_at),
        "attempts": [
            {
                "number": attempt.number,
                "at": moment(attempt.at),
                "durationMs": attempt.duration_ms,
                "statusCode": attempt.status_code,
                "error": attempt.error,
            }
            for attempt in found.attempts
        ],
    }


@get(HOME, opt=READ)
async def list_endpoints(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.endpoints.list(actor, read_paging(request))
    return answer(views.listed(page, [shown(row) for row in page.items]))


@post(HOME, opt=WRITE)
async def create_endpoint(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    made = await surfaces.endpoints.create(actor, await read_json(request, empty={}))
    return answer(views.single(with_secret(made)), 201)


@get(ONE, opt=READ)
async def get_endpoint(endpoint: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.single(shown(await surfaces.endpoints.get(actor, endpoint))))


@put(ONE, opt=WRITE)
async def update_endpoint(endpoint: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    row = await surfaces.endpoints.update(actor, endpoint, await read_json(request, empty={}))
    return answer(views.single(shown(row)))


@delete(ONE, opt=WRITE, status_code=200)
async def delete_endpoint(endpoint: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.endpoints.delete(actor, endpoint)
    return answer(views.single({"id": endpoint, "deleted": True}))


@post(f"{ONE}/rotate", opt=WRITE, status_code=200)
async def rotate_secret(endpoint: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """A new secret, shown once; for a day, deliveries are signed with the old one as well."""
    return answer(views.single(with_secret(await surfaces.endpoints.rotate(actor, endpoint))))


@post(f"{ONE}/test", opt=WRITE, status_code=202)
async def test_endpoint(endpoint: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.single(shown_delivery(await surfaces.endpoints.test(actor, endpoint))), 202)


@get(f"{ONE}/deliveries", opt=READ)
async def list_deliveries(endpoint: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    status = request.query_params.get("status", "")
    page = await surfaces.endpoints.deliveries(actor, endpoint, read_paging(request), status)
    return answer(views.listed(page, [shown_delivery(found) for found in page.items]))


@post(f"{ONE}/deliveries/{{delivery:str}}/replay", opt=WRITE, status_code=202)
async def replay_delivery(endpoint: str, delivery: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.single(shown_delivery(await surfaces.endpoints.replay(actor, endpoint, delivery))), 202)


ROUTES = [
    list_endpoints,
    create_endpoint,
    get_endpoint,
    update_endpoint,
    delete_endpoint,
    rotate_secret,
    test_endpoint,
    list_deliveries,
    replay_delivery,
]
