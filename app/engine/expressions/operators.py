"""Python's operators on JSON values, each refused before it becomes expensive."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from app.engine.expressions.budget import MAX_BITS, Budget
from app.engine.expressions.checks import NUMBERS, WHOLE, result
from app.engine.expressions.errors import BUDGET, TYPE, VALUE, ExpressionError
from app.engine.expressions.values import Secret, secret_refused, type_name
from app.sdk import Json

BITS_PER_STEP = 9
"""A binary logarithm, as those in budget.py."""

Binary = Callable[[Budget, Json, Json], Json]


def _mismatch(symbol: str, left: Json, right: Json) -> ExpressionError:
    if type(left) is Secret or type(right) is Secret:
        return secret_refused()
    return ExpressionError(TYPE, f"`{symbol}` does not work between {type_name(left)} and {type_name(right)}")


def add(budget: Budget, left: Json, right: Json) -> Json:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return result(left + right)
    if type(left) is str and type(right) is str:
        budget.text(len(left) + len(right))
        return left + right
    if type(left) is list and type(right) is list:
        budget.items(len(left) + len(right))
        return left + right
    if type(left) is Secret and type(right) in (str, Secret):
        return add(budget, left.marker, right)
    if type(right) is Secret and type(left) is str:
        return add(budget, left, right.marker)
    raise _mismatch("+", left, right)


def multiply(budget: Budget, left: Json, right: Json) -> Json:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return result(left * right)
    if type(left) in WHOLE:
        left, right = right, left
    if type(right) in WHOLE:
        if type(left) is str:
            budget.text(len(left) * max(0, right))
            return left * right
        if type(left) is list:
            budget.items(len(left) * max(0, right))
            return left * right
    raise _mismatch("*", left, right)


def power(budget: Budget, left: Json, right: Json) -> Json:
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        raise _mismatch("**", left, right)
    whole = type(left) is not float and type(right) is not float
    if whole and right > 1 and abs(left) > 1:
        if left.bit_length() * right > MAX_BITS:
            raise ExpressionError(BUDGET, f"the number would be longer than {MAX_BITS} bits")
        budget.charge(left.bit_length() * right >> BITS_PER_STEP)
    value = left**right
    if type(value) is complex:
        raise ExpressionError(VALUE, "a negative number has no such power")
    return result(value)


def shift_left(_: Budget, left: Json, right: Json) -> Json:
    if type(left) not in WHOLE or type(right) not in WHOLE:
        raise _mismatch("<<", left, right)
    if right > MAX_BITS or left.bit_length() + right > MAX_BITS:
        raise ExpressionError(BUDGET, f"the number would be longer than {MAX_BITS} bits")
    return left << right


def either(budget: Budget, left: Json, right: Json) -> Json:
    """`|`: of whole numbers, and of two objects the union in which the right one wins."""
    if type(left) is dict and type(right) is dict:
        budget.items(len(left) + len(right))
        return left | right
    return _whole("|", operator.or_)(budget, left, right)


def _numeric(symbol: str, apply: Callable[[Json, Json], Json]) -> Binary:
    def run(_: Budget, left: Json, right: Json) -> Json:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return result(apply(left, right))
        raise _mismatch(symbol, left, right)

    return run


def _whole(symbol: str, apply: Callable[[Json, Json], Json]) -> Binary:
    def run(_: Budget, left: Json, right: Json) -> Json:
        if type(left) in WHOLE and type(right) in WHOLE:
            return apply(left, right)
        raise _mismatch(symbol, left, right)

    return run


BINARY: Mapping[type[ast.operator], Binary] = {
    ast.Add: add,
    ast.Sub: _numeric("-", operator.sub),
    ast.Mult: multiply,
    ast.Div: _numeric("/", operator.truediv),
    ast.FloorDiv: _numeric("//", operator.floordiv),
    ast.Mod: _numeric("%", operator.mod),
    ast.Pow: power,
    ast.LShift: shift_left,
    ast.RShift: _whole(">>", operator.rshift),
    ast.BitOr: either,
    ast.BitAnd: _whole("&", operator.and_),
    ast.BitXor: _whole("^", operator.xor),
}


def equal(budget: Budget, left: Json, right: Json) -> bool:
    if type(left) is Secret or type(right) is Secret:
        raise secret_refused()
    budget.compare(left, right)
    return bool(left == right)


def unequal(budget: Budget, left: Json, right: Json) -> bool:
    return not equal(budget, left, right)


def contains(budget: Budget, needle: Json, haystack: Json) -> bool:
    """`in`: a text in a text, a key in an object, a value in a list."""
    if type(needle) is Secret:
        raise secret_refused()
    if type(haystack) is list:
        budget.compare_all(haystack, needle)
        return needle in haystack
    if type(needle) is str and type(haystack) is str:
        budget.search(haystack, needle)
        return needle in haystack
    if type(haystack) is dict and type(needle) not in (list, dict):
        return needle in haystack
    raise _mismatch("in", needle, haystack)


def lacks(budget: Budget, needle: Json, haystack: Json) -> bool:
    return not contains(budget, needle, haystack)


def _ordered(symbol: str, apply: Callable[[Json, Json], bool]) -> Binary:
    def run(budget: Budget, left: Json, right: Json) -> bool:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return apply(left, right)
        if type(left) is type(right) and type(left) in (str, list):
            budget.compare(left, right)
            return apply(left, right)
        raise _mismatch(symbol, left, right)

    return run


COMPARE: Mapping[type[ast.cmpop], Binary] = {
    ast.Eq: equal,
    ast.NotEq: unequal,
    ast.Lt: _ordered("<", operator.lt),
    ast.LtE: _ordered("<=", operator.le),
    ast.Gt: _ordered(">", operator.gt),
    ast.GtE: _ordered(">=", operator.ge),
    ast.In: contains,
    ast.NotIn: lacks,
    ast.Is: lambda _, left, right: left is right,
    ast.IsNot: lambda _, left, right: left is not right,
}


def negate(value: Json) -> Json:
    if type(value) in NUMBERS:
        return -value
    raise _unary("-", value)


def plus(value: Json) -> Json:
    if type(value) in NUMBERS:
        return +value
    raise _unary("+", value)


def invert(value: Json) -> Json:
    if type(value) in WHOLE:
        return ~int(value)
    raise _unary("~", value)


def negation(value: Json) -> bool:
    return not value


def _unary(symbol: str, value: Json) -> ExpressionError:
    if type(value) is Secret:
        return secret_refused()
    return ExpressionError(TYPE, f"`{symbol}` does not work on {type_name(value)}")


UNARY: Mapping[type[ast.unaryop], Callable[[Json], Json]] = {
    ast.USub: negate,
    ast.UAdd: plus,
    ast.Invert: invert,
    ast.Not: negation,
}
