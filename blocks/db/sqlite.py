"""Asks an SQLite file, and changes rows in it.

The file lies in the workspace's own storage, or in a folder that the operator of this server has opened. Switch “Make it” on
if it need not be there yet.

“Query” runs one statement of SQL. Put values into it by names, never by pasting: `WHERE customer = :customer`, with the
value under Values. “Insert”, “upsert”, “update” and “delete” need no SQL: they take a table, and rows or values by column.
“Transaction” runs several statements, of which all happen or none. Other files cannot be attached.
"""

from __future__ import annotations

import asyncio

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output
from blocks.core._fields import ADVANCED, Text, when
from blocks.core._threads import Lines, in_thread
from blocks.db._sql import ON_TABLE, Dialect, TableConfig, answer, on_conflict, statements
from blocks.db._sqlite_work import Stopper, run
from blocks.db._values import ROWS_SCHEMA

DIALECT = Dialect(lambda number: f"?{number}", '"', on_conflict)


class SqliteConfig(TableConfig):
    """Configuration of the block."""

    path: Text = Field(
        min_length=1,
        title="File",
        max_length=2_000,
        description="Where it lies.",
        json_schema_extra={"initial": "", "placeholder": "shop.sqlite"},
    )
    folder: Text = Field(
        "",
        title="Folder",
        max_length=100,
        description="A folder that the operator has opened, by its name. Left empty, the workspace's own.",
    )
    make: bool = Field(False, title="Make it", description="Whether the file is made when it is not there.")
    returning: bool = Field(
        False,
        title="Answer the rows",
        description="Whether changed rows are answered, as they are now.",
        json_schema_extra=ADVANCED | when(operation=ON_TABLE),
    )


async def execute(context: Context, config: SqliteConfig, value: Json) -> Output:
    planned = statements(config, DIALECT, value, returning=config.returning)
    if not config.path:
        raise BlockError("CONFIG_INVALID", "field `path`: name a file", retryable=False)
    path = await context.files.locate(config.folder, config.path, make=config.make)
    seconds = config.timeout_ms / 1000
    stopper = Stopper(seconds)

    def work(lines: Lines) -> Json:
        return answer(config, run(path, planned, config.limit, config.make, stopper))

    try:
        return Output(await in_thread(work))
    except asyncio.CancelledError:
        stopper.stopped = True
        raise


BLOCK = Block(
    type="db.sqlite",
    title="SQLite file",
    category="Databases",
    icon="database",
    description="Asks an SQLite file, and changes rows in it.",
    config=SqliteConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"files"}),
    timeout_ms=610_000,
    sample={"rows": [], "row_count": 0, "more": False},
    output_schema=ROWS_SCHEMA,
    examples=(
        Example(
            "A file is made with its first table",
            {
                "path": "shop.sqlite",
                "make": True,
                "operation": "transaction",
                "statements": [
                    {"sql": "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, total REAL)"},
                    {"sql": "INSERT INTO orders VALUES (:id, :total)", "params": {"id": 7, "total": "{{ input.total }}"}},
                    {"sql": "SELECT * FROM orders"},
                ],
            },
            input={"total": 12.5},
            output={
                "rows": [{"id": 7, "total": 12.5}],
                "row_count": 1,
                "more": False,
                "results": [
                    {"rows": [], "row_count": 0, "more": False},
                    {"rows": [], "row_count": 1, "more": False},
                    {"rows": [{"id": 7, "total": 12.5}], "row_count": 1, "more": False},
                ],
            },
        ),
        Example(
            "The orders of one customer",
            {
                "path": "shop.sqlite",
                "sql": "SELECT id, total FROM orders WHERE customer = :customer",
                "params": {"customer": "{{ input.id }}"},
            },
            input={"id": 7},
            output={"rows": [{"id": 1, "total": 12.5}], "row_count": 1, "more": False},
            runnable=False,
        ),
    ),
)
