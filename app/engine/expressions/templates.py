"""Texts with placeholders: `{{ expression }}`, `<block.output.field>` and `${SECRET}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.engine.expressions.budget import MAX_TEXT, Budget, Evaluation
from app.engine.expressions.compiler import Expression, compile_expression
from app.engine.expressions.errors import BUDGET, SYNTAX, ExpressionError
from app.engine.expressions.texts import text_of
from app.engine.expressions.values import Scope
from app.sdk import Json

MAX_PLACEHOLDER_TEXT = 20_000
SHORT_TEMPLATE = 2_000
OPENINGS = re.compile(
    r"(?P<braces>\{\{)"
    r"|\$\{(?P<secret>[A-Z][A-Z0-9_]*+)\}"
    r"|<(?P<path>[A-Za-z_]\w*+(?:\[\d++\])*+\.[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+|\[\d++\])*+)>",
    re.ASCII,
)
INSIDE = re.compile(r"\"\"\"|'''|[\"'{}\[\]()]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One expression in a text. An angled one whose first part nobody knows is only text, as `<b.c>` in markup is."""

    expression: Expression
    offset: int
    written: str
    angled: bool

    def value(self, scope: Scope, budget: Budget) -> Json:
        if self.angled and not _knows(scope, self.written):
            return self.written
        return self.expression.evaluate(scope, budget)


class Template:
    """A compiled text; `is_template` is false where there is nothing to resolve.

    `references` are the paths that it certainly names, `angled_references` those in angle brackets, which are only
    text when no block has that name.
    """

    __slots__ = ("_parts", "angled_references", "is_template", "references", "source")

    def __init__(self, source: str, parts: tuple[str | Placeholder, ...]) -> None:
        self.source = source
        self._parts = parts
        found = [part for part in parts if isinstance(part, Placeholder)]
        self.is_template = bool(found)
        self.references = _references(part for part in found if not part.angled)
        self.angled_references = _references(part for part in found if part.angled)

    def render(self, scope: Scope, budget: Budget | None = None) -> Json:
        """The value of a lone placeholder in its own type, else text. All placeholders share one budget."""
        allowed = budget or Budget()
        lone = self._lone()
        if lone is not None:
            return self._value(lone, scope, allowed)
        try:
            return self._text(scope, allowed)
        except ExpressionError as error:
            raise error if error.source else error.told(self.source) from None

    def _text(self, scope: Scope, budget: Budget) -> str:
        evaluation = Evaluation(scope, 0, budget)
        written: list[str] = []
        length = 0
        for part in self._parts:
            piece = part if isinstance(part, str) else text_of(evaluation, self._value(part, scope, budget))
            length += len(piece)
            if length > MAX_TEXT:
                raise ExpressionError(BUDGET, f"the text would be longer than {MAX_TEXT:,} characters")
            written.append(piece)
        return "".join(written)

    def _value(self, part: Placeholder, scope: Scope, budget: Budget) -> Json:
        try:
            return part.value(scope, budget)
        except ExpressionError as error:
            raise error.told(self.source, part.offset) from None

    def _lone(self) -> Placeholder | None:
        found = [part for part in self._parts if not (isinstance(part, str) and part.isspace())]
        return found[0] if len(found) == 1 and isinstance(found[0], Placeholder) else None


def _references(parts: Iterable[Placeholder]) -> frozenset[tuple[str, ...]]:
    return frozenset(path for part in parts for path in part.expression.references)


def compile_template(text: str) -> Template:
    """The compiled form of a text, remembered by the text. Raises ExpressionError."""
    return _compile_short(text) if len(text) <= SHORT_TEMPLATE else _compile_long(text)


def _compile(text: str) -> Template:
    return Template(text, tuple(_parts(text)))


_compile_short = lru_cache(2048)(_compile)
_compile_long = lru_cache(64)(_compile)


def _parts(text: str) -> Iterator[str | Placeholder]:
    done = total = 0
    while (opening := OPENINGS.search(text, done)) is not None:
        start, end = opening.span()
        if opening["braces"]:
            end = _closing(text, start)
            source, offset = text[start + 2 : end - 2], start + 2
        else:
            source, offset = (f"secrets.{opening['secret']}", start) if opening["secret"] else (opening["path"], start + 1)
        total += len(source)
        if total > MAX_PLACEHOLDER_TEXT:
            message = f"the expressions in this text are longer than {MAX_PLACEHOLDER_TEXT:,} characters"
            raise ExpressionError(BUDGET, message, start, end, text)
        if start > done:
            yield text[done:start]
        yield Placeholder(_compiled(text, source, offset), offset, text[start:end], bool(opening["path"]))
        done = end
    if done < len(text):
        yield text[done:]


def _compiled(text: str, source: str, offset: int) -> Expression:
    try:
        return compile_expression(source)
    except ExpressionError as error:
        raise error.told(text, offset) from None


def _closing(text: str, start: int) -> int:
    """Where the placeholder that opens at `start` ends: at the first `}}` outside texts and brackets."""
    depth, at = 0, start + 2
    while (mark := INSIDE.search(text, at)) is not None:
        at = mark.end()
        if mark[0][0] in "\"'":
            at = _after_text(text, at, mark[0])
        elif mark[0] in "{[(":
            depth += 1
        elif depth == 0 and text.startswith("}}", mark.start()):
            return mark.start() + 2
        elif depth:
            depth -= 1
    message = 'this `{{` is never closed; to write it as text, put `{{ "{{" }}`'
    raise ExpressionError(SYNTAX, message, start, min(start + 2, len(text)), text)


def _after_text(text: str, at: int, mark: str) -> int:
    """Where a text literal that has just begun is over; the end of everything if it never is."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(mark, at):
            return at + len(mark)
        else:
            at += 1
    return len(text)


def _knows(scope: Scope, written: str) -> bool:
    root = re.split(r"[.\[]", written[1:], maxsplit=1)[0]
    return root in scope.names or root in scope.absent
