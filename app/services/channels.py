"""Channels: workflows under an address of one's own choice, open to all or behind a token (contract.md A096-A100, G9)."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.vault import Vault
from app.db import channels as queries
from app.db import workflows as workflow_queries
from app.db.channels import ChannelRow
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.doors import Doors
from app.services.errors import ServiceError, invalid, not_found
from app.services.hook_answers import HookAnswer, HookCall, call_details, wait_for_answer
from app.services.hook_body import read_body
from app.services.pages import Page, Paging
from app.services.refusals import is_uuid
from app.services.trigger_specs import checked
from app.services.workflow_rows import find_row

TOKEN_HEADER = "x-channel-token"
ChannelRecord = ChannelRow


class RouteSpec(BaseModel):
    """One address of a channel and the workflows behind it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str = Field("", max_length=200)
    httpMethod: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"  # noqa: N815 - the contract's spelling
    path: str = Field("", max_length=200)
    targetFlowIds: list[str] = Field(min_length=1, max_length=10)  # noqa: N815
    responseMode: Literal["sync", "async"] = "sync"  # noqa: N815
    timeoutSeconds: int = Field(30, ge=1, le=300)  # noqa: N815

    @field_validator("path")
    @classmethod
    def _plain(cls, path: str) -> str:
        plain = path.strip("/")
        if not re.fullmatch(r"[\w.~/-]*", plain, re.ASCII) or ".." in plain:
            raise ValueError("may hold letters, digits and . ~ - _ /")
        return plain


class ChannelSpec(BaseModel):
    """What a caller says of a channel; what is left out of a change stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str | None = Field(None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    kind: Literal["http", "mcp"] | None = None
    authMode: Literal["public", "header_token"] | None = None  # noqa: N815
    authToken: str | None = Field(None, min_length=8, max_length=500)  # noqa: N815
    enabled: bool | None = None
    routes: list[RouteSpec] | None = Field(None, max_length=100)


@dataclass(frozen=True, slots=True)
class Channel:
    row: ChannelRow
    routes: Sequence[RouteSpec]


@dataclass(frozen=True, slots=True)
class ChannelAnswer:
    """`single` is one workflow's own answer; else `body` tells of all of them."""

    status: int
    body: Json = None
    single: HookAnswer | None = None


