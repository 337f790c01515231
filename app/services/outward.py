"""Tells endpoints what happens: live from the event bus, and at start from the record, so that nothing is lost.

A delivery is known by its endpoint and by what it tells of, so looking twice tells once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db import endpoints as queries
from app.db.endpoints import EndpointRow, EndRow, QuestionRow
from app.db.memory import Memory
from app.db.session import Database
from app.engine.messages import Message, iso
from app.engine.values import decode_stored
from app.hosts.bus import Subscription
from app.sdk import Json
from app.services.approval_forms import read_question
from app.services.endpoints import new_delivery
from app.services.monitor import MonitoredBus

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
TOGETHER_SECONDS = 0.01
BATCH = 100
OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing to tell of; `key` tells it from all others."""

    workspace_id: str
    type: str
    key: str
    at: datetime
    data: Mapping[str, Json]


class Outward:
    def __init__(self, database: Database, bus: MonitoredBus) -> None:
        self._database = database
        self._bus = bus
        self._endpoints = Memory(database, self._load)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="outbound webhooks")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _load(self, _: str) -> Sequence[EndpointRow]:
        async with self._database.read() as connection:
            return await queries.enabled(connection)

    async def _run(self) -> None:
        while True:
            try:
                if await self._endpoints.get(""):
                    await self._tell_while_asked()
            except Exception:
                logger.exception("telling endpoints failed; it is tried again")
            await asyncio.sleep(LOOK_SECONDS)

    async def _tell_while_asked(self) -> None:
        """Follow the bus for as long as anybody wants to be told; looks into the record again whenever endpoints change."""
        with self._bus.subscribe_ends() as subscription:
            known: Sequence[EndpointRow] = ()
            while endpoints := await self._endpoints.get(""):
                if endpoints != known:
                    known = endpoints
                    await self._tell(await self._recorded(endpoints))
                if subscription.dropped:
                    return
                news = await _collect(subscription)
                if news is None:
                    return
                if news:
                    await self._tell(await self._heard(news))

    async def _recorded(self, endpoints: Sequence[EndpointRow]) -> Sequence[Happening]:
        """What has happened since each endpoint was told for the last time."""
        found: list[Happening] = []
        async with self._database.read() as connection:
            since: dict[str, datetime] = {}
            for endpoint in endpoints:
                last = await queries.last_told(connection, endpoint.id)
                begin = max(endpoint.updated_at, last - OVERLAP) if last is not None else endpoint.updated_at
                since[endpoint.workspace_id] = min(begin, since.get(endpoint.workspace_id, begin))
            for workspace_id, moment in since.items():
                found += [_ended(row) for row in await queries.ends_since(connection, workspace_id, moment)]
                for row in await queries.questions_since(connection, workspace_id, moment):
                    found += [one for one in _asked(row) if one.at > moment]
        return found

    async def _heard(self, news: Sequence[Message]) -> Sequence[Happening]:
        """What the messages of the bus tell of, as it is on record."""
        executions = [str(message.data["execution_id"]) for message in news if message.type == "execution_finished"]
        approvals = [str(message.data["approval_id"]) for message in news if "approval_id" in message.data]
        async with self._database.read() as connection:
            ends = await queries.ends(connection, executions) if executions else ()
            questions = await queries.questions(connection, approvals) if approvals else ()
        return [*(_ended(row) for row in ends), *(one for row in questions for one in _asked(row))]

    async def _tell(self, happenings: Iterable[Happening]) -> None:
        """Queue the deliveries; an endpoint is told only of what has happened since it was set so."""
        endpoints = await self._endpoints.get("")
        wanted = [
            new_delivery(endpoint, found.type, found.key, found.at, found.data)
            for found in happenings
            for endpoint in endpoints
            if endpoint.workspace_id == found.workspace_id and found.at >= endpoint.updated_at and _wants(endpoint, found.type)
        ]
        if wanted:
            async with self._database.write(counts=False) as connection:
                for delivery in wanted:
                    await queries.deliver(connection, delivery)


async def _collect(subscription: Subscription) -> list[Message] | None:
    """What comes within a moment; None when nothing more will."""
    found: list[Message] = []
    with suppress(TimeoutError):
        while len(found) < BATCH:
            message = await subscription.next(TOGETHER_SECONDS if found else LOOK_SECONDS)
            if message is None:
                return found or None
            found.append(message)
    return found


def _wants(endpoint: EndpointRow, type: str) -> bool:
    events = decode_stored(endpoint.events)
    return "*" in events or type in events


def _ended(row: EndRow) -> Happening:
    data: dict[str, Json] = {
        "executionId": row.id,
        "flowId": row.workflow_id,
        "flowName": row.workflow_name,
        "status": row.status,
        "mode": row.mode,
        "trigger": row.trigger,
        "startedAt": None if row.started_at is None else iso(row.started_at),
        "finishedAt": iso(row.finished_at),
        "error": None if row.error is None else decode_stored(row.error),
    }
    return Happening(row.workspace_id, f"run.{row.status}", f"run:{row.id}", row.finished_at, data)


def _asked(row: QuestionRow) -> Iterator[Happening]:
    question = read_question(None if row.data is None else decode_stored(row.data))
    data: dict[str, Json] = {
        "approvalId": row.id,
        "executionId": row.execution_id,
        "flowId": row.workflow_id,
        "flowName": row.workflow_name,
        "title": question.title,
        "description": question.description,
        "assignees": list(question.assignees),
        "expiresAt": None if row.expires_at is None else iso(row.expires_at),
    }
    yield Happening(row.workspace_id, "approval.needed", f"needed:{row.id}", row.created_at, data)
    if row.answered_at is not None:
        payload = decode_stored(row.payload) if row.payload else {}
        decision = payload.get("decision") if isinstance(payload, dict) else None
        decided = data | {"decision": decision}
        yield Happening(row.workspace_id, "approval.decided", f"decided:{row.id}", row.answered_at, decided)
