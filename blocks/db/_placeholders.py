"""Names in SQL such as `:customer`, made into the marks that a driver wants; never in texts, names and comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.sdk import BlockError, Json

PIECES = re.compile(
    r"""
      (?P<kept>
          '(?:[^']|'')*'
        | "(?:[^"]|"")*"
        | `(?:[^`]|``)*`
        | --[^\n]*
        | /\*.*?\*/
        | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)
        | ::
        | :=
      )
    | (?<![\w:]):(?P<name>[A-Za-z_]\w{0,62})
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPED_TEXT = re.compile(r"""(['"])(?:(?!\1)[^\\]|\\.|\1\1)*\1""", re.DOTALL)
"""A text as MariaDB reads it: a backslash hides the mark behind it."""
Mark = Callable[[int], str]
"""The mark for the n-th value, counted from 1."""


def positional(
    sql: str, values: Mapping[str, Json], mark: Mark, *, place: str, backslashes: bool = False, percent: bool = False
) -> tuple[str, list[Json]]:
    """The statement with marks instead of names, and the values in their order. BlockError PARAMETER_MISSING names one."""
    given: list[Json] = []
    parts: list[str] = []
    at = 0

    def kept(text: str) -> str:
        return text.replace("%", "%%") if percent else text

    while (found := PIECES.search(sql, at)) is not None:
        end = found.end()
        parts.append(kept(sql[at : found.start()]))
        if found["name"] is not None:
            parts.append(_mark(found["name"], values, given, mark, place))
        else:
            if backslashes and found["kept"][0] in "'\"" and (text := ESCAPED_TEXT.match(sql, found.start())):
                end = text.end()
            parts.append(kept(sql[found.start() : end]))
        at = end
    return "".join(parts) + kept(sql[at:]), given


def _mark(name: str, values: Mapping[str, Json], given: list[Json], mark: Mark, place: str) -> str:
    if name not in values:
        raise BlockError("PARAMETER_MISSING", f"field `{place}`: there is no value for :{name}", retryable=False)
    given.append(values[name])
    return mark(len(given))
