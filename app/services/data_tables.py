"""Data tables: typed columns, rows, questions; for people, programs and, by way of `lent_tables`, blocks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.db import data_rows, row_filters
from app.db import data_tables as queries
from app.db.data_rows import RowRecord, value_of
from app.db.data_tables import TableRecord
from app.db.session import Database
from app.engine.values import encode
from app.sdk import Json, TableQuery
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.table_columns import Column, read_columns
from app.services.table_design import redesign
from app.services.table_queries import column_named, conditions
from app.services.table_rows import TableWriter, check_count, columns_of
from app.services.texts import is_line

T = TypeVar("T")
DataRow: TypeAlias = RowRecord
"""A row as services answer it."""

MAX_TABLES = 200
MAX_NAME = 100
MAX_DESCRIPTION = 500
MAX_CHANGED = 5_000
"""How many rows one question may change or remove."""


@dataclass(frozen=True, slots=True)
class DataTable:
    id: str
    name: str
    description: str
    columns: Sequence[Column]
    rows: int
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FoundRows:
    """One part of the rows that fit; `total` counts them all."""

    table: DataTable
    rows: Sequence[RowRecord]
    total: int


class DataTables:
    def __init__(self, database: Database) -> None:
        self._database = database

    # -- tables ----------------------------------------------------------------------------------------------------

    async def list(self, actor: Actor) -> Sequence[DataTable]:
        actor.demand("tables.read")
        async with self._database.read() as connection:
            return [_table(record) for record in await queries.listed(connection, actor.workspace_id)]

    async def get(self, actor: Actor, table: str) -> DataTable:
        """By id or name. Raises 404."""
        actor.demand("tables.read")
        async with self._database.read() as connection:
            return _table(await _find(connection, actor.workspace_id, table))

    async def create(self, actor: Actor, name: str, columns: Json, description: str = "", rows: Sequence[Json] = ()) -> DataTable:
        """A new table with rows in it. Raises 400, 409 for a name that is taken."""
        actor.demand("tables.design")
        read, now = read_columns(columns), datetime.now(UTC)
        name, description = _checked_name(name), _checked_description(description)
        content = encode([column.as_json() for column in read])
        record = TableRecord(str(uuid7()), actor.workspace_id, name, description, content, 1, 0, 1, actor.user_id, now, now)
        async with self._database.write(counts=False) as connection:
            await _refuse_taken(connection, actor.workspace_id, name)
            if await queries.count(connection, actor.workspace_id) >= MAX_TABLES:
                raise ServiceError("TOO_MANY_TABLES", f"A workspace may have {MAX_TABLES} tables.", 409)
            await queries.add(connection, record)
            writer = TableWriter(connection, record)
            await writer.insert(rows)
        return _table(writer.record)

    async def change(
        self,
        actor: Actor,
        table: str,
        *,
        name: str | None = None,
        description: str | None = None,
        columns: Json = None,
        renames: Json = None,
        if_match: int | None = None,
    ) -> DataTable:
        """Rename it, tell what it is for, give it other columns. Raises 400, 404, 409, 412."""
        actor.demand("tables.design")
        async with self._database.write(counts=False) as connection:
            record = await _find(connection, actor.workspace_id, table)
            _check_revision(record.revision, if_match)
            if name is not None and name.strip() != record.name:
                await _refuse_taken(connection, actor.workspace_id, _checked_name(name))
                record = replace(record, name=_checked_name(name))
            if columns is not None:
                record = await redesign(connection, record, columns, renames or {})
            if description is not None:
                record = replace(record, description=_checked_description(description))
            record = replace(record, revision=record.revision + 1, updated_at=datetime.now(UTC))
            kept = {field: getattr(record, field) for field in ("name", "description", "revision", "updated_at")}
            await queries.change(connection, record.id, **kept)
        return _table(record)

    async def delete(self, actor: Actor, table: str) -> None:
        """With all its rows. Raises 404."""
        actor.demand("tables.design")
        async with self._database.write(counts=False) as connection:
            await queries.remove(connection, (await _find(connection, actor.workspace_id, table)).id)

    # -- rows ------------------------------------------------------------------------------------------------------

    async def find(self, actor: Actor, table: str, query: TableQuery) -> FoundRows:
        """The rows that fit. Raises 400, 404."""
        actor.demand("tables.read")
        async with self._database.read() as connection:
            return await found(connection, actor.workspace_id, table, query)

    async def row(self, actor: Actor, table: str, row_id: int) -> RowRecord:
        """Raises 404."""
        actor.demand("tables.read")
        async with self._database.read() as connection:
            return await _row(connection, await _find(connection, actor.workspace_id, table), row_id)

    async def insert(self, actor: Actor, table: str, rows: Json) -> Sequence[RowRecord]:
        """Raises 400 naming what does not fit, 409."""
        return await self._written(actor, table, lambda writer: writer.insert(check_count(rows)))

    async def upsert(self, actor: Actor, table: str, rows: Json, column: str) -> Sequence[RowRecord]:
        """Change the rows with these values in a unique column, add the others. Raises 400, 409."""
        return await self._written(actor, table, lambda writer: writer.upsert(check_count(rows), column))

    async def change_row(self, actor: Actor, table: str, row_id: int, values: Json, if_match: int | None = None) -> RowRecord:
        """Change some cells of a row. Raises 400, 404, 409, 412 when it is not the given revision any more."""
        actor.demand("tables.write")
        async with self._database.write(counts=False) as connection:
            record = await _find(connection, actor.workspace_id, table)
            row = await _row(connection, record, row_id)
            _check_revision(row.revision, if_match)
            [changed] = await TableWriter(connection, record).change([row], values)
        return changed

    async def delete_row(self, actor: Actor, table: str, row_id: int) -> None:
        """Raises 404."""
        actor.demand("tables.write")
        async with self._database.write(counts=False) as connection:
            record = await _find(connection, actor.workspace_id, table)
            await TableWriter(connection, record).remove([(await _row(connection, record, row_id)).id])

    async def change_found(self, actor: Actor, table: str, query: TableQuery, values: Json) -> int:
        """Change every row that fits; how many. Raises 400, 409."""
        actor.demand("tables.write")
        async with self._database.write(counts=False) as connection:
            return await changed_where(connection, actor.workspace_id, table, query, values)

    async def delete_found(self, actor: Actor, table: str, query: TableQuery) -> int:
        """Remove every row that fits; how many."""
        actor.demand("tables.write")
        async with self._database.write(counts=False) as connection:
            return await removed_where(connection, actor.workspace_id, table, query)

    async def _written(self, actor: Actor, table: str, write: Callable[[TableWriter], Awaitable[T]]) -> T:
        actor.demand("tables.write")
        async with self._database.write(counts=False) as connection:
            return await write(await writer_of(connection, actor.workspace_id, table))


# -- within a transaction, for blocks too --------------------------------------------------------------------------------


async def writer_of(connection: AsyncConnection, workspace_id: str, table: str) -> TableWriter:
    """Raises 404."""
    return TableWriter(connection, await _find(connection, workspace_id, table))


async def found(connection: AsyncConnection, workspace_id: str, table: str, query: TableQuery) -> FoundRows:
    """Raises 400, 404."""
    record = await _find(connection, workspace_id, table)
    columns = columns_of(record)
    where = row_filters.combined(conditions(columns, query.filters), query.any_of)
    sort: sa.ColumnElement[Json] | None = None
    if query.sort:
        by = column_named(columns, query.sort, "sort")
        sort = value_of(by.name, by.type)
    rows, total = await data_rows.page(connection, record.id, where, sort, query.descending, query.offset, query.limit)
    return FoundRows(_table(record), rows, total)


async def changed_where(connection: AsyncConnection, workspace_id: str, table: str, query: TableQuery, values: Json) -> int:
    """Raises 400, 404, 409."""
    fitting = await _all_found(connection, workspace_id, table, query)
    return len(await (await writer_of(connection, workspace_id, table)).change(fitting, values))


async def removed_where(connection: AsyncConnection, workspace_id: str, table: str, query: TableQuery) -> int:
    """Raises 400, 404."""
    fitting = await _all_found(connection, workspace_id, table, query)
    await (await writer_of(connection, workspace_id, table)).remove([row.id for row in fitting])
    return len(fitting)


async def _all_found(connection: AsyncConnection, workspace_id: str, table: str, query: TableQuery) -> Sequence[RowRecord]:
    asked = replace(query, limit=MAX_CHANGED, offset=0)
    fitting = await found(connection, workspace_id, table, asked)
    if fitting.total > MAX_CHANGED:
        message = f"{fitting.total:,} rows fit; at most {MAX_CHANGED:,} are changed at once."
        raise ServiceError("TOO_MANY_ROWS", message, 409)
    return fitting.rows


async def _find(connection: AsyncConnection, workspace_id: str, table: str) -> TableRecord:
    record = await queries.find(connection, workspace_id, table)
    if record is None:
        raise not_found("table", table)
    return record


async def _row(connection: AsyncConnection, record: TableRecord, row_id: int) -> RowRecord:
    row = await data_rows.one(connection, record.id, row_id) if 0 < row_id < 2**53 else None
    if row is None:
        raise not_found("row", str(row_id))
    return row


async def _refuse_taken(connection: AsyncConnection, workspace_id: str, name: str) -> None:
    if await queries.find(connection, workspace_id, name) is not None:
        raise ServiceError(
            "NAME_TAKEN", f"There is a table named `{name}` already.", 409, [{"field": "name", "message": "is taken"}]
        )


def _check_revision(revision: int, if_match: int | None) -> None:
    if if_match is not None and if_match != revision:
        raise ServiceError("STALE_REVISION", f"It is at revision {revision} now.", 412, data={"revision": revision})


def _checked_name(name: Json) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not 1 <= len(text) <= MAX_NAME or not is_line(text):
        message = f"must have 1 to {MAX_NAME} printable characters"
        raise invalid(f"`name` {message}.", [{"field": "name", "message": message}])
    return text


def _checked_description(text: Json) -> str:
    if not isinstance(text, str) or len(text) > MAX_DESCRIPTION or "\0" in text:
        message = f"must be a text of at most {MAX_DESCRIPTION} characters"
        raise invalid(f"`description` {message}.", [{"field": "description", "message": message}])
    return text.strip()


def _table(record: TableRecord) -> DataTable:
    return DataTable(
        record.id,
        record.name,
        record.description,
        columns_of(record),
        record.rows,
        record.revision,
        record.created_at,
        record.updated_at,
    )
