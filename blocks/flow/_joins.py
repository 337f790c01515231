"""Joining lists of objects by the values of their key fields, as tables of a database are joined."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal

from app.sdk import BlockError, Json
from blocks.flow._values import identity

Record = dict[str, Json]
Join = Literal["inner", "left", "outer"]
MAX_JOINED = 100_000


def join(left: Sequence[Record], right: Sequence[Record], keys: Sequence[str], how: Join) -> list[Record]:
    """Each pair of objects with equal keys as one object, in the order of the left list; fields of the right one win.

    `left` also keeps the left objects without a partner, `outer` those of both sides, the right ones at the end.
    An object that lacks a key, or has null there, has no partner. BlockError TOO_MANY_ITEMS when the pairs are too many.
    """
    partners: dict[Hashable, list[int]] = {}
    for number, record in enumerate(right):
        if (key := _key(record, keys)) is not None:
            partners.setdefault(key, []).append(number)
    joined: list[Record] = []
    used: set[int] = set()
    for record in left:
        key = _key(record, keys)
        found = partners.get(key, ()) if key is not None else ()
        used.update(found)
        joined.extend({**record, **right[number]} for number in found)
        if not found and how != "inner":
            joined.append(record)
        _check_size(joined)
    if how == "outer":
        joined.extend(record for number, record in enumerate(right) if number not in used)
        _check_size(joined)
    return joined


def _check_size(joined: Sequence[Record]) -> None:
    if len(joined) > MAX_JOINED:
        message = f"the keys fit more than {MAX_JOINED:,} pairs; choose keys that tell the objects apart"
        raise BlockError("TOO_MANY_ITEMS", message, retryable=False)


def _key(record: Record, keys: Sequence[str]) -> Hashable | None:
    values = [record.get(name) for name in keys]
    return None if None in values else tuple(identity(value) for value in values)
