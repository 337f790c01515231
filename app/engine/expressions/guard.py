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
        except ExpressionError as error:
            raise error.at(start, end) from None
        except (TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            raise translated(error).at(start, end) from None

    return checked


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