class Channels:
    def __init__(self, database: Database, vault: Vault, doors: Doors) -> None:
        self._database = database
        self._vault = vault
        self._doors = doors

    async def list(self, actor: Actor, paging: Paging) -> Page[Channel]:
        actor.demand("workflows.read")
        asked = paging.checked("name")
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection, actor.workspace_id, asked.q, asked.order, asked.page * asked.size, asked.size
            )
        return Page([_channel(row) for row in rows], total, asked.page, asked.size)

    async def get(self, actor: Actor, channel_id: str) -> Channel:
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            return _channel(await _find(connection, actor, channel_id))

    async def create(self, actor: Actor, raw: Json) -> Channel:
        """Raises 409 when the name is taken: it is a part of an address, so it is unique on this server."""
        actor.demand("workflows.write")
        spec = checked(ChannelSpec, raw)
        if spec.name is None:
            raise invalid("`name` is needed.", [{"field": "name", "message": "is needed"}])
        now = datetime.now(UTC)
        row = ChannelRow(
            str(uuid4()), actor.workspace_id, spec.name, "http", "header_token", None, True, b"[]", actor.user_id, now, now
        )
        async with self._database.write() as connection:
            row = await self._changed(connection, actor, row, spec)
            try:
                await queries.insert(connection, row)
            except IntegrityError:
                raise _taken(row.name) from None
        return _channel(row)

    async def update(self, actor: Actor, channel_id: str, raw: Json) -> Channel:
        actor.demand("workflows.write")
        spec = checked(ChannelSpec, raw)
        async with self._database.write() as connection:
            row = await self._changed(connection, actor, await _find(connection, actor, channel_id), spec)
            names = ("name", "kind", "auth_mode", "sealed_token", "enabled", "routes", "updated_at")
            try:
                await queries.update(connection, row.id, **{name: getattr(row, name) for name in names})
            except IntegrityError:
                raise _taken(row.name) from None
        return _channel(row)

    async def delete(self, actor: Actor, channel_id: str) -> None:
        actor.demand("workflows.write")
        async with self._database.write() as connection:
            await queries.delete(connection, (await _find(connection, actor, channel_id)).id)

    async def call(self, address: str, path: str, call: HookCall) -> ChannelAnswer:
        """A call from outside. Raises 404 for an address that leads nowhere, 401 without the token, 405 for another method."""
        row = await self.entered(address, call.headers)
        if row.kind != "http":
            raise ServiceError("METHOD_NOT_ALLOWED", "This channel speaks MCP, at its own address.", 405)
        here = [route for route in _channel(row).routes if route.path == path.strip("/")]
        if not here:
            raise ServiceError("ROUTE_NOT_FOUND", "This channel has nothing at this path.", 404)
        route = next((route for route in here if route.httpMethod == call.method), None)
        if route is None:
            methods = ", ".join(sorted({route.httpMethod for route in here}))
            raise ServiceError("METHOD_NOT_ALLOWED", f"This address takes {methods}, not {call.method}.", 405)
        variables = await read_body(call.headers.get("content-type", ""), call.body)
        return await self._run(row, route, variables, call)

    async def entered(self, address: str, headers: Mapping[str, str]) -> ChannelRow:
        """The channel at an address, for who may use it. Raises 404 and 401."""
        async with self._database.read() as connection:
            row = await queries.by_address(connection, address)
        if row is None or not row.enabled:
            raise ServiceError("CHANNEL_NOT_FOUND", "There is no channel at this address.", 404)
        self._authorize(row, headers)
        return row

    async def speaks_mcp(self, address: str, headers: Mapping[str, str]) -> bool:
        """Raises 404 and 401 as `entered` does."""
        return (await self.entered(address, headers)).kind == "mcp"

    def routes_of(self, row: ChannelRow) -> Sequence[RouteSpec]:
        return _channel(row).routes

    def _authorize(self, row: ChannelRow, headers: Mapping[str, str]) -> None:
        """Raises 401 unless a call may use the channel. The token comes as `Bearer`, or in a header of its own."""
        if row.auth_mode == "public":
            return
        token = "" if row.sealed_token is None else self._vault.unseal(row.sealed_token, row.id)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get(TOKEN_HEADER, "")
        if not token or not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            raise ServiceError("UNAUTHORIZED", "The channel's token is missing or wrong.", 401)

    async def _run(self, row: ChannelRow, route: RouteSpec, variables: dict[str, Json], call: HookCall) -> ChannelAnswer:
        targets = await self.targets(row, route)
        request = call_details(call)
        request["headers"].pop(TOKEN_HEADER, None)
        is_async = route.responseMode == "async"
        started = [await self._doors.start(target, variables, request, durably=is_async) for target in targets]
        if is_async:
            runs = [
                {"flowId": target.id, "executionId": one.execution_id} for target, one in zip(targets, started, strict=True)
            ]
            return ChannelAnswer(202, {"status": "queued", "executions": runs})
        if len(started) == 1:
            return ChannelAnswer(200, single=await wait_for_answer(started[0], route.timeoutSeconds))
        answers = await asyncio.gather(*(wait_for_answer(one, route.timeoutSeconds) for one in started))
        results = [
            {
                "flowId": target.id,
                "executionId": found.execution_id,
                "output": found.response["body"] if found.ended is None else found.ended.output,
            }
            for target, found in zip(targets, answers, strict=True)
        ]
        return ChannelAnswer(200, {"status": "completed", "results": results})

    async def targets(self, row: ChannelRow, route: RouteSpec) -> Sequence[WorkflowRow]:
        """Raises 404 when a workflow behind the address is gone."""
        async with self._database.read() as connection:
            found = [
                await workflow_queries.find(connection, row.workspace_id, id=workflow_id) for workflow_id in route.targetFlowIds
            ]
        there = [target for target in found if target is not None]
        if len(there) != len(found):
            raise ServiceError("FLOW_NOT_FOUND", "A workflow behind this address is not there any more.", 404)
        return there

    async def _changed(self, connection: AsyncConnection, actor: Actor, row: ChannelRow, spec: ChannelSpec) -> ChannelRow:
        routes = row.routes
        if spec.routes is not None:
            routes = encode([await _with_ids(connection, actor, route) for route in spec.routes])
        changed = replace(
            row,
            name=spec.name or row.name,
            kind=spec.kind or row.kind,
            auth_mode=spec.authMode or row.auth_mode,
            sealed_token=row.sealed_token if spec.authToken is None else self._vault.seal(spec.authToken, row.id),
            enabled=row.enabled if spec.enabled is None else spec.enabled,
            routes=routes,
            updated_at=datetime.now(UTC),
        )
        if changed.auth_mode == "header_token" and changed.sealed_token is None:
            raise invalid("`authToken` is needed, or the `authMode` public.", [{"field": "authToken", "message": "is needed"}])
        return changed


async def _with_ids(connection: AsyncConnection, actor: Actor, route: RouteSpec) -> Json:
    """A route with the ids of its workflows, which may be given by name. Raises 400."""
    ids = []
    for target in route.targetFlowIds:
        try:
            ids.append((await find_row(connection, actor.workspace_id, target)).id)
        except ServiceError:
            message = f"There is no flow `{target[:100]}`."
            raise invalid(message, [{"field": "routes.targetFlowIds", "message": message}]) from None
    return route.model_copy(update={"targetFlowIds": ids}).model_dump(mode="json")


def _channel(row: ChannelRow) -> Channel:
    return Channel(row, [RouteSpec.model_validate(route) for route in decode_stored(row.routes)])


async def _find(connection: AsyncConnection, actor: Actor, channel_id: str) -> ChannelRow:
    row = await queries.find(connection, actor.workspace_id, channel_id.lower()) if is_uuid(channel_id) else None
    if row is None:
        raise not_found("channel", channel_id)
    return row


def _taken(name: str) -> ServiceError:
    return ServiceError("NAME_TAKEN", f"There is already a channel named `{name}`.", 409)
