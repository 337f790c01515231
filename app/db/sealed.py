"""Queries about everything that is sealed by the master key, over all workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import credentials, metadata, operations, revisions, users

PREFIX = "sealed_"
"""How the name of a column begins that holds one sealed value, whose owner is the row's id."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column with sealed values. `owner` names the column with the id that they are bound to."""

    table: sa.Table
    column: str
    owner: str = "id"

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column}"


@dataclass(frozen=True, slots=True)
class SealedRow:
    key: tuple[Any, ...]
    owner: str
    sealed: bytes


GRAPHS = SealedColumn(revisions, "graph", "workflow_id")
"""Not sealed as a whole: the secrets in them are."""


def sealed_columns() -> list[SealedColumn]:
    """Every column whose values are sealed whole."""
    named = [
        SealedColumn(table, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.startswith(PREFIX)
    ]
    return [
        SealedColumn(credentials, "data"),
        SealedColumn(users, "totp_secret"),
        SealedColumn(operations, "content", "workflow_id"),
        *named,
    ]


async def page(
    connection: AsyncConnection, place: SealedColumn, after: tuple[Any, ...] | None, limit: int
) -> Sequence[SealedRow]:
    """The next rows that hold something, in the order of their primary key."""
    key, column = tuple(place.table.primary_key.columns), place.table.c[place.column]
    query = sa.select(*key, place.table.c[place.owner].label("owner"), column.label("sealed")).where(column.is_not(None))
    if after is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*after))
    rows = (await connection.execute(query.order_by(*key).limit(limit))).all()
    return [SealedRow(tuple(row[: len(key)]), row.owner, row.sealed) for row in rows]


async def replace(connection: AsyncConnection, place: SealedColumn, row: SealedRow, sealed: bytes) -> None:
    this = [column == value for column, value in zip(place.table.primary_key.columns, row.key, strict=True)]
    await connection.execute(sa.update(place.table).where(*this).values({place.column: sealed}))
