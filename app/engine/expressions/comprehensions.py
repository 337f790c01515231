"""Comprehensions: loops that pay for every round."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from app.engine.expressions.budget import MAX_LIST, Evaluation
from app.engine.expressions.builder import Builder, Run
from app.engine.expressions.checks import iterable, text
from app.engine.expressions.errors import BUDGET, TYPE, ExpressionError
from app.engine.expressions.guard import guarded
from app.sdk import Json

NODES_PER_STEP = 3
"""A round of a loop is a step and one more for every three nodes that it runs through: about a microsecond each."""

Assign = Callable[[Evaluation, Json], None]
Loop = Callable[[Evaluation], Iterator[None]]


def list_comprehension(builder: Builder, node: ast.ListComp) -> Run:
    """`[element for name in items if condition]`."""
    builder.makes_values = True
    if len(node.generators) == 1 and isinstance(node.generators[0].target, ast.Name) and not node.generators[0].ifs:
        return guarded(_mapped(builder, node.generators[0], node.elt), builder.place(node))
    loop, (element,) = _loops(builder, node.generators, [node.elt])

    def run(evaluation: Evaluation) -> Json:
        return [element(evaluation) for _ in loop(evaluation)]

    return guarded(run, builder.place(node))


def _mapped(builder: Builder, generator: ast.comprehension, node: ast.expr) -> Run:
    """`[element for name in items]`, the most frequent of all: its rounds are paid for at once."""
    with builder.inner_names():
        source, start_cost = _start(builder, generator)
        before = builder.steps
        slot = builder.declare(cast(ast.Name, generator.target).id)
        element = builder.build(node)
        cost = _per_round(builder, before)

    def run(evaluation: Evaluation) -> Json:
        items = source(evaluation)
        evaluation.budget.charge(start_cost + cost * len(items))
        slots = evaluation.slots
        return [element(evaluation) for slots[slot] in items]

    return run


def dict_comprehension(builder: Builder, node: ast.DictComp) -> Run:
    """`{key: value for name in items if condition}`, whose keys are text."""
    builder.makes_values = True
    loop, (key, value) = _loops(builder, node.generators, [node.key, node.value])

    def run(evaluation: Evaluation) -> Json:
        return {text("a key", key(evaluation)): value(evaluation) for _ in loop(evaluation)}

    return guarded(run, builder.place(node))


def short_circuit(builder: Builder, node: ast.GeneratorExp, *, stop: bool) -> Run:
    """`any(...)` (stop at the first true) or `all(...)` (stop at the first false) of a generator."""
    loop, (element,) = _loops(builder, node.generators, [node.elt])

    def run(evaluation: Evaluation) -> Json:
        for _ in loop(evaluation):
            if bool(element(evaluation)) is stop:
                return stop
        return not stop

    return run


def _loops(builder: Builder, generators: Sequence[ast.comprehension], elements: Sequence[ast.expr]) -> tuple[Loop, list[Run]]:
    """One loop inside the other, and what is built in the innermost, with what a round costs."""
    loop: Loop = _once
    with builder.inner_names():
        for number, generator in enumerate(generators):
            source, start_cost = _start(builder, generator)
            before = builder.steps
            assign = _target(builder, generator.target)
            conditions = [builder.build(condition) for condition in generator.ifs]
            inner = [builder.build(element) for element in elements] if number == len(generators) - 1 else []
            loop = _nested(loop, source, assign, conditions, start_cost, _per_round(builder, before))
    return loop, inner


def _start(builder: Builder, generator: ast.comprehension) -> tuple[Run, int]:
    """What a loop goes through, and what it costs to begin."""
    if generator.is_async:
        raise builder.error(generator.target, "`async` cannot be used in an expression")
    before = builder.steps
    source = guarded(_source(builder.build(generator.iter)), builder.place(generator.iter))
    return source, _per_round(builder, before)


def _per_round(builder: Builder, before: int) -> int:
    """The price of running once through the nodes that were built since."""
    return 1 + (builder.steps - before) // NODES_PER_STEP


def _once(_: Evaluation) -> Iterator[None]:
    yield


def _nested(outer: Loop, source: Run, assign: Assign, conditions: Sequence[Run], start_cost: int, cost: int) -> Loop:
    def loop(evaluation: Evaluation) -> Iterator[None]:
        charge = evaluation.budget.charge
        for _ in outer(evaluation):
            charge(start_cost)
            for value in source(evaluation):
                charge(cost)
                assign(evaluation, value)
                if all(condition(evaluation) for condition in conditions):
                    yield

    return loop


def _source(run: Run) -> Run:
    def items(evaluation: Evaluation) -> Json:
        value = iterable("for", run(evaluation))
        if len(value) > MAX_LIST:
            raise ExpressionError(BUDGET, f"the list is longer than {MAX_LIST:,} items")
        return value

    return items


def _target(builder: Builder, node: ast.expr) -> Assign:
    if isinstance(node, ast.Name):
        return _assign_slot(builder.declare(node.id))
    if isinstance(node, (ast.Tuple, ast.List)):
        return _assign_each([_target(builder, part) for part in node.elts])
    raise builder.error(node, "only names can stand between `for` and `in`")


def _assign_slot(slot: int) -> Assign:
    def assign(evaluation: Evaluation, value: Json) -> None:
        evaluation.slots[slot] = value

    return assign


def _assign_each(parts: Sequence[Assign]) -> Assign:
    def assign(evaluation: Evaluation, value: Json) -> None:
        if type(value) is not list or len(value) != len(parts):
            raise ExpressionError(TYPE, f"`for` with {len(parts)} names needs lists of {len(parts)}")
        for part, item in zip(parts, value, strict=True):
            part(evaluation, item)

    return assign
