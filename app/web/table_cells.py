"""Pure: cells of data tables as a page shows them, and as they come back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.values import NotJson, decode
from app.sdk import Json
from app.services.data_tables import DataRow
from app.services.errors import invalid
from app.services.table_columns import Column

LONG = 60


@dataclass(frozen=True, slots=True)
class ShownCell:
    """`control` is text, lines, number, choice, date or json."""

    column: str
    text: str
    control: str


def shown_cell(column: Column, value: Json, *, typed: bool = False) -> ShownCell:
    """A value as it stands in its control; `typed`: it is what somebody has typed."""
    if typed or isinstance(value, str):
        text = str(value)
    elif value is None:
        text = ""
    else:
        text = json.dumps(value, ensure_ascii=False)
    if column.type == "json" and not typed and isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    if column.type == "text":
        return ShownCell(column.name, text, "lines" if len(text) > LONG or "\n" in text else "text")
    controls = {"boolean": "choice", "datetime": "text", "json": "json", "date": "date", "number": "number"}
    return ShownCell(column.name, text, controls[column.type])


def cells_of(columns: Sequence[Column], row: DataRow) -> list[ShownCell]:
    return [shown_cell(column, row.content.get(column.name)) for column in columns]


def read_cell(column: Column, text: str) -> Json:
    """The value that was typed; nothing typed is no value. Raises 400 for what is no JSON where JSON belongs."""
    text = text.replace("\r\n", "\n")
    if column.type != "json":
        return text or None
    try:
        return decode(text) if text.strip() else None
    except NotJson as error:
        raise invalid(f"`{column.name}`: {error}.", [{"field": column.name, "message": str(error)}]) from None


def read_cells(columns: Sequence[Column], form: Mapping[str, str]) -> dict[str, Json]:
    """A new row as it was typed; what was left empty takes its default."""
    typed = {column: form.get(f"cell.{column.name}", "") for column in columns}
    return {column.name: read_cell(column, text) for column, text in typed.items() if text}
