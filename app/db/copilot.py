"""Queries about the copilot's conversations, proposals, settings and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import (
    copilot_messages,
    copilot_proposals,
    copilot_sessions,
    copilot_settings,
    copilot_snapshots,
    copilot_usage,
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One conversation of one person about one workflow."""

    id: str
    workspace_id: str
    workflow_id: str
    user_id: str
    sealed_title: bytes | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRow:
    """`state` of an answer: running, done, stopped or failed; `revision` is the newest of the workflow when it was said."""

    id: str
    workspace_id: str
    session_id: str
    place: int
    role: str
    state: str
    revision: int
    sealed_content: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    id: str
    workspace_id: str
    session_id: str
    revision: int
    sealed_graph: bytes


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """`state`: open, accepted, rejected or mixed."""

    id: str
    workspace_id: str
    session_id: str
    message_id: str
    base_revision: int
    state: str
    sealed_content: bytes
    created_at: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsageRow:
    workspace_id: str
    user_id: str
    day: str
    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    cost: float = 0.0


async def insert(connection: AsyncConnection, row: SessionRow | MessageRow | SnapshotRow | ProposalRow) -> None:
    """Store a new row of whichever table it belongs to."""
    tables: dict[type, sa.Table] = {
        SessionRow: copilot_sessions,
        MessageRow: copilot_messages,
        SnapshotRow: copilot_snapshots,
        ProposalRow: copilot_proposals,
    }
    await connection.execute(sa.insert(tables[type(row)]).values(**asdict(row)))


# -- conversations ---------------------------------------------------------------------------------------------------------


async def session(connection: AsyncConnection, workspace_id: str, user_id: str, session_id: str) -> SessionRow | None:
    """A person's own conversation; nobody else's is found."""
    table = copilot_sessions
    query = sa.select(table).where(table.c.id == session_id, table.c.workspace_id == workspace_id, table.c.user_id == user_id)
    row = (await connection.execute(query)).first()
    return None if row is None else SessionRow(*row)


