"""Asks files in SQL: CSV, JSON and Parquet, with DuckDB.

List the files, each with the name of the table that it is to be. A file lies in the workspace's own storage or in a folder
that the operator of this server has opened; or it comes from another block, as its content. Then write one question, for
example `SELECT customer, sum(total) AS total FROM orders GROUP BY customer ORDER BY total DESC`. Put values into it by names,
never by pasting: `WHERE customer = $customer`, with the value under Values.

The files are only read. The question sees nothing but its tables: no other files, no network. Needs a library that is
installed with `pip install 'blockyard[duckdb]'`.
"""

from __future__ import annotations

import base64
import json
from typing import Literal

from pydantic import Field, field_validator

from app.sdk import AnyJson, Block, BlockError, Code, Config, Context, Example, File, Json, Output, work
from blocks.core._fields import ADVANCED, Text
from blocks.db._values import ROWS_SCHEMA

MAX_BYTES = 20_000_000
PART_BYTES = 1_000_000
ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "json": "json", "jsonl": "json", "ndjson": "json", "parquet": "parquet"}


class TableFile(Config):
    """A file as a table."""

    name: str = Field(
        title="Table", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", description="What the question calls it.",
        json_schema_extra={"initial": "", "placeholder": "orders"},
    )  # fmt: skip
    path: Text = Field("", title="File", max_length=2_000, description="Where it lies. Left empty, the content below counts.")
    folder: Text = Field(
        "", title="Folder", max_length=100, description="One that the operator has opened. Left empty, the workspace's own."
    )
    content: AnyJson = Field(
        None, title="Content", description="A file or a text of another block, or a list of objects.", json_schema_extra=ADVANCED
    )
    format: Literal["auto", "csv", "json", "parquet"] = Field("auto", title="Format", description="auto: by the file's name.")


class DuckdbConfig(Config):
    """Configuration of the block."""

    files: list[TableFile] = Field(default_factory=list, title="Files", max_length=20, description="The tables of the question.")
    sql: Code = Field(
        title="SQL",
        min_length=1,
        max_length=50_000,
        description="One question over the tables.",
        json_schema_extra={"initial": "SELECT * FROM orders"},
    )
    params: dict[str, AnyJson] = Field(default_factory=dict, title="Values", description="By name: $customer in the question.")
    limit: int = Field(1_000, title="At most", ge=1, le=10_000, description="So many rows are answered.")
    timeout_ms: int = Field(
        30_000, title="Time limit (ms)", ge=100, le=300_000, description="For the whole question.", json_schema_extra=ADVANCED
    )

    @field_validator("files")
    @classmethod
    def _names_differ(cls, files: list[TableFile]) -> list[TableFile]:
        names = [file.name.casefold() for file in files]
        if len(set(names)) < len(names):
            raise ValueError("has a table twice")
        return files


async def execute(context: Context, config: DuckdbConfig, value: Json) -> Output:
    left, tables = MAX_BYTES, []
    for number, file in enumerate(config.files):
        kind, content = await _content(context, file, f"files.{number}", left)
        left -= len(content)
        if left < 0:
            message = f"field `files.{number}`: all files together may have {MAX_BYTES:,} bytes"
            raise BlockError("FILE_TOO_LARGE", message, retryable=False)
        tables.append([file.name, kind, base64.b64encode(content).decode()])
    seconds = config.timeout_ms / 1000
    asked = [tables, config.sql, config.params, config.limit]
    return Output(await work("blocks.db._duckdb_work:run", *asked, seconds=seconds, extra="duckdb"))


async def _content(context: Context, file: TableFile, place: str, left: int) -> tuple[str, bytes]:
    if file.path:
        return _kind(file, file.path), await _read(context, file, left)
    if isinstance(file.content, list):
        return "json", json.dumps(file.content).encode()
    if file.content is None:
        raise BlockError("CONFIG_INVALID", f"field `{place}.path`: name a file, or give its content", retryable=False)
    given = File.of(file.content, f"{place}.content")
    return _kind(file, given.name), given.content


async def _read(context: Context, file: TableFile, left: int) -> bytes:
    """In parts; one more byte than is left shows that it is too large."""
    content = b""
    while len(content) <= left:
        part = await context.files.read(file.folder, file.path, len(content), PART_BYTES)
        content += part
        if len(part) < PART_BYTES:
            break
    return content


def _kind(file: TableFile, name: str) -> str:
    return file.format if file.format != "auto" else ENDINGS.get(name.rpartition(".")[2].lower(), "csv")


BLOCK = Block(
    type="db.duckdb",
    title="Files in SQL",
    category="Databases",
    icon="database",
    description="Asks CSV, JSON and Parquet files in SQL, with DuckDB.",
    config=DuckdbConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"files"}),
    timeout_ms=310_000,
    sample={"rows": [], "row_count": 0, "more": False},
    output_schema=ROWS_SCHEMA,
    examples=(
        Example(
            "What each customer has bought",
            {
                "files": [{"name": "orders", "content": "customer,total\nAda,5\nBo,7.5\nAda,2\n"}],
                "sql": "SELECT customer, sum(total) AS total FROM orders WHERE total > $least GROUP BY ALL ORDER BY customer",
                "params": {"least": 1},
            },
            output={
                "rows": [{"customer": "Ada", "total": 7}, {"customer": "Bo", "total": 7.5}],
                "row_count": 2,
                "more": False,
            },
        ),
        Example(
            "A file of the workspace beside what came in",
            {
                "files": [{"name": "orders", "path": "orders.parquet"}, {"name": "people", "content": "{{ input }}"}],
                "sql": "SELECT people.name, orders.total FROM orders JOIN people ON people.id = orders.customer",
            },
            input=[{"id": 1, "name": "Ada"}],
            output={"rows": [{"name": "Ada", "total": 5}], "row_count": 1, "more": False},
            runnable=False,
        ),
    ),
)
