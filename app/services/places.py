"""Pure: places in the list of executions, which stay where they are when others are added (contract.md C1, A129)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from app.db.executions import ExecutionRow
from app.services.errors import invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACE = re.compile(r"([0-9]{1,17})\.([0-9a-f-]{1,36})")


def place_of(row: ExecutionRow) -> str:
    """Where the list goes on after an execution."""
    return f"{(row.created_at - EPOCH) // MICROSECOND}.{row.id}"


def read_place(text: str) -> tuple[datetime, str] | None:
    """The moment and the id of the execution before; None for the beginning. Raises 400 for what is no place."""
    if not text:
        return None
    found = PLACE.fullmatch(text)
    if found is None:
        raise invalid("`after` must be the `next` of another page.", [{"field": "after", "message": "is no place in the list"}])
    return EPOCH + int(found[1]) * MICROSECOND, found[2]
