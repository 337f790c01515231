"""An order for all JSON values: null, false and true, numbers, texts, then lists and objects by their text."""

from __future__ import annotations

import json
import re

from app.sdk import Json

DIGITS = re.compile(r"(\d{1,1000})", re.ASCII)
Key = tuple[int, object]


def order_key(value: Json, *, natural: bool = False, ignore_case: bool = False) -> Key:
    """A key by which values sort; `natural` puts file2 before file10."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, value)
    if not isinstance(value, str):
        return (4, json.dumps(value, sort_keys=True, ensure_ascii=False))
    text = value.casefold() if ignore_case else value
    return (3, _natural(text) if natural else text)


def _natural(text: str) -> list[tuple[int, str]]:
    """Numbers in a text by how many digits they have and then by these, so that no number is too long."""
    parts = DIGITS.split(text)
    return [(len(bare), bare) if n % 2 else (0, part) for n, part in enumerate(parts) for bare in (part.lstrip("0"),)]
