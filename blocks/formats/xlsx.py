"""Reads and writes Excel workbooks (.xlsx).

When reading, choose a sheet by its name, or take the first, and a range such as A1:D20 if you do not want everything. The
first row names the fields. You get the values that formulas had when the file was saved; dates come as texts such as
2026-12-24T00:00:00.

When writing, give a list of objects for one sheet, or an object of lists for several: `{"Orders": [...], "Customers": [...]}`.
Texts that Excel would take for formulas are marked. Up to 10,000 rows.

Needs a library that is installed with `pip install 'blockyard[xlsx]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, BlockError, Context, Example, Json, Output, work
from blocks.core._fields import ADVANCED, when
from blocks.formats._files import FileConfig, FileName
from blocks.formats._samples import ORDERS

SECONDS = 15.0
MAX_SHEETS = 50


class XlsxConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["read", "sheets", "write"] = Field(
        "read", title="Do", description="Read a sheet, list the names of the sheets, or write a workbook."
    )
    sheet: str = Field(
        "",
        title="Sheet",
        max_length=31,
        description="Its name. Left empty: the first, or Sheet1 when writing.",
        json_schema_extra=when(operation=["read", "write"]),
    )
    cells: str = Field(
        "",
        title="Range",
        max_length=20,
        pattern=r"^([A-Za-z]{1,3}[0-9]{1,6}:[A-Za-z]{1,3}[0-9]{1,6})?$",
        description="Such as A1:D20. Left empty: the whole sheet.",
        json_schema_extra=when(operation=["read"]) | {"placeholder": "A1:D20"},
    )
    header: bool = Field(
        True,
        title="First row has names",
        description="Whether the first row names the fields.",
        json_schema_extra=when(operation=["read", "write"]),
    )
    safe: bool = Field(
        True,
        title="Mark formulas",
        description="Whether texts that look like formulas are written as texts.",
        json_schema_extra=ADVANCED | when(operation=["write"]),
    )
    filename: FileName = Field(
        "table.xlsx", title="File name", description="For writing.", json_schema_extra=ADVANCED | when(operation=["write"])
    )


async def execute(context: Context, config: XlsxConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "sheets":
        return Output(await _work("sheets", data))
    if config.operation == "read":
        return Output(await _work("read", data, config.sheet, config.cells.upper(), config.header))
    tables = {config.sheet or "Sheet1": data} if isinstance(data, list) else data
    if not isinstance(tables, dict) or len(tables) > MAX_SHEETS or not all(isinstance(rows, list) for rows in tables.values()):
        message = f"field `source`: must be a list, or an object of at most {MAX_SHEETS} lists"
        raise BlockError("ITEMS_INVALID", message, retryable=False)
    return Output(await _work("write", tables or {"Sheet1": []}, config.header, config.safe, config.filename or "table.xlsx"))


async def _work(function: str, *arguments: Json) -> Json:
    return await work(f"blocks.formats._xlsx_work:{function}", *arguments, seconds=SECONDS, extra="xlsx")


BLOCK = Block(
    type="fmt.xlsx",
    title="Excel",
    category="Formats",
    icon="sheet",
    description="Reads and writes Excel workbooks.",
    config=XlsxConfig,
    execute=execute,
    output_schema={
        "description": "For read a list of objects, for sheets a list of names, for write a file.",
        "properties": FILE_SCHEMA["properties"],
    },
    examples=(
        Example(
            "Write a list of orders",
            {"operation": "write", "filename": "orders.xlsx"},
            input=[{"id": 7, "total": 12.5}],
            output={
                "filename": "orders.xlsx",
                "content_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "size": 4800,
                "base64": "UEsDBBQAAAAI...",
            },
            runnable=False,
        ),
        Example("Read the sheet Orders", {"sheet": "Orders"}, input=ORDERS, output=[{"id": 7, "total": 12.5}]),
        Example(
            "Which sheets are there?",
            {"operation": "sheets", "source": "{{ input.file }}"},
            input={"file": ORDERS},
            output=["Orders"],
        ),
    ),
)
