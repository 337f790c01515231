"""New columns for a table that has rows already: every row is read anew, or the change is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import data_rows as rows
from app.db import data_tables as tables
from app.db.data_rows import Key, RowRecord
from app.db.data_tables import TableRecord
from app.engine.values import encode
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.table_columns import Column, read_columns, read_row
from app.services.table_rows import columns_of, digest

MAX_REWRITTEN = 20_000
BATCH = 500


async def redesign(connection: AsyncConnection, record: TableRecord, raw: Json, renames: Json) -> TableRecord:
    """The table with other columns; `renames` maps old names to new ones. Raises 400, 409 naming the row that does not fit."""
    columns, old = read_columns(raw), columns_of(record)
    renamed = _read_renames(renames, old, columns)
    if _asks_more_of_rows(columns, old) or renamed:
        if record.rows > MAX_REWRITTEN:
            message = f"This table has more than {MAX_REWRITTEN:,} rows; export it, and import it into a new one."
            raise ServiceError("TOO_MANY_ROWS", message, 409)
        await _rewrite(connection, record, columns, renamed)
    record = replace(record, columns=encode([column.as_json() for column in columns]), updated_at=datetime.now(UTC))
    await tables.change(connection, record.id, columns=record.columns, updated_at=record.updated_at)
    return record


def _read_renames(raw: Json, old: Sequence[Column], new: Sequence[Column]) -> dict[str, str]:
    if not isinstance(raw, Mapping) or not all(isinstance(name, str) for name in raw.values()):
        raise invalid("`renames` must be an object of old and new names.")
    for before, after in raw.items():
        if before not in {column.name for column in old} or after not in {column.name for column in new}:
            raise invalid(f"`renames.{before[:100]}` must lead from a column of the table to one of the new columns.")
    if len(set(raw.values())) < len(raw):
        raise invalid("`renames` must not lead two columns to the same name.")
    return dict(raw)


def _asks_more_of_rows(new: Sequence[Column], old: Sequence[Column]) -> bool:
    """Whether rows that fit the old columns could fail to fit the new ones, or hold what no column stands for."""
    before = {column.name: column for column in old}
    for column in new:
        known = before.pop(column.name, None)
        is_same = known is not None and known.type == column.type
        if not is_same and (known is not None or column.required or column.unique or column.default is not None):
            return True
        if known is not None and ((column.required and not known.required) or column.unique != known.unique):
            return True
    return bool(before)


async def _rewrite(
    connection: AsyncConnection, record: TableRecord, columns: Sequence[Column], renamed: Mapping[str, str]
) -> None:
    names = {column.name for column in columns}
    unique = [column.name for column in columns if column.unique]
    await rows.drop_keys(connection, record.id)
    seen: set[tuple[str, bytes]] = set()
    written: list[RowRecord] = []
    keys: list[Key] = []
    async for row in rows.all_rows(connection, record.id):
        moved = {renamed.get(name, name): value for name, value in row.content.items()}
        content = read_row(columns, {name: value for name, value in moved.items() if name in names}, f"row {row.id}")
        written.append(replace(row, content=content, revision=row.revision + 1))
        for name in unique:
            if content[name] is None:
                continue
            key = Key(name, digest(content[name]), row.id)
            if (name, key.digest) in seen:
                raise ServiceError("NOT_UNIQUE", f"`{name}` cannot be unique: row {row.id} has a value of another row.", 409)
            seen.add((name, key.digest))
            keys.append(key)
    for start in range(0, len(written), BATCH):
        await rows.put_all(connection, record.id, written[start : start + BATCH])
    for start in range(0, len(keys), BATCH):
        await rows.add_keys(connection, record.id, keys[start : start + BATCH])
