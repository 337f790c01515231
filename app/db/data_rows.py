"""Queries about the rows of data tables. Column names have been checked: they are letters, digits and underscores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import data_keys, data_rows

BATCH = 500
_ROW = (data_rows.c.id, data_rows.c.content, data_rows.c.revision, data_rows.c.created_at, data_rows.c.updated_at)


@dataclass(frozen=True, slots=True)
class RowRecord:
    id: int
    content: Mapping[str, Any]
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """The value of a unique column, by its digest."""

    column: str
    digest: bytes
    row_id: int


def value_of(name: str, kind: str) -> sa.ColumnElement[Any]:
    """A column's value in a row, as something to compare and sort by."""
    if name in ("id", "created_at", "updated_at"):
        return data_rows.c[name]
    found = data_rows.c.content[name]
    readings = {"number": found.as_float, "boolean": found.as_boolean}
    value: sa.ColumnElement[Any] = readings.get(kind, found.as_string)()
    return value


async def one(connection: AsyncConnection, table_id: str, row_id: int) -> RowRecord | None:
    query = sa.select(*_ROW).where(data_rows.c.table_id == table_id, data_rows.c.id == row_id)
    row = (await connection.execute(query)).first()
    return None if row is None else RowRecord(*row)


async def some(connection: AsyncConnection, table_id: str, row_ids: Sequence[int]) -> list[RowRecord]:
    """Those of the rows that are there, the oldest first."""
    found: list[RowRecord] = []
    for start in range(0, len(row_ids), BATCH):
        query = sa.select(*_ROW).where(data_rows.c.table_id == table_id, data_rows.c.id.in_(row_ids[start : start + BATCH]))
        found += [RowRecord(*row) for row in (await connection.execute(query.order_by(data_rows.c.id))).all()]
    return found


async def page(
    connection: AsyncConnection,
    table_id: str,
    where: sa.ColumnElement[bool],
    sort: sa.ColumnElement[Any] | None,
    descending: bool,
    offset: int,
    limit: int,
) -> tuple[list[RowRecord], int]:
    """One part of what fits, and how much fits in all; rows without a value to sort by come last."""
    fitting = sa.and_(data_rows.c.table_id == table_id, where)
    total = (await connection.execute(sa.select(sa.func.count()).select_from(data_rows).where(fitting))).scalar_one()
    order: list[sa.ColumnElement[Any]] = []
    if sort is not None:
        order = [sort.is_(None), sort.desc() if descending else sort.asc()]
    last = data_rows.c.id.desc() if descending else data_rows.c.id.asc()
    query = sa.select(*_ROW).where(fitting).order_by(*order, last).offset(offset).limit(limit)
    return [RowRecord(*row) for row in (await connection.execute(query)).all()], total


async def after(connection: AsyncConnection, table_id: str, row_id: int, limit: int) -> list[RowRecord]:
    """The rows that come after one, the oldest first."""
    query = sa.select(*_ROW).where(data_rows.c.table_id == table_id, data_rows.c.id > row_id).order_by(data_rows.c.id)
    return [RowRecord(*row) for row in (await connection.execute(query.limit(limit))).all()]


async def all_rows(connection: AsyncConnection, table_id: str) -> AsyncIterator[RowRecord]:
    """Every row, the oldest first, read in portions."""
    last = 0
    while True:
        rows = await after(connection, table_id, last, BATCH)
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        last = rows[-1].id


async def insert(connection: AsyncConnection, table_id: str, rows: Sequence[RowRecord]) -> None:
    if rows:
        values = [
            {
                "table_id": table_id,
                "id": row.id,
                "content": dict(row.content),
                "revision": row.revision,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
            for row in rows
        ]
        await connection.execute(sa.insert(data_rows), values)


async def put_all(connection: AsyncConnection, table_id: str, rows: Sequence[RowRecord]) -> None:
    """Write rows over what is there."""
    there = sa.and_(data_rows.c.table_id == table_id, data_rows.c.id == sa.bindparam("row_id"))
    new = {name: sa.bindparam(f"new_{name}", type_=data_rows.c[name].type) for name in ("content", "revision", "updated_at")}
    values = [
        {"row_id": row.id, "new_content": dict(row.content), "new_revision": row.revision, "new_updated_at": row.updated_at}
        for row in rows
    ]
    if values:
        await connection.execute(sa.update(data_rows).where(there).values(**new), values)


async def remove(connection: AsyncConnection, table_id: str, row_ids: Sequence[int]) -> None:
    for start in range(0, len(row_ids), BATCH):
        taken = row_ids[start : start + BATCH]
        await connection.execute(sa.delete(data_keys).where(data_keys.c.table_id == table_id, data_keys.c.row_id.in_(taken)))
        await connection.execute(sa.delete(data_rows).where(data_rows.c.table_id == table_id, data_rows.c.id.in_(taken)))


# -- unique values ---------------------------------------------------------------------------------------------------


async def holders(connection: AsyncConnection, table_id: str, column: str, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Which rows have these values in a unique column."""
    found: dict[bytes, int] = {}
    for start in range(0, len(digests), BATCH):
        query = sa.select(data_keys.c.digest, data_keys.c.row_id).where(
            data_keys.c.table_id == table_id,
            data_keys.c.column == column,
            data_keys.c.digest.in_(digests[start : start + BATCH]),
        )
        found |= {bytes(row.digest): row.row_id for row in (await connection.execute(query)).all()}
    return found


async def add_keys(connection: AsyncConnection, table_id: str, keys: Sequence[Key]) -> None:
    if keys:
        values = [{"table_id": table_id, "column": key.column, "digest": key.digest, "row_id": key.row_id} for key in keys]
        await connection.execute(sa.insert(data_keys), values)


async def drop_keys(connection: AsyncConnection, table_id: str, *, row_id: int | None = None, column: str | None = None) -> None:
    """Forget the unique values of one row, one column, one of both, or all."""
    which = data_keys.c.table_id == table_id
    if row_id is not None:
        which &= data_keys.c.row_id == row_id
    if column is not None:
        which &= data_keys.c.column == column
    await connection.execute(sa.delete(data_keys).where(which))
