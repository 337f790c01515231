"""The types that functions and operators insist on."""

from __future__ import annotations

from app.engine.expressions.budget import MAX_BITS
from app.engine.expressions.errors import BUDGET, TYPE, ExpressionError
from app.engine.expressions.values import Secret, finite, secret_refused, type_name
from app.sdk import Json

NUMBERS = frozenset({int, float, bool})
WHOLE = frozenset({int, bool})
SMALL = 1 << 60


def wrong_type(who: str, wanted: str, value: Json) -> ExpressionError:
    """The error for a value of the wrong type."""
    if type(value) is Secret:
        return secret_refused()
    return ExpressionError(TYPE, f"`{who}` needs {wanted}, not {type_name(value)}")


def text(who: str, value: Json) -> str:
    if type(value) is str:
        return value
    raise wrong_type(who, "text", value)


def whole(who: str, value: Json) -> int:
    if type(value) is int or type(value) is bool:
        return int(value)
    raise wrong_type(who, "a whole number", value)


def number(who: str, value: Json) -> int | float:
    if type(value) in NUMBERS:
        return value  # type: ignore[no-any-return]
    raise wrong_type(who, "a number", value)


def listing(who: str, value: Json) -> list[Json]:
    if type(value) is list:
        return value
    raise wrong_type(who, "a list", value)


def mapping(who: str, value: Json) -> dict[str, Json]:
    if type(value) is dict:
        return value
    raise wrong_type(who, "an object", value)


def iterable(who: str, value: Json) -> list[Json] | dict[str, Json] | str:
    """What can be gone through: a list, an object's keys or a text's characters."""
    if type(value) is list or type(value) is dict or type(value) is str:
        return value
    raise wrong_type(who, "a list", value)


def result(value: Json) -> Json:
    """A computed number, unless it is too long or not finite."""
    if type(value) is int:
        if not -SMALL < value < SMALL and value.bit_length() > MAX_BITS:
            raise ExpressionError(BUDGET, f"the number is longer than {MAX_BITS} bits")
    elif type(value) is float:
        finite(value)
    return value
