"""Reading and writing Excel workbooks in a worker process."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from app.sdk import BlockError, File, Json

MAX_ROWS = 10_000
MAX_COLUMNS = 500
MAX_UNPACKED = 100_000_000
FORMULA = ("=", "+", "-", "@")
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORBIDDEN_IN_TITLES = set("[]:*?/\\")


def read(source: Json, sheet: str, cells: str, header: bool) -> Json:
    """Rows of a sheet as objects by the first row, or as lists."""
    workbook = _opened(File.of(source, "source"))
    if sheet and sheet not in workbook.sheetnames:
        known = ", ".join(workbook.sheetnames[:20])[:300]
        raise BlockError("SHEET_UNKNOWN", f"field `sheet`: there is no such sheet; there are: {known}")
    rows = _rows(workbook[sheet] if sheet else workbook.worksheets[0], cells)
    if not header:
        return list(rows)
    names = [str(name) if name is not None else f"column_{number}" for number, name in enumerate(next(rows, []), 1)]
    return [dict(zip(names, row, strict=False)) for row in rows]


def sheets(source: Json) -> Json:
    """The names of the sheets."""
    return _opened(File.of(source, "source")).sheetnames


def _opened(file: File) -> Any:
    """A workbook whose parts are not larger than allowed when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                raise BlockError("FILE_TOO_LARGE", f"field `source`: the workbook unpacks to more than {MAX_UNPACKED:,} bytes")
        return openpyxl.load_workbook(io.BytesIO(file.content), read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise BlockError("FILE_INVALID", "field `source`: this is not an Excel workbook (.xlsx)") from None


def _rows(sheet: Any, cells: str) -> Iterator[list[Json]]:
    try:
        found = sheet[cells] if cells else sheet.iter_rows(max_col=MAX_COLUMNS)
    except (ValueError, TypeError, KeyError):
        raise BlockError("RANGE_INVALID", "field `cells`: must be a range such as A1:D20") from None
    rows = ([_value(cell.value) for cell in row] for row in found)
    filled = (row for row in rows if any(value is not None for value in row))
    for number, row in enumerate(islice(filled, MAX_ROWS + 2)):
        if number > MAX_ROWS:
            raise BlockError("TOO_MANY_ITEMS", f"field `source`: more than {MAX_ROWS:,} rows; name a range")
        yield row


def _value(value: Any) -> Json:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def write(tables: dict[str, list[Json]], header: bool, safe: bool, filename: str) -> Json:
    """A workbook with a sheet for each table."""
    workbook = openpyxl.Workbook(write_only=True)
    for title, rows in tables.items():
        if not title or len(title) > 31 or FORBIDDEN_IN_TITLES & set(title):
            raise BlockError("SHEET_INVALID", "the name of a sheet has 1 to 31 characters and none of []:*?/\\")
        sheet = workbook.create_sheet(title)
        names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        if header and names:
            sheet.append([_cell(name, safe) for name in names])
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict | list):
                raise BlockError("ITEMS_INVALID", f"sheet {title}: item {number} is neither an object nor a list")
            values = [row.get(name) for name in names] if isinstance(row, dict) else row
            sheet.append([_cell(value, safe) for value in values])
    content = io.BytesIO()
    workbook.save(content)
    return File(filename, MEDIA_TYPE, content.getvalue()).value()


def _cell(value: Json, safe: bool) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        text = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)
        return f"'{text}" if safe and text.startswith(FORMULA) else text
    return value
