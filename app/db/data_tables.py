"""Queries about data tables themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import data_keys, data_rows, data_tables


@dataclass(frozen=True, slots=True)
class TableRecord:
    """`columns` is encoded JSON; `rows` counts them, `next_row` is the id of the next one."""

    id: str
    workspace_id: str
    name: str
    description: str
    columns: bytes
    next_row: int
    rows: int
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(data_tables.c[field.name] for field in fields(TableRecord))


async def listed(connection: AsyncConnection, workspace_id: str) -> Sequence[TableRecord]:
    query = sa.select(*_COLUMNS).where(data_tables.c.workspace_id == workspace_id).order_by(data_tables.c.name)
    return [TableRecord(*row) for row in (await connection.execute(query)).all()]


async def find(connection: AsyncConnection, workspace_id: str, id_or_name: str) -> TableRecord | None:
    """By id, else by name."""
    named = sa.or_(data_tables.c.id == id_or_name, data_tables.c.name == id_or_name)
    first = sa.case((data_tables.c.id == id_or_name, 0), else_=1)
    query = sa.select(*_COLUMNS).where(data_tables.c.workspace_id == workspace_id, named).order_by(first).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else TableRecord(*row)


async def count(connection: AsyncConnection, workspace_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(data_tables).where(data_tables.c.workspace_id == workspace_id)
    return (await connection.execute(query)).scalar_one()


async def add(connection: AsyncConnection, record: TableRecord) -> None:
    await connection.execute(
        sa.insert(data_tables).values(**{field.name: getattr(record, field.name) for field in fields(record)})
    )


async def change(connection: AsyncConnection, table_id: str, **values: Any) -> None:
    await connection.execute(sa.update(data_tables).where(data_tables.c.id == table_id).values(**values))


async def remove(connection: AsyncConnection, table_id: str) -> None:
    await connection.execute(sa.delete(data_keys).where(data_keys.c.table_id == table_id))
    await connection.execute(sa.delete(data_rows).where(data_rows.c.table_id == table_id))
    await connection.execute(sa.delete(data_tables).where(data_tables.c.id == table_id))
