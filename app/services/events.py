"""Events: what goes on or starts when something happens, and the addresses by which one parked step goes on."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.adapters.vault import Vault
from app.db import signals as queries
from app.db.session import Database
from app.db.signals import SignalRow
from app.engine.messages import Message
from app.engine.values import decode_stored, encode
from app.hosts.bus import EventBus, messages
from app.hosts.embedded import EmbeddedHost
from app.sdk import Json
from app.services.actors import Actor
from app.services.arrivals import pass_on
from app.services.errors import ServiceError, invalid
from app.services.event_starts import EventStarts, event_of
from app.services.execution_events import DROPPED
from app.services.executions import HEARTBEAT_SECONDS
from app.services.texts import is_line

KIND = "event"
OWN_NAMES = ("run.", "approval.")
"""How the names of events begin that only the studio itself sends."""
MAX_NAME = 200
TOKEN_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Sent:
    """What an event has led to: executions that go on, and new ones."""

    resumed: Sequence[str]
    started: Sequence[str]


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the page behind a resume address shows before anybody goes on."""

    workflow_name: str
    event: str
    data: Json


class Events:
    def __init__(self, database: Database, host: EmbeddedHost, starts: EventStarts, vault: Vault, bus: EventBus) -> None:
        self._database = database
        self._host = host
        self._starts = starts
        self._vault = vault
        self._bus = bus

    # -- by name -------------------------------------------------------------------------------------------------

    async def send(self, actor: Actor, name: str, payload: Json) -> Sent:
        """Tell the workspace that something happened; all that it leads to is on disk together before this returns."""
        actor.require("executor")
        _check_name(name)
        now = datetime.now(UTC)
        event = event_of(name, now, payload)
        fitting = await self._starts.fitting(actor.workspace_id, name)
        async with self._database.write(counts=False) as connection:
            waiting = await queries.awaiting_event(connection, actor.workspace_id, name, datetime.now(UTC))
            answered = [row for row in waiting if await queries.answer(connection, row, encode(payload), now)]
            accepted = await self._starts.accept(connection, fitting, event, actor.user_id)
        for row in answered:
            await pass_on(self._host, row, payload)
        started = await self._starts.go(accepted)
        self._bus.publish(f"workspace:{actor.workspace_id}", Message("event", event))
        return Sent(list(dict.fromkeys(row.execution_id for row in answered)), started)

    async def news(self, actor: Actor) -> AsyncIterator[Message | None]:
        """What happens in the actor's workspace from now on: events, and approvals needed and decided."""
        actor.require("viewer")
        with self._bus.subscribe(f"workspace:{actor.workspace_id}") as subscription:
            yield None
            async for message in messages(subscription, HEARTBEAT_SECONDS):
                yield message
            if subscription.dropped:
                yield DROPPED

    # -- by address ----------------------------------------------------------------------------------------------

    async def tokens(self, actor: Actor, execution_id: str) -> Mapping[tuple[str, str], str]:
        """The tokens of the resume addresses of an execution's waiting steps, by block id and iteration."""
        actor.require("executor")
        async with self._database.read() as connection:
            rows = await queries.pending_of(connection, execution_id, KIND, datetime.now(UTC))
        return {(row.block_id, row.iteration): self._token(row.id) for row in rows if row.workspace_id == actor.workspace_id}

    async def awaited(self, token: str) -> Awaited:
        """What a resume address is for. Raises 404 for a token that is not ours, 410 when it has been used or is over."""
        signal_id = self._checked(token)
        async with self._database.read() as connection:
            row = _still_open(await queries.find(connection, signal_id, kind=KIND))
        return Awaited(row.workflow_name, row.name, None if row.data is None else decode_stored(row.data))

    async def resume(self, token: str, payload: Json) -> str:
        """Let the step go on with this payload; its execution's id. Raises like `awaited`; works exactly once."""
        signal_id = self._checked(token)
        async with self._database.write(counts=False) as connection:
            row = _still_open(await queries.find(connection, signal_id, kind=KIND))
            if not await queries.answer(connection, row, encode(payload), datetime.now(UTC)):
                raise _used()
        await pass_on(self._host, row, payload)
        return row.execution_id

    def _token(self, signal_id: str) -> str:
        return UUID(signal_id).hex + self._signature(signal_id)

    def _signature(self, signal_id: str) -> str:
        return self._vault.fingerprint(f"resume-address:{signal_id}")

    def _checked(self, token: str) -> str:
        """The signal's id. Raises 404 unless this server has made the token."""
        known = len(token) == TOKEN_LENGTH and token.isascii() and token.isalnum() and token == token.lower()
        try:
            signal_id = str(UUID(token[:32])) if known else ""
        except ValueError:
            signal_id = ""
        if not signal_id or not hmac.compare_digest(token[32:], self._signature(signal_id)):
            raise _unknown()
        return signal_id


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or not is_line(name) or name != name.strip():
        message = f"`name` must have 1 to {MAX_NAME} printable characters, with no space at its ends."
        raise invalid(message, [{"field": "name", "message": "must be the name of an event"}])
    if name.startswith(OWN_NAMES):
        message = f"The studio itself tells of what begins with {' and '.join(OWN_NAMES)}; choose another `name`."
        raise invalid(message, [{"field": "name", "message": "is a name of the studio's own events"}])


def _still_open(row: SignalRow | None) -> SignalRow:
    if row is None:
        raise _unknown()
    if row.status == "answered":
        raise _used()
    if not row.is_open(datetime.now(UTC)):
        raise ServiceError("ADDRESS_OVER", "Nothing waits here any more: the time is over, or the execution has ended.", 410)
    return row


def _unknown() -> ServiceError:
    return ServiceError("ADDRESS_NOT_FOUND", "There is nothing at this address.", 404)


def _used() -> ServiceError:
    return ServiceError("ADDRESS_USED", "This address has been used; it works once.", 410)
