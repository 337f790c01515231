"""Conditions as rules that people can fill in: from an expression to rules where it is one of these, and back. Pure."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.sdk import Json

MOST_RULES: Final = 20
NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
PLACEHOLDER: Final = re.compile(r"\s*\{\{(?P<source>.*)\}\}\s*", re.DOTALL)
WORDS: Final[Mapping[str, str]] = {"true": "True", "false": "False", "null": "None"}


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare. `{left}` and `{right}` in `written` are expressions; `types`: what left may be, empty for all."""

    name: str
    title: str
    written: str
    types: tuple[str, ...] = ()

    @property
    def has_right(self) -> bool:
        return "{right}" in self.written


OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator
    for operator in (
        Operator("eq", "is", "{left} == {right}"),
        Operator("ne", "is not", "{left} != {right}"),
        Operator("gt", "is more than", "{left} > {right}", ("number", "text")),
        Operator("ge", "is at least", "{left} >= {right}", ("number", "text")),
        Operator("lt", "is less than", "{left} < {right}", ("number", "text")),
        Operator("le", "is at most", "{left} <= {right}", ("number", "text")),
        Operator("contains", "contains", "contains({left}, {right})", ("text", "list")),
        Operator("lacks", "does not contain", "not contains({left}, {right})", ("text", "list")),
        Operator("starts", "begins with", "starts_with({left}, {right})", ("text",)),
        Operator("ends", "ends with", "ends_with({left}, {right})", ("text",)),
        Operator("yes", "is yes", "{left} == True", ("yes or no",)),
        Operator("no", "is no", "{left} == False", ("yes or no",)),
        Operator("empty", "is empty", "len({left}) == 0", ("text", "list", "object")),
        Operator("filled", "is not empty", "len({left}) > 0", ("text", "list", "object")),
        Operator("nothing", "is nothing", "{left} == None"),
        Operator("something", "is something", "{left} != None"),
    )
}
COMPARED: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Gt: "gt", ast.GtE: "ge", ast.Lt: "lt", ast.LtE: "le",
}  # fmt: skip
CALLED: Final = {"contains": "contains", "starts_with": "starts", "ends_with": "ends"}
SAID: Final[Mapping[tuple[str, Json], str]] = {
    ("eq", True): "yes", ("eq", False): "no", ("eq", None): "nothing", ("ne", None): "something",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: `left` is `{{ path }}`; `right` is such a placeholder, or what a person would type for a value."""

    left: str = ""
    operator: str = "eq"
    right: str = ""

    @property
    def has_right(self) -> bool:
        """Whether there is something to compare with."""
        return OPERATORS[self.operator].has_right

    @property
    def is_whole(self) -> bool:
        return bool(self.left.strip()) and (not self.has_right or bool(self.right.strip()))


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of which all must hold (`and`) or one (`or`)."""

    join: Literal["and", "or"] = "and"
    rules: tuple[Rule, ...] = (Rule(),)

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All that can be chosen from."""
        return tuple(OPERATORS.values())

    @property
    def source(self) -> str:
        """The expression that says the same; rules without a left or right side are left out."""
        parts = [written(rule) for rule in self.rules if rule.is_whole]
        return f" {self.join} ".join(parts)


def written(rule: Rule) -> str:
    """The expression of one rule."""
    left, right = _left(rule.left), _right(rule.right)
    return OPERATORS[rule.operator].written.format(left=left, right=right)


def rules_of(source: str) -> Rules | None:
    """The rules that an expression stands for; None where it says more than rules can."""
    if not source.strip():
        return Rules()
    try:
        tree = ast.parse(source.strip(), mode="eval").body
        found = _rules(tree, source.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found if found is not None and 0 < len(found.rules) <= MOST_RULES else None


def _rules(tree: ast.expr, source: str) -> Rules | None:
    parts = tree.values if isinstance(tree, ast.BoolOp) else [tree]
    join: Literal["and", "or"] = "or" if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or) else "and"
    rules = [_rule(part, source) for part in parts]
    return None if any(rule is None for rule in rules) else Rules(join, tuple(rule for rule in rules if rule))


def _rule(node: ast.expr, source: str) -> Rule | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _rule(node.operand, source)
        return Rule(inner.left, "lacks", inner.right) if inner and inner.operator == "contains" else None
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return _made(node.args, CALLED[name], source) if name in CALLED and len(node.args) == 2 and not node.keywords else None
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or type(node.ops[0]) not in COMPARED:
        return None
    operator, right = COMPARED[type(node.ops[0])], node.comparators[0]
    if isinstance(node.left, ast.Call):
        return _of_length(node.left, operator, right, source)
    return _made([node.left, right], operator, source)


def _of_length(call: ast.Call, operator: str, right: ast.expr, source: str) -> Rule | None:
    """`len(x) == 0` and `len(x) > 0`."""
    is_length = isinstance(call.func, ast.Name) and call.func.id == "len" and len(call.args) == 1 and not call.keywords
    zero = isinstance(right, ast.Constant) and type(right.value) is int and right.value == 0
    said = {"eq": "empty", "gt": "filled"}.get(operator)
    if not is_length or not zero or said is None or not _is_path(call.args[0]):
        return None
    return Rule(_placed(call.args[0], source), said)


def _made(sides: Sequence[ast.expr], operator: str, source: str) -> Rule | None:
    left, right = sides
    if not _is_path(left):
        return None
    value = _constant(right)
    if value is not _NONE_OF_THESE:
        said = SAID.get((operator, value)) if value is None or isinstance(value, bool) else None
        return Rule(_placed(left, source), said or operator, "" if said else typed(value))
    return Rule(_placed(left, source), operator, _placed(right, source)) if _is_path(right) else None


_NONE_OF_THESE: Final = object()


def _constant(node: ast.expr) -> Json:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, bool, type(None))):
        return node.value
    if isinstance(node, ast.Name) and node.id in WORDS:
        return {"true": True, "false": False, "null": None}[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = node.operand.value
        return -number if isinstance(number, (int, float)) and not isinstance(number, bool) else _NONE_OF_THESE
    return _NONE_OF_THESE


def _is_path(node: ast.expr) -> bool:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not (
            isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, (str, int))
        ):
            return False
        node = node.value
    return isinstance(node, ast.Name) and node.id not in WORDS


def _placed(node: ast.expr, source: str) -> str:
    return f"{{{{ {ast.get_source_segment(source, node)} }}}}"


def typed(value: Json) -> str:
    """What a person would type for a value: text without quotes, unless it would be read as something else."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    is_plain = _right(value) == json.dumps(value, ensure_ascii=False) and value == value.strip() and value != ""
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _left(text: str) -> str:
    placeholder = PLACEHOLDER.fullmatch(text)
    return _whole((placeholder["source"] if placeholder else text).strip())


def _whole(source: str) -> str:
    """An expression as it can stand beside an operator."""
    try:
        is_path = _is_path(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        is_path = False
    return source if is_path else f"({source})"


def _right(text: str) -> str:
    """The expression for what was typed: a number, yes or no, a placeholder, a text with or without quotes."""
    bare = text.strip()
    placeholder = PLACEHOLDER.fullmatch(bare)
    if placeholder:
        return _whole(placeholder["source"].strip())
    if NUMBER.fullmatch(bare):
        return bare
    if bare.lower() in WORDS:
        return WORDS[bare.lower()]
    if bare.startswith('"') and bare.endswith('"'):
        try:
            if isinstance(inner := json.loads(bare), str):
                return json.dumps(inner, ensure_ascii=False)
        except ValueError:
            pass
    return json.dumps(bare, ensure_ascii=False)
