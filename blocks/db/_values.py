"""What databases know and JSON does not, as plain JSON; and the rows of an answer, bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.sdk import BlockError, File, Json

MAX_BYTES = 1_800_000
LARGEST_INTEGER = 2**63 - 1
PLAIN_DIGITS = 15
"""So many digits of a decimal survive as a number."""


def plain(value: Any) -> Json:
    """Any value of a database as JSON.

    Decimals are numbers where a number holds them exactly, otherwise texts; dates are texts; bytes are files.
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= LARGEST_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return _decimal(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray() | memoryview():
            return File("value.bin", "application/octet-stream", bytes(value)).value()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    return str(value)


def _decimal(value: Decimal) -> Json:
    if not value.is_finite() or len(value.as_tuple().digits) > PLAIN_DIGITS:
        return str(value)
    return int(value) if value == value.to_integral_value() and abs(value) < 10**PLAIN_DIGITS else float(value)


def distinct(names: Iterable[str]) -> list[str]:
    """The names of columns, each once: the second `id` is `id_2`."""
    found: dict[str, int] = {}
    result = []
    for name in names:
        found[name] = found.get(name, 0) + 1
        result.append(name if found[name] == 1 else f"{name}_{found[name]}")
    return result


@dataclass
class Rows:
    """The rows of one answer, taken until `limit` is reached. BlockError when they are larger than an output may be."""

    limit: int
    columns: Sequence[str] = ()
    affected: int | None = None
    """How many rows a statement changed, when it says so."""
    more: bool = False
    rows: list[dict[str, Json]] = field(default_factory=list)
    _size: int = 0

    def add(self, row: Sequence[Any]) -> bool:
        """Take one more row; False when there are enough."""
        if len(self.rows) >= self.limit:
            self.more = True
            return False
        taken = dict(zip(self.columns, map(plain, row), strict=True))
        self._size += len(json.dumps(taken, ensure_ascii=False).encode())
        if self._size > MAX_BYTES:
            message = f"the rows are larger than {MAX_BYTES:,} bytes after {len(self.rows)}; ask for fewer rows or columns"
            raise BlockError("RESULT_TOO_LARGE", message, retryable=False)
        self.rows.append(taken)
        return True

    def value(self) -> dict[str, Json]:
        count = len(self.rows) if self.affected is None or self.affected < 0 else self.affected
        return {"rows": self.rows, "row_count": count, "more": self.more}


ROWS_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "rows": {"type": "array", "items": {"type": "object"}, "description": "The rows, as objects."},
        "row_count": {"type": "integer", "description": "How many rows came, or were changed."},
        "more": {"type": "boolean", "description": "Whether there were more rows than the limit."},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"rows": {"type": "array"}, "row_count": {"type": "integer"}, "more": {"type": "boolean"}},
            },
            "description": "For a transaction: the same of each statement. The rows above are those of the last one.",
        },
    },
    "required": ["rows", "row_count", "more"],
}
