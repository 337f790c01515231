"""Whole data tables as files: in, out, and as a new table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.db import data_rows
from app.db import data_tables as queries
from app.db.session import Database
from app.engine.messages import iso
from app.sdk import Json
from app.services.actors import Actor
from app.services.data_tables import DataTable, DataTables, writer_of
from app.services.errors import ServiceError, invalid
from app.services.lent_tables import plain
from app.services.table_formats import KINDS, csv_lines, guessed_columns, json_lines, read_rows
from app.services.table_rows import MAX_WRITTEN

MODES = ("append", "upsert", "replace")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows came in, and how many the table has now."""

    rows: int
    total: int


class TableFiles:
    def __init__(self, database: Database, tables: DataTables) -> None:
        self._database = database
        self._tables = tables

    async def take_in(
        self, actor: Actor, table: str, content: bytes, kind: str, mode: str = "append", column: str = ""
    ) -> Imported:
        """Put the rows of a file into a table, all or none: added, added or changed by a unique column, or instead of all.

        Raises 400 naming the row that does not fit, 404, 409.
        """
        actor.demand("tables.write")
        if mode not in MODES or kind not in KINDS:
            raise invalid(f"`mode` must be one of {', '.join(MODES)}, `format` one of {', '.join(KINDS)}.")
        rows = await asyncio.to_thread(read_rows, content, kind)
        async with self._database.write(counts=False) as connection:
            writer = await writer_of(connection, actor.workspace_id, table)
            if mode == "replace":
                ids = [row.id async for row in data_rows.all_rows(connection, writer.record.id)]
                await writer.remove(ids)
            for start in range(0, len(rows), MAX_WRITTEN):
                part = rows[start : start + MAX_WRITTEN]
                if mode == "upsert":
                    await writer.upsert(part, column)
                else:
                    await writer.insert(part, "rows", start)
        return Imported(len(rows), writer.record.rows)

    async def make_of(self, actor: Actor, name: str, content: bytes, kind: str) -> DataTable:
        """A new table with the rows of a file; the types of its columns are guessed. Raises 400, 409."""
        actor.demand("tables.design")
        rows = await asyncio.to_thread(read_rows, content, kind)
        columns, names = await asyncio.to_thread(guessed_columns, rows)
        renamed = [{names[old]: value for old, value in row.items()} for row in rows]
        return await self._tables.create(actor, name, [column.as_json() for column in columns], rows=renamed)

    async def give_out(self, actor: Actor, table: str, kind: str) -> tuple[DataTable, AsyncIterator[bytes]]:
        """The table, and its content in pieces. Raises 400, 404."""
        if kind not in KINDS:
            raise invalid(f"`format` must be one of {', '.join(KINDS)}.")
        found = await self._tables.get(actor, table)
        return found, self._content(actor, found, kind)

    async def _content(self, actor: Actor, table: DataTable, kind: str) -> AsyncIterator[bytes]:
        """Read in portions, so that a slow reader holds nothing up."""
        after, is_first = 0, True
        while True:
            async with self._database.read() as connection:
                if await queries.find(connection, actor.workspace_id, table.id) is None:
                    raise ServiceError("TABLE_NOT_FOUND", "The table was deleted meanwhile.", 404)
                records = await data_rows.after(connection, table.id, after, BATCH)
            rows: list[dict[str, Json]] = [plain(row, table.columns) for row in records]
            if kind == "csv":
                yield csv_lines(table.columns, rows, head=is_first)
            else:
                times = [{"created_at": iso(row.created_at), "updated_at": iso(row.updated_at)} for row in records]
                piece = json_lines(row | time for row, time in zip(rows, times, strict=True))
                yield b"[" + piece.removeprefix(b",\n") if is_first else piece
            is_first = False
            if len(records) < BATCH:
                break
            after = records[-1].id
        if kind == "json":
            yield b"]\n"
