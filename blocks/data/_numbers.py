"""Exact decimal arithmetic for the number block."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from app.sdk import BlockError, Json
from blocks.flow._values import kind_of

LONGEST = 100
LARGEST_EXPONENT = 400
CONTEXT = decimal.Context(
    prec=50, Emax=10_000, Emin=-10_000, traps=[decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow]
)
ROUNDINGS = {
    "half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN, "up": decimal.ROUND_UP, "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING, "floor": decimal.ROUND_FLOOR,
}  # fmt: skip
STYLES = {"1,234.56": (",", "."), "1.234,56": (".", ","), "1 234,56": (" ", ","), "1'234.56": ("'", "."), "1234.56": ("", ".")}
"""How numbers are written: what stands between thousands, and before the decimals."""


def read(value: Json, place: str, style: str = "1234.56") -> Decimal:
    """A number, or a text that is one. BlockError NOT_A_NUMBER names `place`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BlockError("NOT_A_NUMBER", f"field `{place}`: must be a number; this is {kind_of(value)}", retryable=False)
    thousands, point = STYLES[style]
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, str):
        text = text.strip().replace(thousands, "") if thousands else text.strip()
        text = text.replace(point, ".")
    try:
        number = Decimal(text) if len(text) <= LONGEST else Decimal("nan")
    except decimal.InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise BlockError("NOT_A_NUMBER", f"field `{place}`: this is not a number that can be used", retryable=False)
    return number


def shown(number: Decimal) -> int | float:
    """A whole number as such, anything else as the nearest that JSON's readers know."""
    return int(number) if number == number.to_integral_value() else float(number)


def rounded(number: Decimal, digits: int, rounding: str) -> Decimal:
    step = Decimal(1).scaleb(-digits)
    return (number / step).quantize(Decimal(1), rounding=ROUNDINGS[rounding]) * step


def written(number: Decimal, digits: int, style: str, rounding: str) -> str:
    """A number as people write it."""
    thousands, point = STYLES[style]
    text = f"{rounded(number, digits, rounding):,.{max(0, digits)}f}"
    return text.replace(",", "\x00").replace(".", point).replace("\x00", thousands)


def _power(number: Decimal, other: Decimal) -> Decimal:
    if abs(other) > LARGEST_EXPONENT:
        raise BlockError("NUMBER_TOO_LARGE", f"field `other`: at most {LARGEST_EXPONENT} as a power", retryable=False)
    return number**other


PAIRS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "add": lambda number, other: number + other,
    "subtract": lambda number, other: number - other,
    "multiply": lambda number, other: number * other,
    "divide": lambda number, other: number / other,
    "modulo": lambda number, other: number - other * (number / other).to_integral_value(decimal.ROUND_FLOOR),
    "power": _power,
    "percent": lambda number, other: number * other / 100,
    "share": lambda number, other: number / other * 100,
    "min": min,
    "max": max,
}
"""What is done with two numbers."""

SINGLES: dict[str, Callable[[Decimal], Decimal]] = {
    "absolute": abs,
    "negate": lambda number: -number,
    "sqrt": lambda number: number.sqrt(),
    "sign": lambda number: Decimal((number > 0) - (number < 0)),
}


def calculated(operation: str, number: Decimal, others: Sequence[Decimal]) -> Decimal:
    """The result. BlockError for a division by zero or a result that is too large."""
    try:
        with decimal.localcontext(CONTEXT):
            found = PAIRS[operation](number, others[0]) if operation in PAIRS else SINGLES[operation](number)
    except decimal.Overflow:
        raise BlockError("NUMBER_TOO_LARGE", "the result is too large", retryable=False) from None
    except (decimal.DivisionByZero, decimal.InvalidOperation):
        raise BlockError("NOT_A_NUMBER", "this cannot be worked out, as a division by zero cannot", retryable=False) from None
    if not math.isfinite(float(found)):
        raise BlockError("NUMBER_TOO_LARGE", "the result is too large", retryable=False)
    return found
