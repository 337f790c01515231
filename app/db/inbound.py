"""Queries about calls from outside: signed ones that count once, and those that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, refused_calls, seen_calls, webhooks


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """The last refused call of a webhook, and how many there were."""

    webhook_id: str
    workspace_id: str
    status: int
    code: str
    reason: str
    address: str
    at: datetime
    count: int


_COLUMNS = tuple(refused_calls.c[name] for name in RefusedRow.__dataclass_fields__)


async def see(
    connection: AsyncConnection, workspace_id: str, webhook_id: str, digest: str, until: datetime, now: datetime
) -> bool:
    """Remember a signed call; False when it was seen before and is not forgotten."""
    insert = _insert(connection)(seen_calls)
    remember = insert.on_conflict_do_update(
        index_elements=[seen_calls.c.webhook_id, seen_calls.c.digest],
        set_={"expires_at": until},
        where=seen_calls.c.expires_at <= now,
    )
    values = {"webhook_id": webhook_id, "digest": digest, "workspace_id": workspace_id, "expires_at": until}
    return bool((await connection.execute(remember.values(**values))).rowcount == 1)


async def forget_seen(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(sa.delete(seen_calls).where(seen_calls.c.expires_at <= now))


async def accepted_since(
    connection: AsyncConnection, workflow_id: str, block_id: str, since: datetime, limit: int
) -> Sequence[datetime]:
    """When the newest calls of a webhook were accepted, the oldest of them first."""
    query = (
        sa.select(executions.c.created_at)
        .where(
            executions.c.workflow_id == workflow_id,
            executions.c.created_at > since,
            executions.c.start_block == block_id,
            executions.c.trigger == "webhook",
        )
        .order_by(executions.c.created_at.desc())
        .limit(limit)
    )
    return list(reversed((await connection.execute(query)).scalars().all()))


async def remember_refused(connection: AsyncConnection, rows: Sequence[RefusedRow]) -> None:
    """Put the last refusals in the place of those before, and count them."""
    for row in rows:
        values = {name: getattr(row, name) for name in RefusedRow.__dataclass_fields__}
        newest = {name: value for name, value in values.items() if name not in ("webhook_id", "count")}
        upsert = _insert(connection)(refused_calls).values(**values)
        counted = upsert.on_conflict_do_update(
            index_elements=[refused_calls.c.webhook_id], set_={**newest, "count": refused_calls.c.count + row.count}
        )
        await connection.execute(counted)


async def refused(connection: AsyncConnection, workspace_id: str, webhook_id: str) -> RefusedRow | None:
    query = sa.select(*_COLUMNS).where(refused_calls.c.workspace_id == workspace_id, refused_calls.c.webhook_id == webhook_id)
    row = (await connection.execute(query)).first()
    return None if row is None else RefusedRow(*row)


async def refused_of(connection: AsyncConnection, workspace_id: str, workflow_id: str) -> Sequence[tuple[str, RefusedRow]]:
    """Of each webhook of a workflow, with its block, the newest first."""
    query = (
        sa.select(sa.func.max(webhooks.c.block_id), *_COLUMNS)
        .join(webhooks, webhooks.c.webhook_id == refused_calls.c.webhook_id)
        .where(webhooks.c.workflow_id == workflow_id, refused_calls.c.workspace_id == workspace_id)
        .group_by(*_COLUMNS)
        .order_by(refused_calls.c.at.desc(), refused_calls.c.webhook_id)
    )
    return [(row[0], RefusedRow(*row[1:])) for row in await connection.execute(query)]


async def forget_refused(connection: AsyncConnection) -> None:
    """Refusals of webhooks that are gone."""
    is_there = sa.exists().where(webhooks.c.webhook_id == refused_calls.c.webhook_id)
    await connection.execute(sa.delete(refused_calls).where(sa.not_(is_there)))


def _insert(connection: AsyncConnection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
