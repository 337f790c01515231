"""Queries about triggers that look around by themselves: how far they have come, and what they have started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import revisions, watch_items, watches, workflows
from app.db.workflows import COLUMNS, WorkflowRow

__all__ = ["WatchRow", "watches"]

BATCH = 500
MAX_PROBLEM = 500


@dataclass(frozen=True, slots=True)
class WatchRow:
    workflow_id: str
    block_id: str
    workspace_id: str
    fingerprint: str
    cursor: bytes | None
    driver: str
    leased_until: datetime
    failures: int
    problem: str
    accepted: int
    updated_at: datetime


_COLUMNS = tuple(watches.c[name] for name in WatchRow.__dataclass_fields__)


def _at(workflow_id: str, block_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(watches.c.workflow_id == workflow_id, watches.c.block_id == block_id)


def _items_at(workflow_id: str, block_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(watch_items.c.workflow_id == workflow_id, watch_items.c.block_id == block_id)


async def deployed(connection: AsyncConnection) -> Sequence[tuple[WorkflowRow, bytes]]:
    """Every workflow that is deployed and switched on, with the graph of its deployed revision as it is stored."""
    revision = sa.and_(revisions.c.workflow_id == workflows.c.id, revisions.c.revision == workflows.c.deployed_revision)
    query = (
        sa.select(*COLUMNS, revisions.c.graph)
        .select_from(workflows.join(revisions, revision))
        .where(workflows.c.state == "deployed", workflows.c.enabled, workflows.c.deleted_at.is_(None))
        .where(workflows.c.trigger_count > 0)
    )
    return [(WorkflowRow(*row[:-1]), row.graph) for row in (await connection.execute(query)).all()]


async def all_rows(connection: AsyncConnection) -> Sequence[WatchRow]:
    return [WatchRow(*row) for row in (await connection.execute(sa.select(*_COLUMNS))).all()]


async def of_workflow(connection: AsyncConnection, workspace_id: str, workflow_id: str) -> Sequence[WatchRow]:
    query = sa.select(*_COLUMNS).where(watches.c.workspace_id == workspace_id, watches.c.workflow_id == workflow_id)
    return [WatchRow(*row) for row in (await connection.execute(query.order_by(watches.c.block_id))).all()]


async def in_trouble(connection: AsyncConnection, workspace_id: str, workflow_ids: Sequence[str]) -> Sequence[WatchRow]:
    """Those of these workflows whose last look has failed."""
    query = sa.select(*_COLUMNS).where(watches.c.workspace_id == workspace_id, watches.c.problem != "")
    return [WatchRow(*row) for row in (await connection.execute(query.where(watches.c.workflow_id.in_(workflow_ids)))).all()]


async def find(connection: AsyncConnection, workflow_id: str, block_id: str) -> WatchRow | None:
    row = (await connection.execute(sa.select(*_COLUMNS).where(_at(workflow_id, block_id)))).first()
    return None if row is None else WatchRow(*row)


async def add(connection: AsyncConnection, row: WatchRow) -> None:
    await connection.execute(sa.insert(watches).values(**{name: getattr(row, name) for name in WatchRow.__dataclass_fields__}))


async def change(connection: AsyncConnection, workflow_id: str, block_id: str, driver: str, **values: Any) -> bool:
    """False when this driver does not hold it any more."""
    there = sa.and_(_at(workflow_id, block_id), watches.c.driver == driver)
    return bool((await connection.execute(sa.update(watches).where(there).values(**values))).rowcount)


async def advance(
    connection: AsyncConnection, workflow_id: str, block_id: str, driver: str, cursor: bytes | None, more: int, now: datetime
) -> bool:
    """Remember how far it has come, and that so many more were accepted; False when this driver does not hold it any more."""
    moved = {"cursor": cursor, "accepted": watches.c.accepted + more, "updated_at": now}
    return await change(connection, workflow_id, block_id, driver, **moved)


async def take(connection: AsyncConnection, row: WatchRow, **values: Any) -> None:
    """Take it over, whoever holds it."""
    await connection.execute(sa.update(watches).where(_at(row.workflow_id, row.block_id)).values(**values))


async def renew(connection: AsyncConnection, driver: str, until: datetime) -> None:
    await connection.execute(sa.update(watches).where(watches.c.driver == driver).values(leased_until=until))


async def forget(connection: AsyncConnection, workflow_id: str, block_id: str) -> None:
    """With everything that it has found."""
    await connection.execute(sa.delete(watch_items).where(_items_at(workflow_id, block_id)))
    await connection.execute(sa.delete(watches).where(_at(workflow_id, block_id)))


async def known(connection: AsyncConnection, workflow_id: str, block_id: str, digests: Sequence[bytes]) -> set[bytes]:
    """Those that were seen before."""
    found: set[bytes] = set()
    for start in range(0, len(digests), BATCH):
        part = watch_items.c.digest.in_(digests[start : start + BATCH])
        query = sa.select(watch_items.c.digest).where(_items_at(workflow_id, block_id), part)
        found |= {bytes(digest) for digest in (await connection.execute(query)).scalars()}
    return found


async def remember(connection: AsyncConnection, workflow_id: str, block_id: str, digests: Sequence[bytes], now: datetime) -> None:
    if digests:
        row = {"workflow_id": workflow_id, "block_id": block_id, "seen_at": now}
        await connection.execute(sa.insert(watch_items), [row | {"digest": digest} for digest in digests])


async def touch(connection: AsyncConnection, workflow_id: str, block_id: str, digests: Sequence[bytes], now: datetime) -> None:
    """They are still there, so they must not be forgotten."""
    for start in range(0, len(digests), BATCH):
        part = watch_items.c.digest.in_(digests[start : start + BATCH])
        there = sa.and_(_items_at(workflow_id, block_id), part)
        await connection.execute(sa.update(watch_items).where(there).values(seen_at=now))


async def forget_items(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(sa.delete(watch_items).where(watch_items.c.seen_at < before))
