"""Talks to an SQLite file, in a thread. What reaches beyond the file is refused."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import quote

from app.sdk import BlockError, File, Json, is_file
from blocks.db._sql import Statement
from blocks.db._values import Rows, distinct

MAX_LENGTH = 10_000_000
MAX_PAGES = 250_000
STEPS = 20_000
BUSY_SECONDS = 15.0
"""How long others may write before it is told that they do."""
PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list", "user_version"})
REFUSED = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_VTABLE, sqlite3.SQLITE_DROP_VTABLE})
FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})


class Stopper:
    """Ends a statement from outside, or when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.stopped = False

    def is_over(self) -> bool:
        return self.stopped or time.monotonic() > self._end


def run(path: str, statements: Sequence[Statement], limit: int, make: bool, stopper: Stopper) -> list[Rows]:
    """The rows of each statement; all of them are one transaction."""
    place = "path"
    try:
        with closing(_opened(path, make)) as connection:
            connection.set_progress_handler(stopper.is_over, STEPS)
            connection.execute("BEGIN" if all(_reads(one.sql) for one in statements) else "BEGIN IMMEDIATE")
            connection.set_authorizer(_permitted)
            results = []
            for statement in statements:
                place = statement.place
                results.append(_result(connection, statement, limit))
            connection.set_authorizer(None)
            connection.execute("COMMIT")
            return results
    except sqlite3.Error as error:
        raise _told(error, place, stopper) from None
    except sqlite3.Warning as error:
        raise BlockError("SQL_INVALID", f"field `{place}`: {str(error)[:200]}", retryable=False) from None


def _opened(path: str, make: bool) -> sqlite3.Connection:
    mode = "rwc" if make else "rw"
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LENGTH)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA max_page_count = {MAX_PAGES}")
    return connection


def _permitted(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in REFUSED or action == sqlite3.SQLITE_TRANSACTION or action == sqlite3.SQLITE_SAVEPOINT:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in PRAGMAS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _reads(sql: str) -> bool:
    return sql.lstrip().upper().startswith(("SELECT", "VALUES", "EXPLAIN"))


def _result(connection: sqlite3.Connection, statement: Statement, limit: int) -> Rows:
    rows = Rows(limit)
    before = connection.total_changes
    cursor = connection.execute(statement.sql, [_parameter(value) for value in statement.values])
    if cursor.description:
        rows.columns = distinct(column[0] for column in cursor.description)
        for row in cursor:
            if not rows.add(row):
                break
    if not _reads(statement.sql):
        rows.affected = cursor.rowcount if cursor.rowcount >= 0 else connection.total_changes - before
    cursor.close()
    return rows


def _parameter(value: Json) -> Any:
    if is_file(value):
        return File.of(value, "params").content
    if isinstance(value, int) and abs(value) > 2**63 - 1:
        return str(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _told(error: sqlite3.Error, place: str, stopper: Stopper) -> BlockError:
    told, name = str(error)[:300], getattr(error, "sqlite_errorname", "")
    where = f"field `{place}`: "
    if stopper.is_over() and name == "SQLITE_INTERRUPT":
        return BlockError("TIMEOUT", f"{where}this took too long and was stopped")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BlockError("DATABASE", f"{where}somebody else is writing into this file")
    if name.startswith("SQLITE_CONSTRAINT"):
        return BlockError("CONSTRAINT", f"{where}{told}", retryable=False)
    if name == "SQLITE_AUTH":
        return BlockError("SQL_REFUSED", f"{where}this is not allowed here: {told}", retryable=False)
    if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return BlockError("FILE_INVALID", "field `path`: this is no SQLite database, or it is damaged", retryable=False)
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_FULL")):
        return BlockError("FILE_REFUSED", f"field `path`: the file cannot be opened or written: {told}", retryable=False)
    return BlockError("SQL_INVALID", f"{where}{told}", retryable=False)
