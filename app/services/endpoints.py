"""Outbound webhooks: who is told, of what, and how it went (contract.md A038-A048, G5)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.vault import Vault
from app.db import endpoints as queries
from app.db.endpoints import AttemptRow, DeliveryRow, EndpointRow
from app.db.session import Database
from app.engine.messages import iso
from app.engine.values import encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import invalid, not_found
from app.services.pages import Page, Paging
from app.services.refusals import is_uuid
from app.services.trigger_specs import checked

EVENTS = ("run.completed", "run.failed", "run.cancelled", "run.timed_out", "approval.needed", "approval.decided")
TEST = "endpoint.test"
SECRET_BYTES = 32
Endpoint = EndpointRow
OVERLAP = timedelta(hours=24)
"""How long deliveries are signed with the old secret as well."""


class EndpointSpec(BaseModel):
    """What a caller says of an endpoint; what is left out of a change stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str | None = Field(None, max_length=2_000)
    events: list[str] | None = Field(None, min_length=1, max_length=50)
    description: str | None = Field(None, max_length=500)
    enabled: bool | None = None

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not url.isprintable():
                raise ValueError("must be a whole address that begins with https:// or http://")
        return url

    @field_validator("events")
    @classmethod
    def _are_known(cls, events: list[str] | None) -> list[str] | None:
        for name in events or ():
            if name != "*" and name not in EVENTS:
                raise ValueError(f"may hold * and {', '.join(EVENTS)}")
        return events


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint with its secret, which is shown only now."""

    row: EndpointRow
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    row: DeliveryRow
    attempts: Sequence[AttemptRow]


class Endpoints:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def list(self, actor: Actor, paging: Paging) -> Page[EndpointRow]:
        actor.demand("endpoints.read")
        asked = paging.checked("created_at")
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection, actor.workspace_id, asked.order, asked.page * asked.size, asked.size
            )
        return Page(rows, total, asked.page, asked.size)

    async def get(self, actor: Actor, endpoint_id: str) -> EndpointRow:
        """Raises 404."""
        actor.demand("endpoints.read")
        async with self._database.read() as connection:
            return await _find(connection, actor, endpoint_id)

    async def create(self, actor: Actor, raw: Json) -> NewSecret:
        actor.demand("endpoints.write")
        spec = checked(EndpointSpec, raw)
        for name in ("url", "events"):
            if getattr(spec, name) is None:
                raise invalid(f"`{name}` is needed.", [{"field": name, "message": "is needed"}])
        now, secret, endpoint_id = datetime.now(UTC), _secret(), str(uuid4())
        row = EndpointRow(
            endpoint_id,
            actor.workspace_id,
            str(spec.url),
            encode(spec.events),
            spec.description or "",
            spec.enabled is not False,
            "",
            self._vault.seal(secret, endpoint_id),
            None,
            None,
            actor.user_id,
            now,
            now,
        )
        async with self._database.write() as connection:
            await queries.insert(connection, row)
        return NewSecret(row, secret)

    async def update(self, actor: Actor, endpoint_id: str, raw: Json) -> EndpointRow:
        """Switching it on again forgets why it was switched off. `updated_at` is since when it is told of what it asks for."""
        actor.demand("endpoints.write")
        spec = checked(EndpointSpec, raw)
        async with self._database.write() as connection:
            row = await _find(connection, actor, endpoint_id)
            tells_of_other = spec.events is not None or (spec.enabled is True and not row.enabled)
            row = replace(
                row,
                url=spec.url or row.url,
                events=row.events if spec.events is None else encode(spec.events),
                description=row.description if spec.description is None else spec.description,
                enabled=row.enabled if spec.enabled is None else spec.enabled,
                disabled_reason="" if spec.enabled else row.disabled_reason,
                updated_at=datetime.now(UTC) if tells_of_other else row.updated_at,
            )
            names = ("url", "events", "description", "enabled", "disabled_reason", "updated_at")
            await queries.update(connection, row.id, **{name: getattr(row, name) for name in names})
        return row

    async def delete(self, actor: Actor, endpoint_id: str) -> None:
        actor.demand("endpoints.write")
        async with self._database.write() as connection:
            await queries.delete(connection, (await _find(connection, actor, endpoint_id)).id)

    async def rotate(self, actor: Actor, endpoint_id: str) -> NewSecret:
        """A new secret; for a day, deliveries are signed with the old one as well."""
        actor.demand("endpoints.write")
        secret, now = _secret(), datetime.now(UTC)
        async with self._database.write() as connection:
            row = await _find(connection, actor, endpoint_id)
            row = replace(
                row,
                sealed_secret=self._vault.seal(secret, row.id),
                sealed_old_secret=row.sealed_secret,
                old_until=now + OVERLAP,
            )
            names = ("sealed_secret", "sealed_old_secret", "old_until")
            await queries.update(connection, row.id, **{name: getattr(row, name) for name in names})
        return NewSecret(row, secret)

    async def test(self, actor: Actor, endpoint_id: str) -> Delivery:
        """Queue a delivery that tells of nothing."""
        actor.demand("endpoints.write")
        async with self._database.write() as connection:
            row = await _find(connection, actor, endpoint_id)
            delivery = new_delivery(row, TEST, f"test:{uuid4()}", datetime.now(UTC), {"endpointId": row.id})
            await queries.deliver(connection, delivery)
        return Delivery(delivery, ())

    async def deliveries(self, actor: Actor, endpoint_id: str, paging: Paging, status: str = "") -> Page[Delivery]:
        """The newest first, each with its attempts."""
        actor.demand("endpoints.read")
        asked = paging.checked("created_at")
        if status not in ("", "pending", "delivered", "failed"):
            raise invalid("`status` must be pending, delivered or failed.", [{"field": "status", "message": "is not known"}])
        async with self._database.read() as connection:
            row = await _find(connection, actor, endpoint_id)
            rows, total = await queries.listed_deliveries(connection, row.id, status, asked.page * asked.size, asked.size)
            attempts = await queries.attempts(connection, [found.id for found in rows])
        items = [Delivery(found, [one for one in attempts if one.delivery_id == found.id]) for found in rows]
        return Page(items, total, asked.page, asked.size)

    async def replay(self, actor: Actor, endpoint_id: str, delivery_id: str) -> Delivery:
        """Send the same bytes once more, with retries of its own."""
        actor.demand("endpoints.write")
        async with self._database.write() as connection:
            row = await _find(connection, actor, endpoint_id)
            old = await queries.delivery(connection, row.id, delivery_id.lower()) if is_uuid(delivery_id) else None
            if old is None:
                raise not_found("delivery", delivery_id)
            now = datetime.now(UTC)
            again = replace(
                old,
                id=str(uuid4()),
                event_key=f"replay:{uuid4()}",
                status="pending",
                attempts=0,
                next_at=now,
                status_code=None,
                error="",
                replay_of=old.replay_of or old.id,
                created_at=now,
                finished_at=None,
            )
            await queries.deliver(connection, again)
        return Delivery(again, ())


def new_delivery(endpoint: EndpointRow, type: str, key: str, at: datetime, data: Mapping[str, Json]) -> DeliveryRow:
    """What an endpoint is told; the bytes stay the same for every attempt."""
    now = datetime.now(UTC)
    body = encode({"type": type, "timestamp": iso(at), "data": dict(data)})
    return DeliveryRow(
        str(uuid4()), endpoint.workspace_id, endpoint.id, key, type, body, "pending", 0, now, None, "", None, now, None
    )


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


async def _find(connection: AsyncConnection, actor: Actor, endpoint_id: str) -> EndpointRow:
    row = await queries.find(connection, endpoint_id.lower(), actor.workspace_id) if is_uuid(endpoint_id) else None
    if row is None:
        raise not_found("endpoint", endpoint_id)
    return row
