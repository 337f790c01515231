"""Calls of functions and of methods, chosen from the two tables and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.builder import Builder, Run
from app.engine.expressions.comprehensions import short_circuit
from app.engine.expressions.errors import (
    MISSING_PATH,
    NOT_RUN,
    TYPE,
    UNKNOWN_NAME,
    ExpressionError,
)
from app.engine.expressions.functions import FUNCTIONS
from app.engine.expressions.guard import guarded
from app.engine.expressions.library import Function
from app.engine.expressions.methods import METHODS
from app.engine.expressions.values import Secret, secret_refused, type_name
from app.sdk import Json

METHOD_NAMES = frozenset(name for methods in METHODS.values() for name in methods)
SWALLOWED_COST = 10
CALL_STEPS = 3
"""A call costs as much as three simple nodes more."""


def call(builder: Builder, node: ast.Call) -> Run:
    """`name(...)` or `value.name(...)` with arguments by position."""
    builder.makes_values = True
    builder.steps += CALL_STEPS
    if node.keywords:
        raise builder.error(node, "arguments are given by position, without names")
    if isinstance(node.func, ast.Name):
        return guarded(_function_call(builder, node, node.func), builder.place(node))
    if isinstance(node.func, ast.Attribute):
        return guarded(_method_call(builder, node, node.func), builder.place(node))
    raise builder.error(node, "only functions and methods can be called")


def _function_call(builder: Builder, node: ast.Call, callee: ast.Name) -> Run:
    name = callee.id
    if name == "default":
        return _default(builder, node)
    function = FUNCTIONS.get(name)
    if function is None:
        raise builder.error(callee, f"there is no function `{name}`.", UNKNOWN_NAME).meant(name, FUNCTIONS)
    if name in ("any", "all") and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return short_circuit(builder, node.args[0], stop=name == "any")
    _check_count(builder, node, function)
    arguments = _arguments(builder, node)
    run_function, takes_secrets = function.run, function.takes_secrets

    def run(evaluation: Evaluation) -> Json:
        values = [argument(evaluation) for argument in arguments]
        if not takes_secrets and any(type(value) is Secret for value in values):
            raise secret_refused()
        return run_function(evaluation, *values)

    return run


def _method_call(builder: Builder, node: ast.Call, callee: ast.Attribute) -> Run:
    name = callee.attr
    if name not in METHOD_NAMES:
        raise builder.error(callee, f"there is no method `{name}`.", UNKNOWN_NAME).meant(name, METHOD_NAMES)
    receiver = builder.build(callee.value)
    arguments = _arguments(builder, node)

    def run(evaluation: Evaluation) -> Json:
        value = receiver(evaluation)
        if type(value) is Secret:
            raise secret_refused()
        method = METHODS.get(type(value), {}).get(name)
        if method is None:
            raise ExpressionError(TYPE, f"{type_name(value)} has no method `{name}`")
        if not method.least <= len(arguments) + 1 <= method.most:
            raise ExpressionError(TYPE, f"`{name}` is called as `{method.signature}`")
        return method.run(evaluation, value, *(argument(evaluation) for argument in arguments))

    return run


def _default(builder: Builder, node: ast.Call) -> Run:
    _check_count(builder, node, FUNCTIONS["default"])
    wanted, fallback = _arguments(builder, node)

    def run(evaluation: Evaluation) -> Json:
        try:
            value = wanted(evaluation)
        except ExpressionError as error:
            if error.code not in (MISSING_PATH, NOT_RUN):
                raise
            evaluation.budget.charge(SWALLOWED_COST)
            return fallback(evaluation)
        return fallback(evaluation) if value is None else value

    return run


def _check_count(builder: Builder, node: ast.Call, function: Function) -> None:
    if not function.least <= len(node.args) <= function.most:
        raise builder.error(node, f"`{function.name}` is called as `{function.signature}`", TYPE)


def _arguments(builder: Builder, node: ast.Call) -> Sequence[Run]:
    return [_argument(builder, argument) for argument in node.args]


def _argument(builder: Builder, node: ast.expr) -> Run:
    if isinstance(node, ast.GeneratorExp):
        node = ast.copy_location(ast.ListComp(elt=node.elt, generators=node.generators), node)
    return builder.build(node)
