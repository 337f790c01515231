"""Queries for the operator: how many doors are open."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import api_keys, users, workflows, workspaces


@dataclass(frozen=True, slots=True)
class Counts:
    users: int
    without_second_step: int
    workspaces: int
    keys: int
    keys_without_end: int
    deployed: int
    armed: int


async def counts(connection: AsyncConnection) -> Counts:
    """Over all workspaces."""
    people = sa.and_(users.c.password_hash != "", users.c.disabled_at.is_(None))
    there = workflows.c.deleted_at.is_(None)

    async def count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(*conditions)
        return int((await connection.execute(query)).scalar_one())

    return Counts(
        await count(users, people),
        await count(users, people, users.c.totp_secret.is_(None)),
        await count(workspaces),
        await count(api_keys),
        await count(api_keys, api_keys.c.expires_at.is_(None)),
        await count(workflows, there, workflows.c.state == "deployed"),
        await count(workflows, there, workflows.c.armed_until.is_not(None)),
    )
