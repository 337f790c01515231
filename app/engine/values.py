"""JSON in and out, with the limits that keep one value from hurting everybody."""

from __future__ import annotations

from typing import Any

import msgspec

from app.sdk import Json

MAX_VALUE_BYTES = 2_000_000
MAX_DEPTH = 100

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
    if depth_exceeds(value, MAX_DEPTH):
        raise NotJson(f"JSON is nested deeper than {MAX_DEPTH} levels")
    return value


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
