"""Approvals: what waits for people, and what they decide (contract.md C17, G22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import signals as queries
from app.db.session import Database
from app.db.signals import DecisionRow, SignalRow, Wanted
from app.engine.messages import Message
from app.engine.values import decode_stored, encode
from app.hosts.bus import EventBus
from app.hosts.embedded import EmbeddedHost
from app.sdk import Json
from app.services.actors import Actor
from app.services.approval_forms import Question, read_answers, read_question
from app.services.arrivals import pass_on
from app.services.errors import ServiceError, invalid, not_found
from app.services.event_starts import EventStarts, event_of
from app.services.pages import Page, Paging
from app.services.refusals import is_uuid
from app.services.starts import Accepted

KIND = "approval"
DECIDED = "approval.decided"
MAX_NOTE = 5_000
MAX_COUNTED = 100
WANTED: dict[str, Wanted] = {"pending": "pending", "decided": "decided", "all": "all"}

Choice = Literal["approved", "rejected"]
Status = Literal["pending", "approved", "rejected", "expired", "cancelled"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided."""

    user_id: str
    username: str
    email: str
    decision: str
    note: str
    form: Json
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """Something that people decide or have decided. `expired`: nobody did in time, and the gate's default counted."""

    id: str
    question: Question
    status: Status
    workflow_id: str
    workflow_name: str
    execution_id: str
    block_id: str
    iteration: str
    created_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    decisions: Sequence[Decision]

    @property
    def approvals_in(self) -> int:
        return sum(made.decision == "approved" for made in self.decisions)

    def by(self, actor: Actor) -> Decision | None:
        """What this person has decided."""
        return next((made for made in self.decisions if made.user_id == actor.user_id), None)

    def may_be_decided_by(self, actor: Actor) -> bool:
        asked = self.question.is_for(actor.username, actor.email)
        return self.status == "pending" and actor.may("executor") and asked and self.by(actor) is None


class Approvals:
    def __init__(self, database: Database, host: EmbeddedHost, bus: EventBus, starts: EventStarts) -> None:
        self._database = database
        self._host = host
        self._bus = bus
        self._starts = starts

    async def list(self, actor: Actor, paging: Paging, status: str = "pending") -> Page[Approval]:
        """Pending ones, the longest waiting first; others, the newest first."""
        actor.require("viewer")
        wanted = WANTED.get(status)
        if wanted is None:
            raise invalid(f"`status` must be one of {', '.join(WANTED)}.", [{"field": "status", "message": "is not known"}])
        asked = paging.checked("created_at")
        order = paging.order or ("asc" if wanted == "pending" else "desc")
        now = datetime.now(UTC)
        async with self._database.read() as connection:
            rows, total = await queries.listed(
                connection,
                actor.workspace_id,
                KIND,
                wanted,
                now,
                offset=asked.page * asked.size,
                limit=asked.size,
                order=order,
            )
            found = await _with_decisions(connection, rows, now)
        return Page(found, total, asked.page, asked.size)

    async def count(self, actor: Actor) -> int:
        """How many are pending, counted no further than MAX_COUNTED."""
        actor.require("viewer")
        async with self._database.read() as connection:
            return await queries.count_pending(connection, actor.workspace_id, KIND, datetime.now(UTC), MAX_COUNTED)

    async def of_execution(self, actor: Actor, execution_id: str) -> Sequence[Approval]:
        """What an execution of the actor's workspace waits for people to decide."""
        actor.require("viewer")
        now = datetime.now(UTC)
        async with self._database.read() as connection:
            rows = await queries.pending_of(connection, execution_id, KIND, now)
            return await _with_decisions(connection, [row for row in rows if row.workspace_id == actor.workspace_id], now)

    async def get(self, actor: Actor, approval_id: str) -> Approval:
        actor.require("viewer")
        async with self._database.read() as connection:
            return (await _find(connection, actor, approval_id))[1]

    async def decide(self, actor: Actor, approval_id: str, choice: Choice, note: str = "", form: Json = None) -> Approval:
        """Approve or reject once for each person; saying the same again changes nothing.

        Raises 403 for who is not asked, 409 with the reason when it is too late, 400 for a form that does not fit.
        """
        actor.require("executor")
        if len(note) > MAX_NOTE:
            raise invalid(f"`note` may have {MAX_NOTE:,} characters.", [{"field": "note", "message": "is too long"}])
        payload: Json = None
        listening = await self._starts.fitting(actor.workspace_id, DECIDED)
        accepted: Sequence[Accepted] = ()
        async with self._database.write() as connection:
            row, approval = await _find(connection, actor, approval_id)
            if _said_before(approval, actor, choice):
                return approval
            _refuse(approval, actor)
            answers = read_answers(approval.question.form, form, complete=choice == "approved")
            now = datetime.now(UTC)
            await queries.insert_decision(connection, row.id, actor.user_id, choice, note, encode(answers), now)
            approval = (await _find(connection, actor, approval_id))[1]
            payload = _outcome(approval, choice)
            if payload is not None:
                await queries.answer(connection, row, encode(payload), now)
                approval = (await _find(connection, actor, approval_id))[1]
                told = await self._starts.about_execution(connection, listening, row.workflow_id, row.execution_id)
                event = event_of(DECIDED, now, decided_data(approval, payload))
                accepted = await self._starts.accept(connection, told, event, actor.user_id)
        if payload is not None:
            await pass_on(self._host, row, payload)
            await self._starts.go(accepted)
            self._announce(actor.workspace_id, approval)
        return approval

    def _announce(self, workspace_id: str, approval: Approval) -> None:
        data: dict[str, Json] = {
            "approval_id": approval.id,
            "execution_id": approval.execution_id,
            "workflow_id": approval.workflow_id,
            "title": approval.question.title,
            "decision": approval.status,
        }
        self._bus.publish(f"workspace:{workspace_id}", Message(DECIDED, data))


