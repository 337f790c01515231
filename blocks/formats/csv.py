"""Reads tables from CSV text or files, and writes them.

When reading, the first row names the fields, and every other row becomes an object. The sign between the fields is found
by itself. Numbers can be read as numbers; a post code such as 01067 stays a text.

When writing, each object becomes a row; the columns are those you list, or all fields in the order in which they appear. A
text that a spreadsheet would take for a formula gets an apostrophe in front, unless you switch that off.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, File, Json, Output, work
from blocks.core._fields import ADVANCED, when
from blocks.formats._files import FileConfig, FileName


class CsvConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["parse", "build", "build_file"] = Field(
        "parse", title="Do", description="Read a text or file, write a text, or write a file."
    )
    header: bool = Field(True, title="First row has names", description="Whether the first row names the fields.")
    delimiter: Literal["auto", ",", ";", "tab", "|"] = Field(
        "auto", title="Between fields", description="auto finds it when reading, and is a comma when writing."
    )
    convert: bool = Field(
        False,
        title="Read numbers",
        description="Whether 12, 3.5, true and empty fields become values.",
        json_schema_extra=when(operation=["parse"]),
    )
    columns: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list,
        title="Columns",
        max_length=1_000,
        description="For writing: which fields, in this order. None: all.",
        json_schema_extra=when(operation=["build", "build_file"]),
    )
    encoding: Literal["utf-8", "windows-1252", "iso-8859-1", "utf-16"] = Field(
        "utf-8",
        title="Characters",
        description="How the letters of the file are encoded.",
        json_schema_extra=ADVANCED | when(operation=["parse", "build_file"]),
    )
    skip: int = Field(
        0,
        title="Rows to leave out",
        ge=0,
        le=10_000,
        description="At the top, when reading.",
        json_schema_extra=ADVANCED | when(operation=["parse"]),
    )
    limit: int = Field(
        0,
        title="At most",
        ge=0,
        le=10_000,
        description="Rows to read. 0: all.",
        json_schema_extra=ADVANCED | when(operation=["parse"]),
    )
    safe: bool = Field(
        True,
        title="Safe for spreadsheets",
        description="Whether texts that look like formulas are marked.",
        json_schema_extra=ADVANCED | when(operation=["build", "build_file"]),
    )
    filename: FileName = Field(
        "table.csv", title="File name", description="For a file.", json_schema_extra=ADVANCED | when(operation=["build_file"])
    )


async def execute(context: Context, config: CsvConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "parse":
        delimiter = {"auto": "", "tab": "\t"}.get(config.delimiter, config.delimiter)
        settings = (delimiter, config.header, config.encoding, config.convert, config.skip, config.limit)
        return Output(await work("blocks.formats._csv_work:parse", data, *settings))
    if not isinstance(data, list):
        raise BlockError("ITEMS_INVALID", "field `source`: must be a list of objects or lists", retryable=False)
    delimiter = {"auto": ",", "tab": "\t"}.get(config.delimiter, config.delimiter)
    text = await work("blocks.formats._csv_work:build", data, config.columns, delimiter, config.header, config.safe)
    if config.operation == "build":
        return Output(text)
    content = text.encode("utf-8-sig" if config.encoding == "utf-8" else config.encoding, errors="replace")
    return Output(File(config.filename or "table.csv", "text/csv", content).value())


BLOCK = Block(
    type="fmt.csv",
    title="CSV",
    category="Formats",
    icon="table",
    description="Reads and writes tables as CSV.",
    config=CsvConfig,
    execute=execute,
    output_schema={"description": "For parse a list of objects, or of lists without names; for build a text or a file."},
    examples=(
        Example(
            "Read a table from a spreadsheet",
            {"convert": True},
            input='name;born;zip\r\nAda;1815;01067\r\n"Bob; junior";;9\r\n',
            output=[{"name": "Ada", "born": 1815, "zip": "01067"}, {"name": "Bob; junior", "born": None, "zip": 9}],
        ),
        Example(
            "Write some columns",
            {"operation": "build", "columns": ["id", "name"]},
            input=[{"name": "=1+1", "id": 7}, {"id": 8, "name": "a, b"}],
            output='id,name\r\n7,\'=1+1\r\n8,"a, b"\r\n',
        ),
    ),
)
