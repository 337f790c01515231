"""Pure: rows of data tables as CSV and JSON, and back; for content that strangers made."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.engine.values import NotJson, decode, encode
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.table_columns import MAX_CELL_BYTES, MAX_COLUMNS, OF_EVERY_ROW, CellError, Column, cell

MAX_ROWS = 50_000
DELIMITERS = ",;\t|"
KINDS = ("csv", "json")
GUESSED = ("number", "boolean", "date", "datetime")
SAMPLE = 1_000


def kind_of(name: str, media_type: str = "") -> str:
    """Which of the two formats a file has, by its name or media type."""
    return "json" if name.lower().endswith((".json", ".jsonl", ".ndjson")) or "json" in media_type else "csv"


def read_rows(content: bytes, kind: str) -> list[dict[str, Json]]:
    """The rows of a file; columns that every table has are left out. Raises 400."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid("The file must be text in UTF-8.") from None
    rows = _json_rows(text) if kind == "json" else _csv_rows(text)
    if len(rows) > MAX_ROWS:
        raise ServiceError("TOO_MANY_ROWS", f"A file may have {MAX_ROWS:,} rows.", 413)
    if not rows:
        raise invalid("The file has no rows.")
    return [{name: value for name, value in row.items() if name not in OF_EVERY_ROW} for row in rows]


def guessed_columns(rows: Sequence[Mapping[str, Json]]) -> tuple[list[Column], dict[str, str]]:
    """Columns that the rows fit, and what each name of the file is called there. Raises 400."""
    names: dict[str, str] = {}
    for row in rows:
        for name in row:
            if name not in names:
                names[name] = _column_name(name, names.values())
            if len(names) > MAX_COLUMNS:
                raise invalid(f"The file has more than {MAX_COLUMNS} columns.")
    if not names:
        raise invalid("The file has no columns.")
    return [Column(new, _guess([row.get(old) for row in rows])) for old, new in names.items()], names


def csv_lines(columns: Sequence[Column], rows: Iterable[Mapping[str, Json]], *, head: bool) -> bytes:
    """Rows as CSV, as most programs read it; JSON cells as JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = ["id", *(column.name for column in columns)]
    if head:
        writer.writerow(names)
    for row in rows:
        writer.writerow([_csv_cell(row.get(name)) for name in names])
    return text.getvalue().encode()


def json_lines(rows: Iterable[Mapping[str, Json]]) -> bytes:
    """Rows as the inside of a JSON list, each with a comma and a line break before it."""
    return b"".join(b",\n" + encode(dict(row)) for row in rows)


def _csv_cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv_rows(text: str) -> list[dict[str, Json]]:
    if "\0" in text:
        raise invalid("The file must be text, without characters with the number 0.")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(MAX_CELL_BYTES + 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if len(set(head)) < len(head) or not all(head):
            raise invalid("The first line must name every column, each another way.")
        return list(_filled(head, reader))
    except csv.Error as error:
        raise invalid(f"Line {reader.line_num} is no CSV: {error}.") from None


def _filled(head: Sequence[str], lines: Iterator[list[str]]) -> Iterator[dict[str, Json]]:
    for number, line in enumerate(lines, 1):
        if number > MAX_ROWS + 1:
            return
        if not any(line):
            continue
        if len(line) > len(head):
            raise invalid(f"Row {number} has more values than the first line has columns.")
        yield {name: value for name, value in zip(head, line, strict=False) if value != ""}


def _json_rows(text: str) -> list[dict[str, Json]]:
    """A list of objects, or one object in each line."""
    try:
        found = decode(text) if text.lstrip()[:1] == "[" else [decode(line) for line in text.splitlines() if line.strip()]
    except NotJson as error:
        raise invalid(f"The file is neither a JSON list nor JSON lines: {error}.") from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise invalid("The file must be a list of objects.")
    return found


def _column_name(text: str, taken: Iterable[str]) -> str:
    """A name for a column that is near to what stands in the file."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text.strip(), flags=re.ASCII).strip("_")[:55] or "column"
    name = f"c_{name}" if name[0].isdigit() else name
    used = {one.lower() for one in (*taken, *OF_EVERY_ROW)}
    number, found = 2, name
    while found.lower() in used:
        number, found = number + 1, f"{name}_{number}"
    return found


def _guess(values: Sequence[Json]) -> str:
    known = [value for value in values if value not in (None, "")]
    if any(isinstance(value, dict | list) for value in known):
        return "json"
    sample = known[:SAMPLE]
    for kind in GUESSED:
        if sample and all(_fits(kind, value) for value in sample) and all(_fits(kind, value) for value in known):
            return kind
    return "text" if all(isinstance(value, str) for value in known) else "json"


def _fits(kind: str, value: Json) -> bool:
    if kind == "boolean" and not (isinstance(value, bool) or str(value).lower() in ("true", "false")):
        return False
    if kind == "number" and isinstance(value, str) and re.match(r"[+-]?0[0-9]", value):
        return False  # a post code or a phone number
    try:
        cell(Column("x", kind), value)
    except CellError:
        return False
    return True
