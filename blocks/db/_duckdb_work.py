"""SQL over files in a worker process: they become tables first; then nothing outside is within reach of what is asked."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from app.sdk import BlockError, Json
from blocks.db._values import Rows, distinct

READERS = {"csv": "read_csv", "json": "read_json", "parquet": "read_parquet"}
MEMORY = "400MB"
LONGEST_MESSAGE = 300
BEFORE = ("SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false", "SET threads = 1")
AFTER = ("SET enable_external_access = false", "SET lock_configuration = true")


def run(tables: Sequence[Sequence[str]], query: str, params: Mapping[str, Json], limit: int) -> Json:
    """The rows of a question. Each table is its name, its format and its content in base64."""
    with TemporaryDirectory() as place, duckdb.connect(":memory:") as connection:
        for setting in (*BEFORE, f"SET memory_limit = '{MEMORY}'", f"SET temp_directory = '{place}'"):
            connection.execute(setting)
        for number, (name, kind, content) in enumerate(tables):
            file = Path(place) / f"{number}.{kind}"
            file.write_bytes(base64.b64decode(content))
            _load(connection, name, kind, file)
            file.unlink()
        for setting in AFTER:
            connection.execute(setting)
        return _asked(connection, query, params, limit)


def _load(connection: Any, name: str, kind: str, file: Path) -> None:
    table = name.replace('"', '""')
    try:
        connection.execute(f'CREATE TABLE "{table}" AS SELECT * FROM {READERS[kind]}(?)', [str(file)])  # noqa: S608 a fixed name
    except duckdb.Error as error:
        told = f"table `{name}`: this cannot be read as {kind}: {_told(error)}"
        raise BlockError("FILE_INVALID", told, retryable=False) from None


def _asked(connection: Any, query: str, params: Mapping[str, Json], limit: int) -> Json:
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1:
            raise BlockError("SQL_INVALID", "field `sql`: write one statement", retryable=False)
        wanted = statements[0].named_parameters
        cursor = connection.execute(statements[0], {name: value for name, value in params.items() if name in wanted})
        names = distinct([column[0] for column in cursor.description or ()])
        rows = cursor.fetchmany(limit + 1) if names else []
    except duckdb.Error as error:
        raise BlockError("SQL_INVALID", f"field `sql`: {_told(error)}", retryable=False) from None
    answered = Rows(limit, names)
    for row in rows:
        if not answered.add(row):
            break
    return answered.value()


def _told(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:LONGEST_MESSAGE]
