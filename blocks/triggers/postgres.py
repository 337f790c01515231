"""Starts the workflow for every new row in a PostgreSQL database.

Write a question that answers the rows after the last one, in order, with `:cursor` where the last value belongs: `SELECT *
FROM orders WHERE id > :cursor ORDER BY id`. Name the column that grows, such as `id` or `changed_at`. It is asked again and
again; each row starts one execution with the row as its input, also when the server was down meanwhile.

The column must be unique and never go backwards. Rows of a transaction that takes long may become visible after rows with a
larger number: with `changed_at <= now() - interval '10 seconds'` in the question, nobody is left out.

The credential is a “Database”. Needs a library that is installed with `pip install 'blockyard[postgres]'`.
"""

from __future__ import annotations

import json

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Code, CredentialName, Example, Json, Visit, WatchContext, WatchItem, library
from blocks.core._fields import ADVANCED
from blocks.db._sql import Dialect, TableConfig, on_conflict, statements
from blocks.triggers._watching import PollConfig, pass_on

DIALECT = Dialect(lambda number: f"${number}", '"', on_conflict)


class PostgresTriggerConfig(PollConfig):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The address of the database, with user and password.")
    sql: Code = Field(
        title="SQL",
        min_length=1,
        max_length=50_000,
        description="A question for the rows after :cursor, in order.",
        json_schema_extra={"initial": "", "placeholder": "SELECT * FROM orders WHERE id > :cursor ORDER BY id"},
    )
    cursor_column: str = Field(
        "id", title="Column that grows", min_length=1, max_length=200, description="Its last value is :cursor."
    )
    start: AnyJson = Field(0, title="Begin after", description="What :cursor is at the beginning, such as 0 or 2026-06-01.")
    interval_seconds: int = Field(30, title="Look every", ge=1, le=86_400, description="Seconds from one look to the next.")
    limit: int = Field(
        100,
        title="At most",
        ge=1,
        le=1_000,
        description="Rows of one look; the others follow at once.",
        json_schema_extra=ADVANCED,
    )
    timeout_ms: int = Field(30_000, title="Timeout", ge=100, le=600_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def watch(context: WatchContext, config: PostgresTriggerConfig) -> float:
    last = config.start if context.cursor is None else context.cursor["value"]
    asked = TableConfig(sql=config.sql, params={"cursor": last}, limit=config.limit, timeout_ms=config.timeout_ms)
    planned = statements(asked, DIALECT, None, returning=False)
    client = await library("blocks.db._postgres_client", "postgres")
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        [rows] = await client.run(visit, planned, config.limit, seconds)
        return rows.value()["rows"]

    found = await context.network.visit(talk, credential=config.credential, types=("database",), seconds=seconds)
    if found:
        values = [_value(row, config.cursor_column) for row in found]
        items = [WatchItem(json.dumps(value), row) for value, row in zip(values, found, strict=True)]
        await context.accept(items, {"value": values[-1]})
    return 0 if len(found) == config.limit else config.interval_seconds


def _value(row: Json, column: str) -> Json:
    value = row.get(column)
    if not isinstance(value, str | int | float):
        message = f"field `cursor_column`: every row must have a number or a text in `{column[:100]}`"
        raise BlockError("CONFIG_INVALID", message, details={"field": "cursor_column"}, retryable=False)
    return value


ORDER: dict[str, Json] = {"id": 7, "customer": "ada", "total": 20}
BLOCK = Block(
    type="trigger.postgres",
    title="When a row is new",
    category="Start",
    icon="database",
    description="Starts for every new row in a PostgreSQL database.",
    config=PostgresTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={"type": "object", "description": "The row, by the names of its columns."},
    examples=(
        Example(
            "New orders",
            {"credential": "SHOP_DATABASE", "sql": "SELECT * FROM orders WHERE id > :cursor ORDER BY id"},
            input=ORDER,
            output=ORDER,
        ),
        Example(
            "What was changed, once it has rested",
            {
                "credential": "SHOP_DATABASE",
                "sql": "SELECT * FROM orders WHERE changed_at > :cursor::timestamptz ORDER BY changed_at",
                "cursor_column": "changed_at",
                "start": "2026-01-01",
            },
            input=ORDER | {"changed_at": "2026-06-01T12:00:00+00:00"},
            output=ORDER | {"changed_at": "2026-06-01T12:00:00+00:00"},
        ),
    ),
)
