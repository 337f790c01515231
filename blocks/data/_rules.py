"""Rules that people choose from lists: a field, a comparison, a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, BlockError, Config, Json
from blocks.data._paths import MISSING, find
from blocks.flow._values import identity, kind_of

Comparison = Literal[
    "equals", "not_equals", "greater", "at_least", "less", "at_most", "contains", "not_contains", "starts_with", "ends_with",
    "one_of", "not_one_of", "exists", "not_exists", "empty", "not_empty", "is_true", "is_false",
]  # fmt: skip
COMPARISON_HELP = "How the field is compared. exists, empty, is_true and their opposites need no value."


class Rule(Config):
    """What must hold for one field of an item."""

    field: str = Field(
        "",
        title="Field",
        max_length=500,
        description="A name such as total, or a path such as customer.country. Left empty, it is the item itself.",
        json_schema_extra={"placeholder": "total"},
    )
    comparison: Comparison = Field("equals", title="Comparison", description=COMPARISON_HELP)
    value: AnyJson = Field(None, title="Value", description="What the field is compared with. one_of takes a list.")


def holds(rule: Rule, item: Json, place: str) -> bool:
    """Whether a rule holds for an item. BlockError NOT_COMPARABLE when the two values have no order."""
    found = find(item, rule.field)
    match rule.comparison:
        case "exists":
            return found is not MISSING
        case "not_exists":
            return found is MISSING
        case "empty":
            return found is MISSING or found in (None, "", [], {})
        case "not_empty":
            return found is not MISSING and found not in (None, "", [], {})
    return found is not MISSING and _compared(rule, found, place)


def _compared(rule: Rule, found: Json, place: str) -> bool:
    match rule.comparison:
        case "equals":
            return identity(found) == identity(rule.value)
        case "not_equals":
            return identity(found) != identity(rule.value)
        case "is_true":
            return found is True
        case "is_false":
            return found is False
        case "contains":
            return _contains(found, rule.value)
        case "not_contains":
            return not _contains(found, rule.value)
        case "starts_with":
            return isinstance(found, str) and found.startswith(str(rule.value))
        case "ends_with":
            return isinstance(found, str) and found.endswith(str(rule.value))
        case "one_of" | "not_one_of":
            return _among(found, rule.value, place) == (rule.comparison == "one_of")
        case name:
            return ORDERS[name](*_ordered(found, rule.value, place))


def _contains(found: Json, wanted: Json) -> bool:
    if isinstance(found, str):
        return isinstance(wanted, str) and wanted in found
    if isinstance(found, list):
        return any(identity(item) == identity(wanted) for item in found)
    return isinstance(found, dict) and isinstance(wanted, str) and wanted in found


def _among(found: Json, allowed: Json, place: str) -> bool:
    if not isinstance(allowed, list):
        raise BlockError("RULE_INVALID", f"field `{place}.value`: one_of needs a list of values", retryable=False)
    return any(identity(item) == identity(found) for item in allowed)


ORDERS: dict[str, Callable[[Json, Json], bool]] = {
    "greater": lambda left, right: left > right,
    "at_least": lambda left, right: left >= right,
    "less": lambda left, right: left < right,
    "at_most": lambda left, right: left <= right,
}


def _ordered(left: Json, right: Json, place: str) -> tuple[Json, Json]:
    """Two numbers or two texts; a text that is a number may be compared with a number, as forms deliver it."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    numbers = _number(left), _number(right)
    if None in numbers:
        message = f"field `{place}`: {kind_of(left)} and {kind_of(right)} have no order"
        raise BlockError("NOT_COMPARABLE", message, retryable=False)
    return numbers


def _number(value: Json) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def all_or_any(rules: Sequence[Rule], match: Literal["all", "any"], item: Json, place: str = "rules") -> bool:
    """Whether all rules hold, or any of them."""
    results = (holds(rule, item, f"{place}.{number}") for number, rule in enumerate(rules))
    return all(results) if match == "all" else any(results)
