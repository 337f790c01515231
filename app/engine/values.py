"""JSON in and out, with the limits that keep one value from hurting everybody."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from app.sdk import Json

MAX_VALUE_BYTES = 2_000_000
MAX_DEPTH = 100
MAX_OUTPUT_DEPTH = 200
"""More than may come in: blocks wrap what they were given, an orchestration even the output of other workflows."""

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class NotJson(ValueError):
    """The text is not JSON, or too deep. The message says where."""


def decode(raw: bytes | str) -> Json:
    """Strict JSON: no NaN, no duplicate meaning, at most MAX_DEPTH levels. Raises NotJson."""
    try:
        value = _decode(raw)
    except RecursionError:
        raise NotJson(f"JSON is nested deeper than {MAX_DEPTH} levels") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(f"malformed JSON: {error}") from None
    if _brackets(raw) > MAX_DEPTH and depth_exceeds(value, MAX_DEPTH):
        raise NotJson(f"JSON is nested deeper than {MAX_DEPTH} levels")
    return value


def decode_stored(raw: bytes) -> Json:
    """JSON that this server wrote. Its depth was limited on the way in, and it may have been wrapped since."""
    return _decode(raw)


def nested_too_deep(value: Json, encoded: bytes) -> bool:
    """Whether a block's output is nested deeper than MAX_OUTPUT_DEPTH; `encoded` tells cheaply that most are not."""
    return _brackets(encoded) > MAX_OUTPUT_DEPTH and depth_exceeds(value, MAX_OUTPUT_DEPTH)


def _brackets(text: bytes | str) -> int:
    """No value can be nested deeper than this."""
    return text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")


def lost_number(value: Json, encoded: bytes) -> str | None:
    """Where a value holds a number that JSON cannot express, for example `items[2].price`; None when it is all there.

    Such a number is encoded as null, so `encoded` tells cheaply that most values hold none.
    """
    if b"null" not in encoded or _all_finite(value):
        return None
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        place, found = pending.pop()
        if isinstance(found, float) and not math.isfinite(found):
            return place.removeprefix(".")
        if isinstance(found, dict):
            pending.extend((f"{place}.{key}", child) for key, child in found.items())
        elif isinstance(found, (list, tuple)):
            pending.extend((f"{place}[{number}]", child) for number, child in enumerate(found))
    return None


def _all_finite(value: Json) -> bool:
    pending: list[Any] = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, float):
            if not math.isfinite(found):
                return False
        elif isinstance(found, dict):
            pending.extend(found.values())
        elif isinstance(found, (list, tuple)):
            pending.extend(found)
    return True


def depth_exceeds(value: Json, limit: int) -> bool:
    """Whether containers are nested more than `limit` deep; breadth first, so nothing recurses."""
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
