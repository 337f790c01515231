"""Functions on numbers and conversions to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.checks import (
    iterable,
    listing,
    number,
    result,
    whole,
    wrong_type,
)
from app.engine.expressions.errors import TYPE, VALUE, ExpressionError
from app.engine.expressions.library import function
from app.sdk import Json

MAX_DIGITS = 100
LONGEST_NUMBER = 1000


def absolute(_: Evaluation, value: Json) -> Json:
    return abs(number("abs", value))


def rounded(_: Evaluation, value: Json, digits: Json = None) -> Json:
    if digits is None:
        return round(number("round", value))
    places = whole("round", digits)
    if abs(places) > MAX_DIGITS:
        raise ExpressionError(VALUE, f"`round` takes at most {MAX_DIGITS} digits")
    return result(round(number("round", value), places))


def floor(_: Evaluation, value: Json) -> Json:
    return math.floor(number("floor", value))


def ceil(_: Evaluation, value: Json) -> Json:
    return math.ceil(number("ceil", value))


def total(evaluation: Evaluation, items: Json) -> Json:
    numbers = iterable("sum", items)
    evaluation.budget.charge(len(numbers) >> 2)
    return result(sum(number("sum", item) for item in numbers))


def average(evaluation: Evaluation, items: Json) -> Json:
    numbers = listing("average", items)
    if not numbers:
        raise ExpressionError(VALUE, "`average` of an empty list")
    return result(total(evaluation, numbers) / len(numbers))


def to_int(_: Evaluation, value: Json) -> Json:
    if type(value) is str:
        return result(_parsed("int", "a whole number", value, int))
    return int(number("int", value))


def to_float(_: Evaluation, value: Json) -> Json:
    if type(value) is str:
        return result(_parsed("float", "a number", value, float))
    return float(number("float", value))


def to_number(_: Evaluation, value: Json) -> Json:
    if type(value) is not str:
        return number("number", value)
    try:
        return result(_parsed("number", "a number", value, int))
    except ExpressionError:
        return result(_parsed("number", "a number", value, float))


def to_bool(_: Evaluation, value: Json) -> Json:
    if type(value) is str:
        spoken = value.strip().lower() if len(value) < LONGEST_NUMBER else ""
        if spoken in ("true", "false"):
            return spoken == "true"
        raise ExpressionError(VALUE, "`bool` reads only the texts `true` and `false`")
    if type(value) in (bool, int, float) or value is None:
        return bool(value)
    raise wrong_type("bool", "true, false, a number or text", value)


def _parsed(name: str, wanted: str, value: str, parse: Callable[[str], int | float]) -> int | float:
    try:
        if len(value) < LONGEST_NUMBER:
            return parse(value)
    except ValueError:
        pass
    raise ExpressionError(VALUE, f"`{name}`: the text is not {wanted}")


def _extreme(name: str, choose: Callable[[list[Json]], Json]) -> Callable[..., Json]:
    def run(evaluation: Evaluation, first: Json, *more: Json) -> Json:
        items = [first, *more] if more else list(iterable(name, first))
        if not items:
            raise ExpressionError(VALUE, f"`{name}` of an empty list")
        evaluation.budget.charge(len(items) >> 2)
        if not all(type(item) in (int, float, bool) for item in items):
            evaluation.budget.sort(items)
        try:
            return choose(items)
        except TypeError:
            raise ExpressionError(TYPE, f"`{name}` needs items of one type that can be ordered") from None

    return run


smallest, biggest = _extreme("min", min), _extreme("max", max)

row = partial(function, "Numbers")
ROWS = (
    row("int(value)", "A whole number, of a text or a number (cut off).", 'int("12") + int(3.9)', 15, to_int),
    row("float(value)", "A number with a fraction.", 'float("2.5")', 2.5, to_float),
    row("number(value)", "The number that a text says, whole or not.", 'number("12")', 12, to_number),
    row("bool(value)", "True or false, of those words or a number.", 'bool("true")', True, to_bool),
    row("abs(number)", "Without its sign.", "abs(-3)", 3, absolute),
    row("round(number, digits?)", "Rounded; halves go to the even side.", "round(2.345, 1)", 2.3, rounded),
    row("floor(number)", "The next whole number below.", "floor(2.9)", 2, floor),
    row("ceil(number)", "The next whole number above.", "ceil(2.1)", 3, ceil),
    row("sum(list)", "All numbers added.", "sum([1, 2, 3])", 6, total),
    row("average(list)", "Their mean.", "average([1, 2])", 1.5, average),
    row("min(list) or min(a, b, ...)", "The smallest.", "min([3, 1, 2])", 1, smallest),
    row("max(list) or max(a, b, ...)", "The biggest.", "max(3, 1, 2)", 3, biggest),
)