async def sessions(connection: AsyncConnection, workflow_id: str, user_id: str, limit: int) -> Sequence[SessionRow]:
    """The conversations of one person about one workflow, the newest first."""
    table = copilot_sessions
    query = (
        sa.select(table)
        .where(table.c.workflow_id == workflow_id, table.c.user_id == user_id)
        .order_by(table.c.updated_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [SessionRow(*row) for row in (await connection.execute(query)).all()]


async def change_session(connection: AsyncConnection, session_id: str, **values: Any) -> None:
    await connection.execute(sa.update(copilot_sessions).where(copilot_sessions.c.id == session_id).values(**values))


async def delete_sessions(connection: AsyncConnection, session_ids: Sequence[str]) -> None:
    """With all that was said in them."""
    await connection.execute(sa.delete(copilot_sessions).where(copilot_sessions.c.id.in_(session_ids)))


async def beyond(connection: AsyncConnection, workflow_id: str, user_id: str, count: int) -> Sequence[str]:
    """The ids of one person's conversations about one workflow beyond the newest `count`."""
    table = copilot_sessions
    query = (
        sa.select(table.c.id)
        .where(table.c.workflow_id == workflow_id, table.c.user_id == user_id)
        .order_by(table.c.updated_at.desc(), table.c.id.desc())
        .limit(1_000)
        .offset(count)
    )
    return (await connection.execute(query)).scalars().all()


async def untouched_since(connection: AsyncConnection, moment: datetime, limit: int) -> Sequence[str]:
    table = copilot_sessions
    query = sa.select(table.c.id).where(table.c.updated_at < moment).order_by(table.c.updated_at).limit(limit)
    return (await connection.execute(query)).scalars().all()


async def messages(connection: AsyncConnection, session_id: str) -> Sequence[MessageRow]:
    """In the order in which they were said."""
    table = copilot_messages
    query = sa.select(table).where(table.c.session_id == session_id).order_by(table.c.place)
    return [MessageRow(*row) for row in (await connection.execute(query)).all()]


async def message(connection: AsyncConnection, workspace_id: str, user_id: str, message_id: str) -> MessageRow | None:
    """A message of a person's own conversation."""
    table, owners = copilot_messages, copilot_sessions
    query = (
        sa.select(table)
        .join(owners, owners.c.id == table.c.session_id)
        .where(table.c.id == message_id, table.c.workspace_id == workspace_id, owners.c.user_id == user_id)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else MessageRow(*row)


async def change_message(connection: AsyncConnection, message_id: str, **values: Any) -> None:
    await connection.execute(sa.update(copilot_messages).where(copilot_messages.c.id == message_id).values(**values))


async def forget_from(connection: AsyncConnection, session_id: str, place: int) -> None:
    """Take back what was said from a place on."""
    table = copilot_messages
    await connection.execute(sa.delete(table).where(table.c.session_id == session_id, table.c.place >= place))


async def snapshot(connection: AsyncConnection, session_id: str, revision: int) -> SnapshotRow | None:
    table = copilot_snapshots
    query = sa.select(table).where(table.c.session_id == session_id, table.c.revision == revision)
    row = (await connection.execute(query)).first()
    return None if row is None else SnapshotRow(*row)


# -- proposals -------------------------------------------------------------------------------------------------------------


async def proposal(
    connection: AsyncConnection, workspace_id: str, user_id: str, proposal_id: str
) -> tuple[ProposalRow, SessionRow] | None:
    """A proposal in a person's own conversation, with that conversation."""
    table, owners = copilot_proposals, copilot_sessions
    query = (
        sa.select(table, owners)
        .join(owners, owners.c.id == table.c.session_id)
        .where(table.c.id == proposal_id, table.c.workspace_id == workspace_id, owners.c.user_id == user_id)
    )
    row = (await connection.execute(query)).first()
    width = len(table.columns)
    return None if row is None else (ProposalRow(*row[:width]), SessionRow(*row[width:]))


async def proposals(connection: AsyncConnection, session_id: str) -> Sequence[ProposalRow]:
    """All of a conversation, the oldest first."""
    table = copilot_proposals
    query = sa.select(table).where(table.c.session_id == session_id).order_by(table.c.created_at, table.c.id)
    return [ProposalRow(*row) for row in (await connection.execute(query)).all()]


async def change_proposal(connection: AsyncConnection, proposal_id: str, **values: Any) -> None:
    await connection.execute(sa.update(copilot_proposals).where(copilot_proposals.c.id == proposal_id).values(**values))


# -- cost and settings -----------------------------------------------------------------------------------------------------


async def usage(connection: AsyncConnection, workspace_id: str, user_id: str, day: str) -> UsageRow:
    """What one person has used on one day."""
    table = copilot_usage
    query = sa.select(table).where(table.c.workspace_id == workspace_id, table.c.user_id == user_id, table.c.day == day)
    row = (await connection.execute(query)).first()
    return UsageRow(workspace_id, user_id, day) if row is None else UsageRow(*row)


async def put_usage(connection: AsyncConnection, row: UsageRow) -> None:
    """Replace what is stored of this person and day."""
    table = copilot_usage
    this = sa.and_(table.c.workspace_id == row.workspace_id, table.c.user_id == row.user_id, table.c.day == row.day)
    await connection.execute(sa.delete(table).where(this))
    await connection.execute(sa.insert(table).values(**asdict(row)))


async def forget_usage_before(connection: AsyncConnection, day: str) -> None:
    await connection.execute(sa.delete(copilot_usage).where(copilot_usage.c.day < day))


async def stored_settings(connection: AsyncConnection, workspace_id: str) -> bytes | None:
    table = copilot_settings
    return (await connection.execute(sa.select(table.c.content).where(table.c.workspace_id == workspace_id))).scalar()


async def put_settings(connection: AsyncConnection, workspace_id: str, content: bytes | None, now: datetime) -> None:
    """Replace the settings of a workspace; None takes them away."""
    table = copilot_settings
    await connection.execute(sa.delete(table).where(table.c.workspace_id == workspace_id))
    if content is not None:
        await connection.execute(sa.insert(table).values(workspace_id=workspace_id, content=content, updated_at=now))
