"""What is known while one source is turned from a syntax tree into closures."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.errors import BUDGET, SYNTAX, ExpressionError
from app.sdk import Json

MAX_DEPTH = 100
LONGEST_QUOTE = 100

Run = Callable[[Evaluation], Json]
Place = tuple[int, int]
LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A source and its syntax tree: of `bare`, the source without its blanks, which begins at `lead`.

    `prefix` is how many characters were put before it to parse it.
    """

    source: str
    bare: str
    lead: int
    prefix: int
    tree: ast.expr


class Builder:
    """Builds nodes by their type and keeps count of what the whole source refers to and may cost."""

    def __init__(self, parsed: Parsed, table: Mapping[type[ast.expr], Callable[[Builder, ast.expr], Run]]) -> None:
        self.source = parsed.source
        self.references: set[tuple[str, ...]] = set()
        self.locals: Mapping[str, int] = {}
        self.slots = 0
        self.steps = 0
        self.within_path = False
        self.makes_values = False
        self.names_secrets = False
        self._table = table
        self._depth = 0
        self._parsed = parsed
        self._lines = [0, *(end.end() for end in LINE_END.finditer(parsed.bare))]
        self._ascii = parsed.bare.isascii()

    def build(self, node: ast.expr, *, within_path: bool = False) -> Run:
        """The closure for a node. `within_path` says that a longer path, already noted, goes through it."""
        make = self._table.get(type(node))
        if make is None:
            raise self.error(node, f"{_spoken(node)} cannot be used in an expression")
        self.steps += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(BUDGET, f"the expression is nested deeper than {MAX_DEPTH} levels").at(*self.place(node))
        self.within_path = within_path
        try:
            return make(self, node)
        finally:
            self._depth -= 1

    def error(self, node: ast.expr, message: str, code: str = SYNTAX) -> ExpressionError:
        """A refusal of this node."""
        return ExpressionError(code, message).at(*self.place(node))

    def place(self, node: ast.expr) -> Place:
        """The columns of a node, counted in characters from the start of the source."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._position(node.lineno, node.col_offset), self._position(end_line, end_column)

    def quote(self, node: ast.expr) -> str:
        """A node as its author wrote it, on one line and not too long."""
        start, end = self.place(node)
        text = " ".join(self.source[start:end].split())
        return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"

    def refer(self, node: ast.expr) -> bool:
        """Note the static path that this node is, if it is one and not part of a longer one."""
        if self.within_path:
            return True
        path = static_path(node)
        if path is None or path[0] in self.locals:
            return False
        self.references.add(path)
        return True

    @contextmanager
    def inner_names(self) -> Iterator[None]:
        """Names declared inside are forgotten afterwards."""
        outer = self.locals
        try:
            yield
        finally:
            self.locals = outer

    def declare(self, name: str) -> int:
        """The slot of a new comprehension variable."""
        slot = self.slots
        self.slots += 1
        self.locals = {**self.locals, name: slot}
        return slot

    def _position(self, line: int, column: int) -> int:
        start = self._lines[min(line, len(self._lines)) - 1]
        if line == 1:
            column = max(0, column - self._parsed.prefix)
        if not self._ascii:
            column = len(self._parsed.bare[start : start + column].encode()[:column].decode(errors="ignore"))
        return min(self._parsed.lead + start + column, len(self.source))


def static_path(node: ast.expr) -> tuple[str, ...] | None:
    """The parts of a path whose every step is written out, for example ("blocks", "fetch", "output")."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            parts.append(str(node.slice.value))
            node = node.value
        elif isinstance(node, ast.Name):
            return (node.id, *reversed(parts))
        else:
            return None


SPOKEN: Mapping[type[ast.expr], str] = {
    ast.Lambda: "a lambda",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "an f-string",
    ast.Set: "a set (write a list, or `unique(...)`)",
    ast.SetComp: "a set comprehension (write a list, or `unique(...)`)",
    ast.GeneratorExp: "a generator outside a function's parentheses (write `[... for ...]`)",
    ast.Starred: "a star",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.Slice: "a slice outside brackets",
}


def _spoken(node: ast.expr) -> str:
    return SPOKEN.get(type(node), "this")
