"""Queries about workflows, their revisions and the webhooks that their graphs declare."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import executions, flow_details, revisions, users, webhooks, workflow_tags, workflows


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    id: str
    workspace_id: str
    name: str
    description: str
    state: str
    enabled: bool
    armed_until: datetime | None
    revision: int
    deployed_revision: int | None
    block_count: int
    trigger_count: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    settings: bytes | None = None


@dataclass(frozen=True, slots=True)
class ListedWorkflow:
    row: WorkflowRow
    last_status: str | None
    last_started_at: datetime | None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    revision: int
    author: str
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """Where a webhook id leads: `source` is `draft` for the newest revision, `deployed` for the deployed one."""

    webhook_id: str
    source: str
    workflow_id: str
    block_id: str


COLUMNS = tuple(workflows.c[name] for name in WorkflowRow.__dataclass_fields__)
SORTS = {"updated_at": workflows.c.updated_at, "created_at": workflows.c.created_at, "name": sa.func.lower(workflows.c.name)}


async def find(
    connection: AsyncConnection, workspace_id: str, *, id: str | None = None, name: str | None = None, lock: bool = False
) -> WorkflowRow | None:
    """One workflow of a workspace, by id or by name; with `lock` nobody else changes it until this transaction ends."""
    query = sa.select(*COLUMNS).where(workflows.c.workspace_id == workspace_id, workflows.c.deleted_at.is_(None))
    query = query.where(workflows.c.id == id) if id is not None else query.where(workflows.c.name == name)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else WorkflowRow(*row)


async def get(connection: AsyncConnection, workflow_id: str) -> WorkflowRow | None:
    """One workflow by id, whatever its workspace, deleted ones included; for executions already accepted."""
    row = (await connection.execute(sa.select(*COLUMNS).where(workflows.c.id == workflow_id))).first()
    return None if row is None else WorkflowRow(*row)


async def listed(
    connection: AsyncConnection,
    workspace_id: str,
    q: str,
    sort: str,
    order: str,
    offset: int,
    limit: int,
    *,
    group_id: str = "",
    tag: str = "",
) -> tuple[Sequence[ListedWorkflow], int]:
    """One page of the workflows whose name or description holds `q`, each with its last execution."""
    found = sa.and_(workflows.c.workspace_id == workspace_id, workflows.c.deleted_at.is_(None))
    if q:
        found &= workflows.c.name.icontains(q, autoescape=True) | workflows.c.description.icontains(q, autoescape=True)
    if group_id:
        found &= workflows.c.id.in_(sa.select(flow_details.c.workflow_id).where(flow_details.c.group_id == group_id))
    if tag:
        found &= workflows.c.id.in_(sa.select(workflow_tags.c.workflow_id).where(workflow_tags.c.tag == tag))
    total = (await connection.execute(sa.select(sa.func.count()).select_from(workflows).where(found))).scalar_one()
    past = executions.alias()
    newest = (
        sa.select(past.c.id)
        .where(past.c.workflow_id == workflows.c.id)
        .order_by(past.c.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    column = SORTS[sort]
    query = (
        sa.select(*COLUMNS, executions.c.status, executions.c.created_at)
        .select_from(workflows.outerjoin(executions, executions.c.id == newest))
        .where(found)
        .order_by(column.asc() if order == "asc" else column.desc(), workflows.c.id)
        .offset(offset)
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return [ListedWorkflow(WorkflowRow(*row[:-2]), row[-2], row[-1]) for row in rows], total


async def sample(connection: AsyncConnection, workflow_id: str) -> bytes | None:
    """What a caller of the workflow might send, as encoded JSON."""
    found: bytes | None = (await connection.execute(sa.select(workflows.c.sample).where(workflows.c.id == workflow_id))).scalar()
    return found


async def insert(connection: AsyncConnection, row: WorkflowRow) -> None:
    await connection.execute(
        sa.insert(workflows).values(**{name: getattr(row, name) for name in WorkflowRow.__dataclass_fields__})
    )


async def update(connection: AsyncConnection, workflow_id: str, **values: Any) -> None:
    await connection.execute(sa.update(workflows).where(workflows.c.id == workflow_id).values(**values))


async def consume_arm(connection: AsyncConnection, workflow_id: str, now: datetime) -> bool:
    """Use up the armed window; True for exactly one caller."""
    consume = sa.update(workflows).where(
        workflows.c.id == workflow_id, workflows.c.armed_until > now, workflows.c.enabled, workflows.c.deleted_at.is_(None)
    )
    return bool((await connection.execute(consume.values(armed_until=None))).rowcount == 1)


async def insert_revision(
    connection: AsyncConnection,
    workspace_id: str,
    workflow_id: str,
    revision: int,
    graph: bytes,
    author_id: str,
    message: str,
    now: datetime,
) -> None:
    await connection.execute(
        sa.insert(revisions).values(
            workflow_id=workflow_id,
            revision=revision,
            workspace_id=workspace_id,
            graph=graph,
            author_id=author_id,
            message=message,
            created_at=now,
        )
    )


async def revision_graph(connection: AsyncConnection, workflow_id: str, revision: int) -> bytes | None:
    query = sa.select(revisions.c.graph).where(revisions.c.workflow_id == workflow_id, revisions.c.revision == revision)
    graph: bytes | None = (await connection.execute(query)).scalar()
    return graph


async def list_revisions(connection: AsyncConnection, workflow_id: str, offset: int, limit: int) -> Sequence[RevisionRow]:
    query = (
        sa.select(revisions.c.revision, users.c.username, revisions.c.message, revisions.c.created_at)
        .join(users, users.c.id == revisions.c.author_id)
        .where(revisions.c.workflow_id == workflow_id)
        .order_by(revisions.c.revision.desc())
        .offset(offset)
        .limit(limit)
    )
    return [RevisionRow(*row) for row in (await connection.execute(query)).all()]


async def find_revisions(connection: AsyncConnection, workflow_id: str, wanted: Collection[int]) -> Sequence[RevisionRow]:
    """Those of the revisions that are stored, the newest first."""
    query = (
        sa.select(revisions.c.revision, users.c.username, revisions.c.message, revisions.c.created_at)
        .join(users, users.c.id == revisions.c.author_id)
        .where(revisions.c.workflow_id == workflow_id, revisions.c.revision.in_(wanted))
        .order_by(revisions.c.revision.desc())
    )
    return [RevisionRow(*row) for row in (await connection.execute(query)).all()]


async def set_webhooks(
    connection: AsyncConnection, workspace_id: str, workflow_id: str, source: str, declared: Sequence[tuple[str, str]]
) -> None:
    """Make `(webhook id, block id)` pairs the ones that this workflow has as `source`."""
    await connection.execute(sa.delete(webhooks).where(webhooks.c.workflow_id == workflow_id, webhooks.c.source == source))
    if declared:
        await connection.execute(
            sa.insert(webhooks),
            [
                {
                    "webhook_id": webhook_id,
                    "source": source,
                    "workflow_id": workflow_id,
                    "workspace_id": workspace_id,
                    "block_id": block_id,
                }
                for webhook_id, block_id in declared
            ],
        )


async def webhooks_elsewhere(connection: AsyncConnection, workflow_id: str, webhook_ids: Collection[str]) -> set[str]:
    """Those of the ids that belong to another workflow."""
    query = sa.select(webhooks.c.webhook_id).where(webhooks.c.webhook_id.in_(webhook_ids), webhooks.c.workflow_id != workflow_id)
    return set((await connection.execute(query)).scalars())


async def find_webhook(connection: AsyncConnection, webhook_id: str) -> tuple[WorkflowRow, dict[str, WebhookRow]] | None:
    """The workflow behind a webhook id, and where the id stands in its draft and in its deployed revision."""
    query = (
        sa.select(*COLUMNS, webhooks.c.webhook_id, webhooks.c.source, webhooks.c.workflow_id.label("to"), webhooks.c.block_id)
        .select_from(workflows.join(webhooks, webhooks.c.workflow_id == workflows.c.id))
        .where(webhooks.c.webhook_id == webhook_id, workflows.c.deleted_at.is_(None))
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    width = len(COLUMNS)
    found = [WebhookRow(*row[width:]) for row in rows]
    return WorkflowRow(*rows[0][:width]), {webhook.source: webhook for webhook in found}


async def ids_among(connection: AsyncConnection, workspace_id: str, workflow_ids: Collection[str]) -> set[str]:
    """Those of the ids that are workflows of this workspace."""
    query = sa.select(workflows.c.id).where(workflows.c.workspace_id == workspace_id, workflows.c.id.in_(workflow_ids))
    return set((await connection.execute(query.where(workflows.c.deleted_at.is_(None)))).scalars().all())


async def names(connection: AsyncConnection, workspace_id: str) -> Sequence[tuple[str, str]]:
    """Id and name of every workflow of a workspace, by name."""
    query = sa.select(workflows.c.id, workflows.c.name).where(workflows.c.workspace_id == workspace_id)
    found = await connection.execute(query.where(workflows.c.deleted_at.is_(None)).order_by(workflows.c.name))
    return [(row.id, row.name) for row in found.all()]
