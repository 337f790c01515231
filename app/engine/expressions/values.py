"""The values an expression works on: JSON, and secrets that can be placed but not looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from app.engine.expressions.errors import BUDGET, SECRET, TYPE, VALUE, ExpressionError
from app.sdk import Json

NODE_WEIGHT = 8
MAX_RESULT = 2_000_000
"""Characters plus eight for every element: about what the value weighs as JSON text."""
MAX_VALUE_DEPTH = 200

TYPE_NAMES: Mapping[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


class Secret:
    """A secret's stand-in. `marker` takes its place in text; the egress client alone puts the real text in."""

    __slots__ = ("marker",)
    marker: str

    def __init__(self, marker: str) -> None:
        object.__setattr__(self, "marker", marker)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a secret cannot be changed")

    def __repr__(self) -> str:
        return "Secret()"

    def _refuse(self, *_: object) -> NoReturn:
        raise secret_refused()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = __bool__ = __len__ = __iter__ = __contains__ = __str__ = __format__ = _refuse


def secret_refused() -> ExpressionError:
    """The error for every use of a secret other than placing or joining it."""
    return ExpressionError(SECRET, "a secret can only be placed or joined with text, never compared, read or computed with")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can name: `names` by root, the moment that `now()` tells, and blocks without an output.

    `absent` maps the id of a block that is in the graph but has no output to the reason, for example `has not run`.
    """

    names: Mapping[str, Json]
    now: datetime
    absent: Mapping[str, str] = field(default_factory=dict)


def type_name(value: Json) -> str:
    """The type of a value in an author's words."""
    return "a secret" if type(value) is Secret else TYPE_NAMES.get(type(value), "a value that is not JSON")


def finite(value: float) -> float:
    """The number itself; infinity and not-a-number do not exist in JSON."""
    if math.isfinite(value):
        return value
    raise ExpressionError(VALUE, "the result is not a finite number")


def weigh(value: Json, limit: int = MAX_RESULT, *, secrets: bool = True) -> int:
    """About how long this value is as JSON text; refuses values that are too big, too deep or not JSON."""
    total = 0
    level = [value]
    for _ in range(MAX_VALUE_DEPTH):
        following: list[Json] = []
        for item in level:
            total += _own_weight(item, secrets)
            if total > limit:
                raise ExpressionError(BUDGET, "the value is too big")
            if type(item) is list:
                following.extend(item)
            elif type(item) is dict:
                following.extend(item.values())
        if not following:
            return total
        level = following
    raise ExpressionError(BUDGET, f"the value is nested deeper than {MAX_VALUE_DEPTH} levels")


def _own_weight(item: Json, secrets: bool) -> int:
    kind = type(item)
    if kind is int or kind is bool or item is None:
        return 0
    if kind is str:
        return len(item)
    if kind is float:
        finite(item)
        return 0
    if kind is list:
        return NODE_WEIGHT * (len(item) + 1)
    if kind is dict:
        return NODE_WEIGHT * (len(item) + 1) + sum(map(len, item))
    if kind is Secret:
        if secrets:
            return NODE_WEIGHT
        raise secret_refused()
    raise ExpressionError(TYPE, "the result holds a value that is not JSON")


def placed(value: Json) -> Json:
    """The same value with the marker wherever a secret stands."""
    if type(value) is Secret:
        return value.marker
    if type(value) is list:
        return [placed(item) for item in value]
    if type(value) is dict:
        return {key: placed(item) for key, item in value.items()}
    return value