def decided_data(approval: Approval, outcome: dict[str, Json]) -> dict[str, Json]:
    """What workflows are told about a decision."""
    return {
        "approval_id": approval.id,
        "execution_id": approval.execution_id,
        "workflow": {"id": approval.workflow_id, "name": approval.workflow_name},
        "block_id": approval.block_id,
        "title": approval.question.title,
        **outcome,
    }


async def _find(connection: AsyncConnection, actor: Actor, approval_id: str) -> tuple[SignalRow, Approval]:
    """Raises 404."""
    known = is_uuid(approval_id)
    row = await queries.find(connection, approval_id.lower(), kind=KIND, workspace_id=actor.workspace_id) if known else None
    if row is None:
        raise not_found("approval", approval_id)
    return row, (await _with_decisions(connection, [row], datetime.now(UTC)))[0]


async def _with_decisions(connection: AsyncConnection, rows: Sequence[SignalRow], now: datetime) -> Sequence[Approval]:
    made: dict[str, list[Decision]] = {}
    for row in await queries.decisions_of(connection, [row.id for row in rows]) if rows else ():
        made.setdefault(row.signal_id, []).append(_decision(row))
    return [_approval(row, made.get(row.id, []), now) for row in rows]


def _decision(row: DecisionRow) -> Decision:
    form = None if row.form is None else decode_stored(row.form)
    return Decision(row.user_id, row.username, row.email, row.decision, row.note, form, row.created_at)


def _approval(row: SignalRow, made: Sequence[Decision], now: datetime) -> Approval:
    return Approval(
        row.id,
        read_question(None if row.data is None else decode_stored(row.data)),
        _status(row, now),
        row.workflow_id,
        row.workflow_name,
        row.execution_id,
        row.block_id,
        row.iteration,
        row.created_at,
        row.expires_at,
        row.answered_at,
        made,
    )


def _status(row: SignalRow, now: datetime) -> Status:
    if row.status == "answered":
        payload = None if row.payload is None else decode_stored(row.payload)
        approved = isinstance(payload, dict) and payload.get("decision") == "approved"
        return "approved" if approved else "rejected"
    if row.is_open(now):
        return "pending"
    over = row.expires_at is not None and row.expires_at <= now
    return "expired" if row.status == "expired" or (over and row.status == "open") else "cancelled"


def _said_before(approval: Approval, actor: Actor, choice: Choice) -> bool:
    """Raises 409 when this person has said something else."""
    earlier = approval.by(actor)
    if earlier is not None and earlier.decision != choice:
        raise ServiceError("ALREADY_DECIDED", f"You have decided this already: {earlier.decision}.", 409)
    return earlier is not None


def _refuse(approval: Approval, actor: Actor) -> None:
    if approval.status in ("approved", "rejected"):
        people = ", ".join(made.username for made in approval.decisions)
        raise ServiceError("ALREADY_DECIDED", f"This was decided already: {approval.status} by {people}.", 409)
    if approval.status == "expired":
        raise ServiceError("APPROVAL_EXPIRED", "The time to decide this is over.", 409)
    if approval.status == "cancelled":
        raise ServiceError("APPROVAL_CANCELLED", "Its execution does not wait for this any more.", 409)
    if not approval.question.is_for(actor.username, actor.email):
        raise ServiceError("NOT_ASSIGNED", "Only the people who were asked may decide this.", 403)


def _outcome(approval: Approval, choice: Choice) -> Json:
    """What the waiting block gets once it is settled: at the first rejection, or with enough approvals; else None."""
    if choice == "approved" and approval.approvals_in < approval.question.n_of_m:
        return None
    deciders = [made for made in approval.decisions if made.decision == choice]
    notes = [made.note if len(deciders) == 1 else f"{made.email}: {made.note}" for made in deciders if made.note]
    form: dict[str, Json] = {}
    for made in deciders:
        form |= made.form or {}
    return {
        "decision": choice,
        "decided_by": ", ".join(made.email for made in deciders),
        "note": "\n".join(notes),
        "form": form,
    }
