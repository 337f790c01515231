"""What user code may answer: JSON, checked because a sandbox can hand over more than that."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.sdk import BlockError, Json

MAX_WEIGHT = 2_000_000
NODE_WEIGHT = 8
MAX_DEPTH = 199
"""The sandbox itself puts a text in the place of what is nested deeper, so that must be refused here."""
LONGEST_STEP = 64
MAX_BITS = 14_000
"""Longer whole numbers cannot be written as decimal digits by default."""


@dataclass(slots=True)
class _Allowance:
    left: int = MAX_WEIGHT

    def take(self, weight: int) -> None:
        self.left -= weight
        if self.left < 0:
            raise _refused(None, f"the value is bigger than {MAX_WEIGHT:,} characters")


def json_value(value: object) -> Json:
    """The answer as plain JSON data, tuples as lists. Raises BlockError that names the type and the place."""
    return _checked(value, None, 0, _Allowance())


Path = tuple["Path", "str | int"] | None
"""The way to a value, last step first: written out only when there is something to say about it."""


def _checked(value: object, path: Path, depth: int, allowance: _Allowance) -> Json:
    allowance.take(NODE_WEIGHT)
    kind = type(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, str) and kind is str:
        allowance.take(len(value))
        return value
    if isinstance(value, int) and kind is int:
        return _whole(value, path)
    if isinstance(value, float) and kind is float:
        return _finite(value, path)
    if depth >= MAX_DEPTH:
        raise _refused(None, f"the value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list | tuple) and kind in (list, tuple):
        return [_checked(item, (path, number), depth + 1, allowance) for number, item in enumerate(value)]
    if isinstance(value, dict) and kind is dict:
        return {_key(key, path, allowance): _checked(item, (path, key), depth + 1, allowance) for key, item in value.items()}
    raise _refused(path, f"a value of type {_spoken(value)} cannot be written as JSON")


def _whole(value: int, path: Path) -> int:
    if value.bit_length() > MAX_BITS:
        raise _refused(path, f"the number is longer than {MAX_BITS:,} bits")
    return value


def _finite(value: float, path: Path) -> float:
    if not math.isfinite(value):
        raise _refused(path, "the number is not finite, so it cannot be written as JSON")
    return value


def _key(key: object, path: Path, allowance: _Allowance) -> str:
    if type(key) is not str:
        raise _refused(path, f"a key of type {_spoken(key)} cannot be written as JSON; use text")
    allowance.take(len(key))
    return key


def _refused(path: Path, problem: str) -> BlockError:
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step[:LONGEST_STEP]}")
    return BlockError("CODE_OUTPUT", f"output{''.join(reversed(steps))}: {problem}")


def _spoken(value: object) -> str:
    """The type as the code's author knows it; the sandbox names its own stand-ins for classes and functions."""
    name = type(value).__name__
    if name == "MontyClassProxy":
        return str(getattr(value, "name", "object"))
    return "function or type" if name.startswith("Monty") else name
