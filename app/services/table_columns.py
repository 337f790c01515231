"""Pure: the columns of a data table, and what may stand in its cells."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Final

from app.engine.values import decode, depth_exceeds, encode
from app.sdk import Json
from app.services.errors import ServiceError, invalid

TYPES: Final = ("text", "number", "boolean", "date", "datetime", "json")
MAX_COLUMNS = 100
MAX_CELL_BYTES = 100_000
MAX_ROW_BYTES = 500_000
MAX_DEPTH = 20
LARGEST_NUMBER = 2**53
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
OF_EVERY_ROW = ("id", "created_at", "updated_at")
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `unique`: no two rows have the same value in it. `default` fills new rows that leave it out."""

    name: str
    type: str = "text"
    required: bool = False
    unique: bool = False
    default: Json = None
    description: str = ""

    def as_json(self) -> dict[str, Json]:
        return asdict(self)


class CellError(ValueError):
    """What is wrong with a value, without the value."""


def cell(column: Column, value: Json) -> Json:
    """The value as it is stored; texts of numbers, dates and truth are understood. Raises CellError."""
    if value is None or (value == "" and column.type not in ("text", "json")):
        return None
    found = READERS[column.type](value)
    encoded = encode(found)
    if len(encoded) > MAX_CELL_BYTES:
        raise CellError(f"is longer than {MAX_CELL_BYTES:,} bytes")
    if NUL.search(encoded):
        raise CellError("must not contain the character with the number 0")
    return found


def read_row(columns: Sequence[Column], values: Json, place: str, *, whole: bool = True) -> dict[str, Json]:
    """The cells of a row, for a new row with its defaults. Raises 400 naming every column that does not fit."""
    if not isinstance(values, Mapping):
        raise invalid(f"`{place}` must be an object.", [{"field": place, "message": "must be an object"}])
    known = {column.name: column for column in columns}
    problems = [_problem(place, name, "is no column of this table") for name in values if name not in known]
    row: dict[str, Json] = {}
    for name, column in known.items():
        if name not in values and not whole:
            continue
        try:
            row[name] = cell(column, values.get(name, column.default))
            if row[name] is None and column.required:
                raise CellError("is needed")
        except CellError as error:
            problems.append(_problem(place, name, str(error)))
    if problems:
        raise invalid(f"{problems[0]['field']}: {problems[0]['message']}.", problems)
    if len(encode(row)) > MAX_ROW_BYTES:
        raise ServiceError("TOO_LARGE", f"{place}: a row may have {MAX_ROW_BYTES:,} bytes.", 413)
    return row


def read_columns(raw: Json) -> list[Column]:
    """Columns as people send them. Raises 400."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_COLUMNS:
        raise invalid(f"`columns` must be a list of 1 to {MAX_COLUMNS} columns.")
    columns = [_read_column(item, f"columns[{number}]") for number, item in enumerate(raw)]
    names = [column.name.lower() for column in columns]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise _refused(f"columns[{number}].name", "is the name of another column")
    return columns


def _read_column(raw: Json, place: str) -> Column:
    if not isinstance(raw, dict) or not raw.keys() <= set(Column.__dataclass_fields__):
        raise _refused(place, f"must be an object with {', '.join(Column.__dataclass_fields__)}")
    name, kind, description = raw.get("name"), raw.get("type", "text"), raw.get("description", "")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _refused(f"{place}.name", "must begin with a letter and have letters, digits and _ only, at most 63")
    if name.lower() in OF_EVERY_ROW:
        raise _refused(f"{place}.name", "is a column that every table has")
    if kind not in TYPES:
        raise _refused(f"{place}.type", f"must be one of {', '.join(TYPES)}")
    if not isinstance(description, str) or len(description) > 500:
        raise _refused(f"{place}.description", "must be a text of at most 500 characters")
    for flag in ("required", "unique"):
        if not isinstance(raw.get(flag, False), bool):
            raise _refused(f"{place}.{flag}", "must be true or false")
    column = Column(name, kind, raw.get("required", False), raw.get("unique", False), None, description)
    if column.unique and kind == "json":
        raise _refused(f"{place}.unique", "cannot be asked of JSON")
    try:
        default = cell(column, raw.get("default"))
    except CellError as error:
        raise _refused(f"{place}.default", str(error)) from None
    if default is not None and column.unique:
        raise _refused(f"{place}.default", "makes no sense where every value is another")
    return Column(name, kind, column.required, column.unique, default, description)


def _refused(place: str, message: str) -> ServiceError:
    return invalid(f"`{place}` {message}.", [_problem("", place, message)])


def _problem(place: str, name: str, message: str) -> dict[str, str]:
    return {"field": f"{place}.{name[:100]}" if place else name[:100], "message": message}


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise CellError("must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise CellError("must be a text of whole characters") from None
    return value


def _number(value: Json) -> int | float:
    if isinstance(value, str):
        value = _number_in(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellError("must be a number")
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise CellError(f"must be between -{LARGEST_NUMBER} and {LARGEST_NUMBER}")
    if not math.isfinite(value):
        raise CellError("must be a number")
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_NUMBER else value


def _number_in(text: str) -> int | float:
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?", text):
        raise CellError("must be a number")
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else float(text)


def _boolean(value: Json) -> bool:
    words = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
    found = words.get(value.strip().lower()) if isinstance(value, str) else value
    if isinstance(found, int) and found in (0, 1):
        return bool(found)
    raise CellError("must be true or false")


def _date(value: Json) -> str:
    try:
        return date.fromisoformat(_text(value).strip()).isoformat()
    except ValueError:
        raise CellError("must be a date such as 2026-06-01") from None


def _datetime(value: Json) -> str:
    try:
        moment = datetime.fromisoformat(_text(value).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise CellError("must be a moment such as 2026-06-01T12:00:00Z") from None


def _json(value: Json) -> Json:
    if depth_exceeds(value, MAX_DEPTH):
        raise CellError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        encoded = json.dumps(value, allow_nan=False).encode()
    except ValueError:
        raise CellError("holds a number that is not finite") from None
    return decode(encoded)


READERS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "json": _json,
}
