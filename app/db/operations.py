"""Queries about the operation log, the names of revisions, and the thinning of revisions that nobody will miss."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, operations, revision_names, revisions, users


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One logged batch: what led from the revision before to this one. `content` is sealed."""

    workflow_id: str
    revision: int
    workspace_id: str
    author_id: str
    client_id: str
    batch_id: str
    kind: str
    unit: str
    content: bytes
    words: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoggedBatch:
    row: BatchRow
    author: str


@dataclass(frozen=True, slots=True)
class RevisionMark:
    """When and by whom a stored revision was made, and by what kind of batch, where that is still known."""

    revision: int
    author_id: str
    created_at: datetime
    kind: str | None


COLUMNS = tuple(operations.c[name] for name in BatchRow.__dataclass_fields__)


async def insert(connection: AsyncConnection, row: BatchRow) -> None:
    await connection.execute(sa.insert(operations).values(**{name: getattr(row, name) for name in BatchRow.__dataclass_fields__}))


async def find_batch(connection: AsyncConnection, workflow_id: str, batch_id: str) -> BatchRow | None:
    query = sa.select(*COLUMNS).where(operations.c.workflow_id == workflow_id, operations.c.batch_id == batch_id)
    row = (await connection.execute(query)).first()
    return None if row is None else BatchRow(*row)


async def after(connection: AsyncConnection, workflow_id: str, revision: int, limit: int) -> Sequence[LoggedBatch]:
    """The batches that led on from a revision, the oldest first."""
    query = (
        sa.select(*COLUMNS, users.c.username)
        .join(users, users.c.id == operations.c.author_id)
        .where(operations.c.workflow_id == workflow_id, operations.c.revision > revision)
        .order_by(operations.c.revision)
        .limit(limit)
    )
    return [LoggedBatch(BatchRow(*row[:-1]), row[-1]) for row in (await connection.execute(query)).all()]


async def newest_of(connection: AsyncConnection, workflow_id: str, author_id: str, limit: int) -> Sequence[BatchRow]:
    """The last batches of one author, the newest first."""
    query = (
        sa.select(*COLUMNS)
        .where(operations.c.workflow_id == workflow_id, operations.c.author_id == author_id)
        .order_by(operations.c.revision.desc())
        .limit(limit)
    )
    return [BatchRow(*row) for row in (await connection.execute(query)).all()]


async def words_between(
    connection: AsyncConnection, workflow_id: str, after: int, until: int, limit: int
) -> Sequence[tuple[int, bytes]]:
    """`(revision, words)` of the batches after one revision up to another, the newest first."""
    query = (
        sa.select(operations.c.revision, operations.c.words)
        .where(operations.c.workflow_id == workflow_id, operations.c.revision > after, operations.c.revision <= until)
        .order_by(operations.c.revision.desc())
        .limit(limit)
    )
    return [(row.revision, row.words) for row in (await connection.execute(query)).all()]


async def forget_before(connection: AsyncConnection, workflow_id: str, revision: int) -> None:
    """Drop what the log says about revisions up to this one; their graphs stay."""
    await connection.execute(
        sa.delete(operations).where(operations.c.workflow_id == workflow_id, operations.c.revision <= revision)
    )


async def names(connection: AsyncConnection, workflow_id: str) -> dict[int, str]:
    query = sa.select(revision_names.c.revision, revision_names.c.name).where(revision_names.c.workflow_id == workflow_id)
    return {row.revision: row.name for row in (await connection.execute(query)).all()}


async def set_name(
    connection: AsyncConnection, workspace_id: str, workflow_id: str, revision: int, name: str, author_id: str, now: datetime
) -> None:
    """Name a revision; an empty name takes the name away."""
    this = sa.and_(revision_names.c.workflow_id == workflow_id, revision_names.c.revision == revision)
    await connection.execute(sa.delete(revision_names).where(this))
    if name:
        values = {"workspace_id": workspace_id, "author_id": author_id, "created_at": now, "name": name}
        await connection.execute(sa.insert(revision_names).values(workflow_id=workflow_id, revision=revision, **values))


async def count_revisions(connection: AsyncConnection, workflow_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(revisions).where(revisions.c.workflow_id == workflow_id)
    return (await connection.execute(query)).scalar_one()


async def revision_before(connection: AsyncConnection, workflow_id: str, revision: int) -> int | None:
    """The stored revision that comes before this one."""
    query = sa.select(sa.func.max(revisions.c.revision)).where(
        revisions.c.workflow_id == workflow_id, revisions.c.revision < revision
    )
    found: int | None = (await connection.execute(query)).scalar()
    return found


async def newest_marks(connection: AsyncConnection, workflow_id: str, limit: int) -> Sequence[RevisionMark]:
    """The newest stored revisions, the newest first."""
    logged = (operations.c.workflow_id == revisions.c.workflow_id) & (operations.c.revision == revisions.c.revision)
    query = (
        sa.select(revisions.c.revision, revisions.c.author_id, revisions.c.created_at, operations.c.kind)
        .select_from(revisions.outerjoin(operations, logged))
        .where(revisions.c.workflow_id == workflow_id)
        .order_by(revisions.c.revision.desc())
        .limit(limit)
    )
    return [RevisionMark(*row) for row in (await connection.execute(query)).all()]


async def run_since(connection: AsyncConnection, workflow_id: str, since: datetime, limit: int) -> set[int] | None:
    """The revisions that executions accepted since a moment run with; None when there are more than `limit` executions."""
    query = (
        sa.select(executions.c.revision)
        .where(executions.c.workflow_id == workflow_id, executions.c.created_at >= since)
        .limit(limit)
    )
    found = (await connection.execute(query)).scalars().all()
    return None if len(found) == limit else set(found)


async def drop_revisions(connection: AsyncConnection, workflow_id: str, dropped: Collection[int]) -> None:
    await connection.execute(
        sa.delete(revisions).where(revisions.c.workflow_id == workflow_id, revisions.c.revision.in_(dropped))
    )
