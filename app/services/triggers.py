"""Triggers of workflows: made, changed and taken away (contract.md A143-A147, A101-A104)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.adapters.vault import Vault
from app.db import triggers as queries
from app.db.session import Database
from app.db.triggers import TriggerRow
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.pages import Page, Paging
from app.services.refusals import is_uuid
from app.services.schedule_times import next_run
from app.services.trigger_specs import ScheduleSpec, read_spec
from app.services.workflow_rows import find_row

TYPES = ("webhook", "schedule", "event")
KEY_BYTES = 24


@dataclass(frozen=True, slots=True)
class Trigger:
    """`key` is what a webhook is called by; only editors see it."""

    id: str
    workflow_id: str
    type: str
    key: str | None
    config: dict[str, Json]
    enabled: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    runs: int
    created_at: datetime
    updated_at: datetime


class Triggers:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def list(self, actor: Actor, paging: Paging, type: str = "", workflow_id: str = "") -> Page[Trigger]:
        actor.demand("workflows.read")
        asked = paging.checked("created_at")
        if type and type not in TYPES:
            raise invalid(f"`type` must be one of {', '.join(TYPES)}.", [{"field": "type", "message": "is not known"}])
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection, actor.workspace_id, type, workflow_id, asked.order, asked.page * asked.size, asked.size
            )
        return Page([self._shown(actor, row) for row in rows], total, asked.page, asked.size)

    async def get(self, actor: Actor, trigger_id: str, type: str = "") -> Trigger:
        """Raises 404."""
        actor.demand("workflows.read")
        return self._shown(actor, await self._find(actor, trigger_id, type))

    async def create(self, actor: Actor, workflow: str, type: str, config: Json, enabled: bool = True) -> Trigger:
        """Raises 400 for a configuration that does not fit, 404 for a workflow that is not there."""
        actor.demand("workflows.write")
        spec = read_spec(type, config)
        now = datetime.now(UTC)
        key = secrets.token_urlsafe(KEY_BYTES) if type == "webhook" else None
        async with self._database.write() as connection:
            try:
                flow = await find_row(connection, actor.workspace_id, workflow)
            except ServiceError:
                raise not_found("flow", workflow) from None
            row = TriggerRow(
                id=(trigger_id := str(uuid4())),
                workspace_id=actor.workspace_id,
                workflow_id=flow.id,
                type=type,
                key_hash=None if key is None else key_hash(key),
                sealed_key=None if key is None else self._vault.seal(key, trigger_id),
                config=encode(spec),
                enabled=enabled,
                anchor=now,
                planned_at=None,
                next_run_at=None,
                last_run_at=None,
                runs=0,
                created_by=actor.user_id,
                created_at=now,
                updated_at=now,
            )
            row = replace(row, **_planned(row, now))
            await queries.insert(connection, row)
        return self._shown(actor, row)

    async def update(
        self, actor: Actor, trigger_id: str, config: Json = None, enabled: bool | None = None, type: str = ""
    ) -> Trigger:
        """Change the configuration, or switch it on or off; None leaves a thing as it is. A key stays as it is."""
        actor.demand("workflows.write")
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            row = await self._within(connection, actor, trigger_id, type)
            spec = row.config if config is None else encode(read_spec(row.type, config))
            row = replace(row, config=spec, enabled=row.enabled if enabled is None else enabled, updated_at=now)
            if config is not None:
                row = replace(row, anchor=now, runs=0)
            row = replace(row, **_planned(row, now))
            names = ("config", "enabled", "anchor", "planned_at", "next_run_at", "runs", "updated_at")
            await queries.update(connection, row.id, **{name: getattr(row, name) for name in names})
        return self._shown(actor, row)

    async def delete(self, actor: Actor, trigger_id: str, type: str = "") -> None:
        actor.demand("workflows.write")
        async with self._database.write() as connection:
            row = await self._within(connection, actor, trigger_id, type)
            await queries.delete(connection, row.id)

    async def _find(self, actor: Actor, trigger_id: str, type: str) -> TriggerRow:
        async with self._database.read() as connection:
            return await self._within(connection, actor, trigger_id, type)

    async def _within(self, connection: Any, actor: Actor, trigger_id: str, type: str) -> TriggerRow:
        row = await queries.find(connection, actor.workspace_id, trigger_id.lower()) if is_uuid(trigger_id) else None
        if row is None or (type and row.type != type):
            raise not_found(type or "trigger", trigger_id)
        return row

    def _shown(self, actor: Actor, row: TriggerRow) -> Trigger:
        visible = actor.may("editor") and row.sealed_key is not None
        return Trigger(
            row.id,
            row.workflow_id,
            row.type,
            self._vault.unseal(row.sealed_key, row.id) if visible and row.sealed_key is not None else None,
            decode_stored(row.config),
            row.enabled,
            row.next_run_at,
            row.last_run_at,
            row.runs,
            row.created_at,
            row.updated_at,
        )


def key_hash(key: str) -> bytes:
    """How a key is looked up: it has so many random bits that a plain hash cannot be turned back."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _planned(row: TriggerRow, now: datetime) -> dict[str, Json]:
    """When a schedule runs next; never while it is switched off."""
    if row.type != "schedule" or not row.enabled:
        return {"planned_at": None, "next_run_at": None}
    schedule = ScheduleSpec.model_validate(decode_stored(row.config)).schedule()
    moment = next_run(schedule, now, row.anchor, row.runs)
    return {"planned_at": moment, "next_run_at": moment}
