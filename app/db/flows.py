"""Queries about folders, and about what the contract's other surfaces know of a workflow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import flow_details, groups, workflows


@dataclass(frozen=True, slots=True)
class DetailsRow:
    workflow_id: str
    workspace_id: str
    namespace: str = ""
    category: str = ""
    group_id: str | None = None
    text: str | None = None
    text_revision: int | None = None


@dataclass(frozen=True, slots=True)
class GroupRow:
    id: str
    workspace_id: str
    name: str
    position: int
    created_at: datetime
    updated_at: datetime


_DETAILS = tuple(flow_details.c[name] for name in DetailsRow.__dataclass_fields__)
_GROUP = tuple(groups.c[name] for name in GroupRow.__dataclass_fields__)


async def details(
    connection: AsyncConnection, workspace_id: str, workflow_ids: Collection[str], *, with_text: bool = False
) -> Mapping[str, DetailsRow]:
    """What is known of workflows, by id; nothing stands there for those without anything."""
    columns = _DETAILS if with_text else _DETAILS[:-2]
    query = sa.select(*columns).where(flow_details.c.workspace_id == workspace_id, flow_details.c.workflow_id.in_(workflow_ids))
    return {row[0]: DetailsRow(*row) for row in (await connection.execute(query)).all()}


async def put_details(connection: AsyncConnection, row: DetailsRow) -> None:
    values: dict[str, Any] = asdict(row)
    update = sa.update(flow_details).where(flow_details.c.workflow_id == row.workflow_id)
    if (await connection.execute(update.values(**values))).rowcount == 0:
        await connection.execute(sa.insert(flow_details).values(**values))


async def workflow_ids(connection: AsyncConnection, workspace_id: str, **wanted: str) -> Sequence[str]:
    """The workflows with this namespace, category or group."""
    query = sa.select(flow_details.c.workflow_id).where(flow_details.c.workspace_id == workspace_id)
    for name, value in wanted.items():
        query = query.where(flow_details.c[name] == value)
    return list((await connection.execute(query)).scalars())


async def listed_groups(
    connection: AsyncConnection, workspace_id: str, q: str, order: str, offset: int, limit: int
) -> tuple[Sequence[GroupRow], int]:
    found = groups.c.workspace_id == workspace_id
    if q:
        found &= groups.c.name.icontains(q, autoescape=True)
    total = (await connection.execute(sa.select(sa.func.count()).select_from(groups).where(found))).scalar_one()
    keys = (groups.c.position, groups.c.name)
    ordered = [key.desc() for key in keys] if order == "desc" else list(keys)
    query = sa.select(*_GROUP).where(found).order_by(*ordered).offset(offset).limit(limit)
    return [GroupRow(*row) for row in (await connection.execute(query)).all()], total


async def group(connection: AsyncConnection, workspace_id: str, group_id: str) -> GroupRow | None:
    query = sa.select(*_GROUP).where(groups.c.workspace_id == workspace_id, groups.c.id == group_id)
    row = (await connection.execute(query)).first()
    return None if row is None else GroupRow(*row)


async def insert_group(connection: AsyncConnection, row: GroupRow) -> None:
    await connection.execute(sa.insert(groups).values(**asdict(row)))


async def update_group(connection: AsyncConnection, group_id: str, **values: Any) -> None:
    await connection.execute(sa.update(groups).where(groups.c.id == group_id).values(**values))


async def count_members(connection: AsyncConnection, group_id: str) -> int:
    """How many workflows that are still there stand in a group."""
    query = (
        sa.select(sa.func.count())
        .select_from(flow_details.join(workflows, workflows.c.id == flow_details.c.workflow_id))
        .where(flow_details.c.group_id == group_id, workflows.c.deleted_at.is_(None))
    )
    return (await connection.execute(query)).scalar_one()


async def delete_group(connection: AsyncConnection, group_id: str, move_to: str | None) -> None:
    """Take a group away; what still stands in it, deleted workflows too, goes to another one or to none."""
    await connection.execute(sa.update(flow_details).where(flow_details.c.group_id == group_id).values(group_id=move_to))
    await connection.execute(sa.delete(groups).where(groups.c.id == group_id))
