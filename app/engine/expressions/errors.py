"""What goes wrong in an expression, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

SYNTAX = "EXPRESSION_SYNTAX"
UNKNOWN_NAME = "UNKNOWN_NAME"
MISSING_PATH = "MISSING_PATH"
NOT_RUN = "NOT_RUN"
TYPE = "TYPE"
VALUE = "VALUE"
BUDGET = "BUDGET"
NOT_BOOLEAN = "NOT_BOOLEAN"
SECRET = "SECRET"

CANDIDATES = 100
LONGEST_NAME = 64


class ExpressionError(Exception):
    """A refusal: `code`, a `message` of paths and types but never values, and the columns to underline."""

    def __init__(self, code: str, message: str, start: int | None = None, end: int | None = None, source: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.start = start
        self.end = end
        self.source = source
        self._meant: tuple[str, Iterable[str]] | None = None

    def __str__(self) -> str:
        return self.message

    def at(self, start: int, end: int) -> ExpressionError:
        """This error, underlined here unless a place further inside is known."""
        if self.start is None:
            self.start, self.end = start, end
        return self

    def meant(self, name: str, candidates: Iterable[str]) -> ExpressionError:
        """This error, with names to compare when it is told: an error that `default` swallows costs no search."""
        self._meant = (name, candidates)
        return self

    def told(self, source: str, offset: int = 0) -> ExpressionError:
        """This error, ready to be shown: with its near miss, its source and columns counted in that source."""
        if self._meant is not None:
            self.message += _did_you_mean(*self._meant)
            self._meant = None
        if self.start is not None and self.end is not None:
            self.start, self.end = self.start + offset, self.end + offset
        self.source = source
        return self


def _did_you_mean(name: str, candidates: Iterable[str]) -> str:
    if len(name) > LONGEST_NAME:
        return ""
    known = [candidate for candidate in islice(candidates, CANDIDATES) if len(candidate) <= LONGEST_NAME]
    lowered = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f" Did you mean `{lowered[near[0]]}`?" if near else ""
