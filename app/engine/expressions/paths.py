"""Names, fields and items: every step of a path, and what to say when it leads nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.builder import Builder, Place, Run
from app.engine.expressions.checks import WHOLE
from app.engine.expressions.errors import (
    MISSING_PATH,
    NOT_RUN,
    SECRET,
    UNKNOWN_NAME,
    ExpressionError,
)
from app.engine.expressions.functions import FUNCTIONS
from app.engine.expressions.guard import guarded
from app.engine.expressions.methods import METHODS
from app.engine.expressions.values import TYPE_NAMES, Secret, secret_refused, type_name
from app.sdk import Json

CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None}
SECRETS = "secrets"
BLOCKS = "blocks"


def name(builder: Builder, node: ast.Name) -> Run:
    """A comprehension's variable, one of the three constants or a root of the scope."""
    if node.id in builder.locals:
        slot = builder.locals[node.id]
        return lambda evaluation: evaluation.slots[slot]
    if node.id in CONSTANTS:
        constant = CONSTANTS[node.id]
        return lambda evaluation: constant
    if node.id == SECRETS:
        raise builder.error(node, "name one secret, as in `secrets.NAME`", SECRET)
    builder.refer(node)
    start, end = builder.place(node)
    wanted = node.id

    def run(evaluation: Evaluation) -> Json:
        try:
            value = evaluation.names[wanted]
        except KeyError:
            raise _unknown(evaluation, wanted).at(start, end) from None
        return value if type(value) in TYPE_NAMES else _plain(value)

    return run


def attribute(builder: Builder, node: ast.Attribute) -> Run:
    """`.name`: the field of an object, and nothing else."""
    return _field(builder, node, node.attr)


def subscript(builder: Builder, node: ast.Subscript) -> Run:
    """`[...]`: an object's field, a list's item, a text's character, or a slice of the last two."""
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return _field(builder, node, node.slice.value)
    if isinstance(node.slice, ast.Slice):
        return _slice(builder, node, node.slice)
    if _is_secrets(builder, node.value):
        raise builder.error(node, "name one secret, as in `secrets.NAME`", SECRET)
    static = builder.refer(node)
    base = builder.build(node.value, within_path=static)
    index = builder.build(node.slice)
    owner, key = builder.quote(node.value), builder.quote(node.slice)

    def run(evaluation: Evaluation) -> Json:
        value, at = base(evaluation), index(evaluation)
        if type(value) is dict and type(at) is str:
            if at in value:
                return value[at]
            raise ExpressionError(MISSING_PATH, f"no field given by `{key}` in `{owner}`")
        if type(value) in (list, str) and type(at) in WHOLE:
            if -len(value) <= at < len(value):
                return value[at]
            raise ExpressionError(MISSING_PATH, f"no item `{key}` in `{owner}`, which has {len(value)}")
        raise secret_refused() if type(at) is Secret else _no_step(value, owner, f"no item `{key}`")

    return guarded(run, builder.place(node))


def _field(builder: Builder, node: ast.Attribute | ast.Subscript, key: str) -> Run:
    static = builder.refer(node)
    if _is_secrets(builder, node.value):
        return _secret(builder, node, key)
    base = builder.build(node.value, within_path=static)
    start, end = builder.place(node)
    owner = builder.quote(node.value)
    if isinstance(node.value, ast.Name) and node.value.id in builder.locals:
        return _field_of_slot(builder.locals[node.value.id], key, owner, (start, end))
    of_blocks = isinstance(node.value, ast.Name) and node.value.id == BLOCKS and BLOCKS not in builder.locals

    def run(evaluation: Evaluation) -> Json:
        value = base(evaluation)
        if type(value) is dict:
            try:
                return value[key]
            except KeyError:
                pass
        if of_blocks and key in evaluation.scope.absent:
            raise _not_run(evaluation, key).at(start, end)
        raise _missing(value, owner, key).at(start, end)

    return run


def _field_of_slot(slot: int, key: str, owner: str, place: Place) -> Run:
    """The field of a comprehension's variable, the step that is taken most."""
    start, end = place

    def run(evaluation: Evaluation) -> Json:
        value = evaluation.slots[slot]
        if type(value) is dict and key in value:
            return value[key]
        raise _missing(value, owner, key).at(start, end)

    return run


def _secret(builder: Builder, node: ast.expr, key: str) -> Run:
    builder.names_secrets = True
    start, end = builder.place(node)

    def run(evaluation: Evaluation) -> Json:
        known: Mapping[str, Json] = evaluation.names.get(SECRETS, {})
        if key not in known:
            raise ExpressionError(MISSING_PATH, f"no secret `{key}` in `{SECRETS}`.").meant(key, known).at(start, end)
        secret = known[key]
        if type(secret) is not Secret:
            raise secret_refused().at(start, end)
        return secret

    return run


def _slice(builder: Builder, node: ast.Subscript, bounds: ast.Slice) -> Run:
    builder.makes_values = True
    base = builder.build(node.value)
    lower, upper, step = (_bound(builder, part) for part in (bounds.lower, bounds.upper, bounds.step))
    owner = builder.quote(node.value)

    def run(evaluation: Evaluation) -> Json:
        value = base(evaluation)
        cut = slice(lower(evaluation), upper(evaluation), step(evaluation))
        if type(value) is str:
            evaluation.budget.text(len(value))
            return value[cut]
        if type(value) is list:
            evaluation.budget.items(len(value))
            return value[cut]
        raise _no_step(value, owner, "no slice")

    return guarded(run, builder.place(node))


def _bound(builder: Builder, node: ast.expr | None) -> Run:
    return _no_bound if node is None else builder.build(node)


def _no_bound(_: Evaluation) -> Json:
    return None


def _is_secrets(builder: Builder, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == SECRETS and SECRETS not in builder.locals


def _plain(value: Json) -> Json:
    return dict(value) if isinstance(value, Mapping) else value


def _unknown(evaluation: Evaluation, wanted: str) -> ExpressionError:
    if wanted in evaluation.scope.absent:
        return _not_run(evaluation, wanted)
    candidates: Iterable[str] = [*evaluation.names, *evaluation.scope.absent, *FUNCTIONS]
    return ExpressionError(UNKNOWN_NAME, f"nothing here is called `{wanted}`.").meant(wanted, candidates)


def _not_run(evaluation: Evaluation, block: str) -> ExpressionError:
    return ExpressionError(NOT_RUN, f"block `{block}` {evaluation.scope.absent[block]} on this path")


def _missing(value: Json, owner: str, key: str) -> ExpressionError:
    if type(value) is not dict:
        return _no_step(value, owner, f"no field `{key}`")
    if key in METHODS[dict]:
        return ExpressionError(MISSING_PATH, f"no field `{key}` in `{owner}`. To call the method, write `{key}(...)`.")
    return ExpressionError(MISSING_PATH, f"no field `{key}` in `{owner}`.").meant(key, value)


def _no_step(value: Json, owner: str, what: str) -> ExpressionError:
    if type(value) is Secret:
        return secret_refused()
    return ExpressionError(MISSING_PATH, f"`{owner}` is {type_name(value)}, so it has {what}")
