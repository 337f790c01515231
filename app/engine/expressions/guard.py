"""Where a closure meets Python's own errors: they become expression errors with a place."""

from __future__ import annotations

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.builder import Place, Run
from app.engine.expressions.errors import BUDGET, TYPE, VALUE, ExpressionError
from app.sdk import Json


def guarded(run: Run, place: Place) -> Run:
    """The same closure, whose every failure is an ExpressionError that underlines `place`."""
    start, end = place

    def checked(evaluation: Evaluation) -> Json:
        try:
            return run(evaluation)
        except FAILURES as error:
            raise failed(error, start, end) from None

    return checked


FAILURES = (ExpressionError, TypeError, ValueError, ArithmeticError, RecursionError, MemoryError)
"""What running a closure may raise. The most frequent closures catch it themselves: a call less for each."""


def failed(error: Exception, start: int, end: int) -> ExpressionError:
    """The same failure as an ExpressionError that underlines a place."""
    return (error if isinstance(error, ExpressionError) else translated(error)).at(start, end)


_WORDS: tuple[tuple[type[Exception], str, str], ...] = (
    (ZeroDivisionError, VALUE, "division by zero"),
    (OverflowError, VALUE, "the number is too large"),
    (RecursionError, BUDGET, "the value is nested too deeply"),
    (MemoryError, BUDGET, "the value is too big"),
    (TypeError, TYPE, "values of these types do not go together"),
    (ValueError, VALUE, "the value is out of range"),
)


def translated(error: Exception) -> ExpressionError:
    """Python's error in our words; its own text can hold values, so it is not used."""
    for kind, code, message in _WORDS:
        if isinstance(error, kind):
            return ExpressionError(code, message)
    return ExpressionError(VALUE, "the value cannot be computed")
