"""SQL over lists of objects in a worker process: tables in memory, questions only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from app.sdk import BlockError, Json

MAX_ROWS = 10_000
MAX_COLUMNS = 500
LONGEST_MESSAGE = 300
ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
REFUSED_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
Record = Mapping[str, Json]


def run(tables: Mapping[str, Sequence[Json]], query: str, parameters: Json) -> Json:
    """The rows as objects."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for name, rows in tables.items():
            _create(connection, name, rows)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4_000_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_may)
        return _asked(connection, query, parameters)
    finally:
        connection.close()


def _may(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action not in ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in REFUSED_FUNCTIONS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _create(connection: sqlite3.Connection, name: str, rows: Sequence[Json]) -> None:
    columns: dict[str, str] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BlockError("ITEMS_INVALID", f"table `{name}`: item {number + 1} is no object")
        for column in row:
            columns.setdefault(column.casefold(), column)
    if len(columns) > MAX_COLUMNS:
        raise BlockError("TOO_MANY_COLUMNS", f"table `{name}`: at most {MAX_COLUMNS} fields are allowed")
    names = list(columns.values()) or ["nothing"]
    connection.execute(f"CREATE TABLE {_quoted(name)} ({', '.join(_quoted(column) for column in names)})")
    marks = ", ".join("?" for _ in names)
    stored = ([_stored(row.get(column)) for column in names] for row in (_folded(row, columns) for row in rows))
    connection.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", stored)  # noqa: S608 names are quoted


def _folded(row: Record, columns: Mapping[str, str]) -> dict[str, Json]:
    return {columns[name.casefold()]: value for name, value in row.items()}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace("\x00", "") + '"'


def _stored(value: Json) -> Json:
    """Lists and objects as JSON text, which SQL's json functions read; numbers too large for SQL as text."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _asked(connection: sqlite3.Connection, query: str, parameters: Json) -> list[dict[str, Json]]:
    given = {name: _stored(value) for name, value in parameters.items()}
    try:
        cursor = connection.execute(query, given)
        rows = cursor.fetchmany(MAX_ROWS + 1)
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, ValueError) as error:
        message = " ".join(str(error).split())[:LONGEST_MESSAGE]
        if message in ("not authorized", "prohibited"):
            message = "only questions (SELECT) are allowed"
        raise BlockError("SQL_INVALID", f"field `query`: {message}") from None
    if len(rows) > MAX_ROWS:
        raise BlockError("TOO_MANY_ITEMS", f"the answer has more than {MAX_ROWS:,} rows; add LIMIT")
    names = [column[0] for column in cursor.description or ()]
    return [{name: _shown(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _shown(value: Json) -> Json:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
