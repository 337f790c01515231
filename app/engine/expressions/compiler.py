"""From source to closures: the white list of syntax, and what is compiled once and evaluated many times."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from app.engine.expressions import calls, comprehensions, paths
from app.engine.expressions.budget import Budget, Evaluation
from app.engine.expressions.builder import LINE_END, Builder, Parsed, Place, Run
from app.engine.expressions.checks import text
from app.engine.expressions.errors import BUDGET, NOT_BOOLEAN, SYNTAX, ExpressionError
from app.engine.expressions.guard import FAILURES, failed, guarded, translated
from app.engine.expressions.operators import BINARY, COMPARE, UNARY, Binary
from app.engine.expressions.values import Scope, placed, type_name, weigh
from app.sdk import Json

MAX_SOURCE = 10_000
SHORT_SOURCE = 500


def constant(builder: Builder, node: ast.Constant) -> Run:
    value: Json = node.value
    if type(value) not in (str, int, float, bool, type(None)):
        raise builder.error(node, "only text, numbers, true, false and null can be written out")
    if type(value) is float and not math.isfinite(value):
        raise builder.error(node, "the number is too large")
    if type(value) is str and any("\ud800" <= character <= "\udfff" for character in value):
        raise builder.error(node, "the text holds half a character")
    return lambda evaluation: value


def sequence(builder: Builder, node: ast.List | ast.Tuple) -> Run:
    builder.makes_values = True
    parts = [builder.build(part) for part in node.elts]
    return lambda evaluation: [part(evaluation) for part in parts]


def mapping(builder: Builder, node: ast.Dict) -> Run:
    builder.makes_values = True
    if None in node.keys:
        raise builder.error(node, "`**` cannot be used here; write `merge(...)` or `|`")
    keys = [builder.build(cast(ast.expr, key)) for key in node.keys]
    parts = list(zip(keys, [builder.build(value) for value in node.values], strict=True))
    if all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
        fixed = [(cast(ast.Constant, key).value, value) for key, (_, value) in zip(node.keys, parts, strict=True)]
        return lambda evaluation: {key: value(evaluation) for key, value in fixed}

    def run(evaluation: Evaluation) -> Json:
        return {text("a key", key(evaluation)): value(evaluation) for key, value in parts}

    return guarded(run, builder.place(node))


def binary(builder: Builder, node: ast.BinOp) -> Run:
    builder.makes_values = True
    apply = BINARY.get(type(node.op))
    if apply is None:
        raise builder.error(node, "this operator cannot be used in an expression")
    return _applied(apply, builder.build(node.left), builder.build(node.right), builder.place(node))


def _applied(apply: Binary, left: Run, right: Run, place: Place) -> Run:
    start, end = place

    def run(evaluation: Evaluation) -> Json:
        try:
            return apply(evaluation.budget, left(evaluation), right(evaluation))
        except FAILURES as error:
            raise failed(error, start, end) from None

    return run


def unary(builder: Builder, node: ast.UnaryOp) -> Run:
    apply, operand = UNARY[type(node.op)], builder.build(node.operand)
    return guarded(lambda evaluation: apply(operand(evaluation)), builder.place(node))


def both(builder: Builder, node: ast.BoolOp) -> Run:
    """`and`, `or`: the first part that decides, as in Python."""
    stop = isinstance(node.op, ast.Or)
    *parts, final = [builder.build(part) for part in node.values]

    def run(evaluation: Evaluation) -> Json:
        for part in parts:
            value = part(evaluation)
            if bool(value) is stop:
                return value
        return final(evaluation)

    return guarded(run, builder.place(node))


def compare(builder: Builder, node: ast.Compare) -> Run:
    """`a < b <= c`: each pair in turn, up to the first that is false."""
    _check_identity(builder, node)
    first = builder.build(node.left)
    pairs = [(COMPARE[type(op)], builder.build(operand)) for op, operand in zip(node.ops, node.comparators, strict=True)]
    place = builder.place(node)
    if len(pairs) == 1:
        apply, second = pairs[0]
        return _applied(apply, first, second, place)

    def run(evaluation: Evaluation) -> Json:
        left = first(evaluation)
        for apply, operand in pairs:
            right = operand(evaluation)
            if not apply(evaluation.budget, left, right):
                return False
            left = right
        return True

    return guarded(run, place)


def _check_identity(builder: Builder, node: ast.Compare) -> None:
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, (ast.Is, ast.IsNot)) and not _is_singleton(operand):
            raise builder.error(node, "`is` compares only with null, true and false; write `==`")


def _is_singleton(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in paths.CONSTANTS
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def choice(builder: Builder, node: ast.IfExp) -> Run:
    test, then, other = builder.build(node.test), builder.build(node.body), builder.build(node.orelse)
    return guarded(lambda evaluation: then(evaluation) if test(evaluation) else other(evaluation), builder.place(node))


TABLE: Mapping[type[ast.expr], Callable[[Builder, Any], Run]] = {
    ast.Constant: constant,
    ast.List: sequence,
    ast.Tuple: sequence,
    ast.Dict: mapping,
    ast.Name: paths.name,
    ast.Attribute: paths.attribute,
    ast.Subscript: paths.subscript,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.BoolOp: both,
    ast.Compare: compare,
    ast.IfExp: choice,
    ast.Call: calls.call,
    ast.ListComp: comprehensions.list_comprehension,
    ast.DictComp: comprehensions.dict_comprehension,
}


class Expression:
    """A compiled expression. `references` holds the dotted paths that it names, for example ("blocks", "fetch", "output")."""

    __slots__ = ("_finish", "_names_secrets", "_run", "_slots", "_steps", "references", "source")

    def __init__(self, source: str, run: Run, builder: Builder) -> None:
        self.source = source
        self.references = frozenset(builder.references)
        self._run = run
        self._slots = builder.slots
        self._steps = builder.steps
        self._names_secrets = builder.names_secrets
        self._finish = builder.makes_values or builder.names_secrets

    def evaluate(self, scope: Scope, budget: Budget | None = None) -> Json:
        """The value in this scope; a `budget` can be shared with other evaluations. Raises ExpressionError."""
        allowed = budget or Budget()
        try:
            allowed.charge(self._steps)
            value = self._run(Evaluation(scope, self._slots, allowed))
            return self._finished(value) if self._finish else value
        except ExpressionError as error:
            raise error.told(self.source) from None
        except (RecursionError, MemoryError) as error:
            raise translated(error).told(self.source) from None

    def _finished(self, value: Json) -> Json:
        kind = type(value)
        if kind is int or kind is str or kind is bool or kind is float or value is None:
            return value
        weigh(value)
        return placed(value) if self._names_secrets else value


def compile_expression(source: str) -> Expression:
    """The compiled form of a source, remembered by its text. Raises ExpressionError."""
    return _compile_short(source) if len(source) <= SHORT_SOURCE else _compile_long(source)


def evaluate_condition(source: str, scope: Scope) -> bool:
    """The answer of a condition, which has to be true or false itself."""
    value = compile_expression(source).evaluate(scope)
    if type(value) is bool:
        return value
    message = f"a condition has to be true or false, and this is {type_name(value)}"
    raise ExpressionError(NOT_BOOLEAN, message, 0, len(source), source)


def _compile(source: str) -> Expression:
    try:
        parsed = _parse(source)
        builder = Builder(parsed, TABLE)
        return Expression(source, builder.build(parsed.tree), builder)
    except ExpressionError as error:
        raise error.told(source) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(BUDGET, "the expression is nested too deeply", 0, len(source), source) from None


_compile_short = lru_cache(2048)(_compile)
_compile_long = lru_cache(64)(_compile)


def _parse(source: str) -> Parsed:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(BUDGET, f"the expression is longer than {MAX_SOURCE:,} characters")
    bare = source.strip()
    if not bare:
        raise ExpressionError(SYNTAX, "the expression is empty", 0, len(source))
    lead = len(source) - len(source.lstrip())
    prefix = 1 if LINE_END.search(bare) else 0
    try:
        tree = ast.parse(f"({bare}\n)" if prefix else bare, mode="eval").body
    except SyntaxError as error:
        raise _syntax(error, source, lead - prefix) from None
    except ValueError:
        raise ExpressionError(SYNTAX, "the expression holds a character that cannot be read", 0, len(source)) from None
    return Parsed(source, bare, lead, prefix, tree)


def _syntax(error: SyntaxError, source: str, shift: int) -> ExpressionError:
    end = len(source)
    if error.lineno != 1 or error.offset is None:
        return ExpressionError(SYNTAX, "this cannot be read as an expression", 0, end)
    if error.offset == 0:
        return ExpressionError(SYNTAX, "the expression ends too early", end, end)
    start = min(max(0, error.offset - 1 + shift), end)
    return ExpressionError(SYNTAX, f"this cannot be read as an expression from column {start + 1} on", start, end)
