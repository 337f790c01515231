"""Writing rows of one data table within somebody's transaction: values checked, unique ones kept apart, counts kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import data_rows as queries
from app.db import data_tables as tables
from app.db.data_rows import Key, RowRecord
from app.db.data_tables import TableRecord
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.table_columns import Column, read_row

MAX_ROWS = 100_000
MAX_WRITTEN = 1_000


class TableWriter:
    """Writes into one table; `record` is the table as this transaction sees it, and `finish` puts its counts right."""

    def __init__(self, connection: AsyncConnection, record: TableRecord) -> None:
        self._connection = connection
        self._now = datetime.now(UTC)
        self.record = record
        self.columns = columns_of(record)
        self._unique = [column.name for column in self.columns if column.unique]

    async def insert(self, rows: Sequence[Json], place: str = "rows", first: int = 0) -> list[RowRecord]:
        """Add rows. Raises 400 for values that do not fit, counting them from `first`, 409 for one that is there already."""
        values = [read_row(self.columns, row, f"{place}[{number}]") for number, row in enumerate(rows, first)]
        return await self._insert(values)

    async def _insert(self, values: Sequence[dict[str, Json]]) -> list[RowRecord]:
        if self.record.rows + len(values) > MAX_ROWS:
            raise ServiceError("TABLE_FULL", f"A table may have {MAX_ROWS:,} rows.", 409)
        first = self.record.next_row
        made = [RowRecord(first + number, row, 1, self._now, self._now) for number, row in enumerate(values)]
        keys = [key for row in made for key in self._keys(row)]
        await self._refuse_taken(keys)
        await queries.insert(self._connection, self.record.id, made)
        await queries.add_keys(self._connection, self.record.id, keys)
        await self._count(len(made), first + len(made))
        return made

    async def upsert(self, rows: Sequence[Json], column: str) -> list[RowRecord]:
        """Change those that have these values in a unique column, add the others. Raises as insert does."""
        known = next((found for found in self.columns if found.name == column), None)
        if known is None or not known.unique:
            message = "must name a column in which every value is unique"
            raise invalid(f"`column` {message}.", [{"field": "column", "message": message}])
        values = [read_row([known], {column: _given(row, column)}, f"rows[{number}]") for number, row in enumerate(rows)]
        digests = [digest(value[column]) for value in values]
        if len(set(digests)) < len(digests) or any(value[column] is None for value in values):
            raise invalid(f"`rows` must have a value of its own in `{column}` each.")
        holders = await queries.holders(self._connection, self.record.id, column, digests)
        old = {row.id: row for row in await queries.some(self._connection, self.record.id, list(holders.values()))}
        done: dict[int, RowRecord] = {}
        added = [(number, row) for number, row in enumerate(rows) if digests[number] not in holders]
        for number, row in enumerate(rows):
            if digests[number] in holders:
                [done[number]] = await self.change([old[holders[digests[number]]]], row, f"rows[{number}]")
        fresh = await self._insert([read_row(self.columns, row, f"rows[{number}]") for number, row in added])
        done |= {number: made for (number, _), made in zip(added, fresh, strict=True)}
        return [done[number] for number in range(len(rows))]

    async def change(self, rows: Sequence[RowRecord], values: Json, place: str = "values") -> list[RowRecord]:
        """Put the same values into some rows. Raises 400, and 409 when a unique value would be there twice."""
        given = read_row(self.columns, values, place, whole=False)
        changed = []
        for row in rows:
            new = replace(row, content={**row.content, **given}, revision=row.revision + 1, updated_at=self._now)
            touched = [name for name in self._unique if name in given]
            for name in touched:
                await queries.drop_keys(self._connection, self.record.id, row_id=row.id, column=name)
            keys = [key for key in self._keys(new) if key.column in touched]
            await self._refuse_taken(keys)
            await queries.add_keys(self._connection, self.record.id, keys)
            changed.append(new)
        await queries.put_all(self._connection, self.record.id, changed)
        await self._count(0, self.record.next_row)
        return changed

    async def remove(self, row_ids: Sequence[int]) -> None:
        await queries.remove(self._connection, self.record.id, row_ids)
        await self._count(-len(row_ids), self.record.next_row)

    def _keys(self, row: RowRecord) -> list[Key]:
        values = [(name, row.content.get(name)) for name in self._unique]
        return [Key(name, digest(value), row.id) for name, value in values if value is not None]

    async def _refuse_taken(self, keys: Sequence[Key]) -> None:
        for name in self._unique:
            wanted = [key.digest for key in keys if key.column == name]
            if len(set(wanted)) < len(wanted) or await queries.holders(self._connection, self.record.id, name, wanted):
                message = "is there already, and must be unique"
                raise ServiceError("NOT_UNIQUE", f"`{name}`: this value {message}.", 409, [{"field": name, "message": message}])

    async def _count(self, more: int, next_row: int) -> None:
        self.record = replace(self.record, rows=self.record.rows + more, next_row=next_row, updated_at=self._now)
        new = {"rows": self.record.rows, "next_row": next_row, "updated_at": self._now}
        await tables.change(self._connection, self.record.id, **new)


def columns_of(record: TableRecord) -> list[Column]:
    return [Column(**item) for item in decode_stored(record.columns)]


def digest(value: Json) -> bytes:
    return hashlib.sha256(encode(value)).digest()


def check_count(rows: Json) -> Sequence[Json]:
    """The rows of one write. Raises 400."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_WRITTEN:
        message = f"must be a list of 1 to {MAX_WRITTEN:,} rows"
        raise invalid(f"`rows` {message}.", [{"field": "rows", "message": message}])
    return rows


def _given(row: Json, column: str) -> Json:
    return row.get(column) if isinstance(row, Mapping) else None
