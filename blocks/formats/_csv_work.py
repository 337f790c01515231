"""Reading and writing CSV in a worker process."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from itertools import islice

from app.sdk import BlockError, File, Json

MAX_ROWS = 10_000
MAX_COLUMNS = 1_000
MAX_FIELD = 1_000_000
DELIMITERS = ",;\t|"
SAMPLE_ROWS = 20
WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})", re.ASCII)
DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,10}", re.ASCII)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def parse(source: Json, delimiter: str, header: bool, encoding: str, convert: bool, skip: int, limit: int) -> Json:
    """Rows as objects by the names in the first row, or as lists."""
    text = File.of(source, "source").text("source", encoding)
    csv.field_size_limit(MAX_FIELD)
    try:
        return _rows(text, delimiter or _delimiter_of(text), header, convert, skip, limit)
    except csv.Error as error:
        raise BlockError("CSV_INVALID", f"field `source`: {error}") from None


def _rows(text: str, delimiter: str, header: bool, convert: bool, skip: int, limit: int) -> list[Json]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = islice((row for row in reader if any(row)), skip, None)
    names = _unique(next(rows, [])) if header else []
    found: list[Json] = []
    for row in rows:
        if len(found) == (limit or MAX_ROWS):
            if limit:
                break
            raise BlockError("TOO_MANY_ITEMS", f"field `source`: more than {MAX_ROWS:,} rows; set a limit or split the file")
        if len(row) > MAX_COLUMNS:
            raise BlockError("CSV_INVALID", f"line {reader.line_num}: more than {MAX_COLUMNS:,} columns")
        values = [_converted(field) if convert else field for field in row]
        found.append(_object(names, values, reader.line_num) if header else values)
    return found


def _object(names: Sequence[str], values: Sequence[Json], line: int) -> dict[str, Json]:
    if len(values) > len(names):
        raise BlockError("CSV_INVALID", f"line {line}: {len(values)} fields, but the first row names {len(names)}")
    return {name: values[number] if number < len(values) else None for number, name in enumerate(names)}


def _unique(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for number, name in enumerate(names, 1):
        bare = name.strip() or f"column_{number}"
        same = sum(other == bare or other.startswith(f"{bare}_") for other in found)
        found.append(f"{bare}_{same + 1}" if bare in found else bare)
    return found


def _delimiter_of(text: str) -> str:
    """The one that gives the most columns, the same number in each of the first rows."""
    best = (1, ",")
    for delimiter in DELIMITERS:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SAMPLE_ROWS))
        widths = {len(row) for row in rows if any(row)}
        if len(widths) == 1:
            best = max(best, (widths.pop(), delimiter), key=lambda pair: pair[0])
    return best[1]


def _converted(field: str) -> Json:
    """Numbers, true, false and nothing; what begins with zero, such as a post code, stays text."""
    if field == "":
        return None
    if field in ("true", "false"):
        return field == "true"
    if WHOLE.fullmatch(field):
        return int(field)
    return float(field) if DECIMAL.fullmatch(field) else field


def build(rows: Json, columns: list[str], delimiter: str, header: bool, safe: bool) -> str:
    """The text. Objects give their fields, lists their entries."""
    names = columns or list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    if header and names:
        writer.writerow(_field(name, safe) for name in names)
    for number, row in enumerate(rows):
        if not isinstance(row, dict | list):
            raise BlockError("ITEMS_INVALID", f"field `source`: item {number + 1} is neither an object nor a list")
        values = [row.get(name) for name in names] if isinstance(row, dict) else row
        writer.writerow(_field(value, safe) for value in values)
    return text.getvalue()


def _field(value: Json, safe: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if safe and value.startswith(FORMULA) else value
    return json.dumps(value, ensure_ascii=False)
