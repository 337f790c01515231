"""Test inputs, tags and preferences: what people keep beside their workflows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import preferences, test_inputs, workflow_tags


@dataclass(frozen=True, slots=True)
class TestInputRow:
    __test__ = False  # not for pytest

    id: str
    workspace_id: str
    workflow_id: str
    name: str
    start_block: str
    input: bytes
    created_by: str
    updated_at: datetime


_INPUT = tuple(test_inputs.c[name] for name in TestInputRow.__dataclass_fields__)


async def inputs(connection: AsyncConnection, workspace_id: str, workflow_id: str) -> Sequence[TestInputRow]:
    """The test inputs of a workflow by name."""
    found = sa.and_(test_inputs.c.workspace_id == workspace_id, test_inputs.c.workflow_id == workflow_id)
    rows = await connection.execute(sa.select(*_INPUT).where(found).order_by(sa.func.lower(test_inputs.c.name)))
    return [TestInputRow(*row) for row in rows.all()]


async def put_input(connection: AsyncConnection, row: TestInputRow) -> None:
    """Keep an input in the place of the one with its name."""
    same = sa.and_(test_inputs.c.workflow_id == row.workflow_id, test_inputs.c.name == row.name)
    await connection.execute(sa.delete(test_inputs).where(same))
    values = {name: getattr(row, name) for name in TestInputRow.__dataclass_fields__}
    await connection.execute(sa.insert(test_inputs).values(**values))


async def delete_input(connection: AsyncConnection, workspace_id: str, workflow_id: str, input_id: str) -> bool:
    found = sa.and_(
        test_inputs.c.workspace_id == workspace_id, test_inputs.c.workflow_id == workflow_id, test_inputs.c.id == input_id
    )
    return bool((await connection.execute(sa.delete(test_inputs).where(found))).rowcount)


async def tags_of(connection: AsyncConnection, workspace_id: str, workflow_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The tags of these workflows, in alphabetical order."""
    query = sa.select(workflow_tags.c.workflow_id, workflow_tags.c.tag).order_by(workflow_tags.c.tag)
    query = query.where(workflow_tags.c.workspace_id == workspace_id, workflow_tags.c.workflow_id.in_(list(workflow_ids)))
    found: dict[str, list[str]] = {}
    for workflow_id, tag in (await connection.execute(query)).all():
        found.setdefault(workflow_id, []).append(tag)
    return found


async def put_tags(connection: AsyncConnection, workspace_id: str, workflow_id: str, tags: Sequence[str]) -> None:
    """Replace the tags of a workflow."""
    await connection.execute(sa.delete(workflow_tags).where(workflow_tags.c.workflow_id == workflow_id))
    if tags:
        rows = [{"workflow_id": workflow_id, "tag": tag, "workspace_id": workspace_id} for tag in tags]
        await connection.execute(sa.insert(workflow_tags), rows)


async def all_tags(connection: AsyncConnection, workspace_id: str) -> Sequence[str]:
    query = sa.select(workflow_tags.c.tag).where(workflow_tags.c.workspace_id == workspace_id).distinct()
    return sorted((await connection.execute(query)).scalars())


async def language(connection: AsyncConnection, user_id: str) -> str:
    """The language that a person has chosen; empty for none."""
    found: Any = (await connection.execute(sa.select(preferences.c.language).where(preferences.c.user_id == user_id))).scalar()
    return str(found or "")


async def put_language(connection: AsyncConnection, user_id: str, chosen: str) -> None:
    await connection.execute(sa.delete(preferences).where(preferences.c.user_id == user_id))
    await connection.execute(sa.insert(preferences).values(user_id=user_id, language=chosen))
