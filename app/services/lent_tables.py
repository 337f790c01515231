"""The workspace's data tables as its executions use them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import data_rows, kv
from app.db.data_rows import RowRecord
from app.db.session import Database
from app.engine.values import decode_stored, encode
from app.sdk import BlockError, Json, TableQuery, TableRow, TableRows
from app.services.data_tables import changed_where, found, removed_where, writer_of
from app.services.errors import ServiceError
from app.services.table_columns import Column
from app.services.table_rows import check_count

NAMESPACE = "table.rows"
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class WorkspaceTables:
    """The sdk's Tables."""

    database: Database
    workspace_id: str

    async def find(self, table: str, query: TableQuery) -> TableRows:
        async with self._reading() as connection:
            page = await found(connection, self.workspace_id, table, query)
        return TableRows([plain(row, page.table.columns) for row in page.rows], page.total)

    async def insert(self, table: str, rows: Sequence[Mapping[str, Json]], key: str) -> Sequence[TableRow]:
        async with self._writing() as connection:
            writer, now = await writer_of(connection, self.workspace_id, table), datetime.now(UTC)
            known = await kv.get(connection, self.workspace_id, NAMESPACE, key, now)
            if known is not None:
                made = await data_rows.some(connection, writer.record.id, decode_stored(known))
            else:
                made = await writer.insert(check_count(list(rows)))
                ids = encode([row.id for row in made])
                await kv.put(connection, self.workspace_id, NAMESPACE, key, ids, now + REMEMBERED, now)
        return [plain(row, writer.columns) for row in made]

    async def upsert(self, table: str, rows: Sequence[Mapping[str, Json]], column: str) -> Sequence[TableRow]:
        async with self._writing() as connection:
            writer = await writer_of(connection, self.workspace_id, table)
            done = await writer.upsert(check_count(list(rows)), column)
        return [plain(row, writer.columns) for row in done]

    async def update(self, table: str, query: TableQuery, values: Mapping[str, Json]) -> int:
        async with self._writing() as connection:
            return await changed_where(connection, self.workspace_id, table, query, values)

    async def delete(self, table: str, query: TableQuery) -> int:
        async with self._writing() as connection:
            return await removed_where(connection, self.workspace_id, table, query)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self.database.read() as connection:
                yield connection
        except ServiceError as error:
            raise _told(error) from None

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self.database.write(counts=False) as connection:
                yield connection
        except ServiceError as error:
            raise _told(error) from None


def plain(row: RowRecord, columns: Sequence[Column]) -> TableRow:
    """A row as data: its id, and the value of every column."""
    return {"id": row.id} | {column.name: row.content.get(column.name) for column in columns}


def _told(error: ServiceError) -> BlockError:
    return BlockError(error.code, error.message, details=error.details, retryable=False)
