"""Conditions on the rows of data tables, as SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.db.data_rows import value_of

COMPARISONS = {"greater": operator.gt, "at_least": operator.ge, "less": operator.lt, "at_most": operator.le}


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition: `kind` is the column's type, and the value fits it."""

    column: str
    kind: str
    operator: str
    value: Any = None


def combined(conditions: Sequence[Condition], any_of: bool) -> sa.ColumnElement[bool]:
    """All conditions, or any of them; without one, everything fits."""
    if not conditions:
        return sa.true()
    parts = [_one(condition) for condition in conditions]
    return sa.or_(*parts) if any_of else sa.and_(*parts)


def _one(condition: Condition) -> sa.ColumnElement[bool]:
    found, value = value_of(condition.column, condition.kind), condition.value
    match condition.operator:
        case "equals":
            return found.is_(None) if value is None else found == value
        case "not_equals":
            return found.is_not(None) if value is None else sa.or_(found != value, found.is_(None))
        case "contains":
            return found.icontains(value, autoescape=True)
        case "starts_with":
            return found.istartswith(value, autoescape=True)
        case "one_of":
            same = [float(one) for one in value] if condition.kind == "number" else value
            return sa.or_(*(found == one for one in same))
        case "empty":
            return _empty(found, condition.kind)
        case "not_empty":
            return sa.not_(_empty(found, condition.kind))
    compared: sa.ColumnElement[bool] = COMPARISONS[condition.operator](found, value)
    return compared


def _empty(found: sa.ColumnElement[Any], kind: str) -> sa.ColumnElement[bool]:
    return sa.or_(found.is_(None), found == "") if kind == "text" else found.is_(None)
