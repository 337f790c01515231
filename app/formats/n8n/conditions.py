"""Rules that n8n's If, Filter and Switch are made of, as conditions of this language. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.n8n.expressions import Scope
from app.formats.n8n.node import Node
from app.sdk import Json

COMPARED: Mapping[str, str] = {
    "equals": "{0} == {1}", "equal": "{0} == {1}", "notEquals": "{0} != {1}", "notEqual": "{0} != {1}",
    "gt": "{0} > {1}", "larger": "{0} > {1}", "gte": "{0} >= {1}", "largerEqual": "{0} >= {1}", "lt": "{0} < {1}",
    "smaller": "{0} < {1}", "lte": "{0} <= {1}", "smallerEqual": "{0} <= {1}", "contains": "contains({0}, {1})",
    "notContains": "not contains({0}, {1})", "startsWith": "starts_with({0}, {1})", "endsWith": "ends_with({0}, {1})",
    "notStartsWith": "not starts_with({0}, {1})", "notEndsWith": "not ends_with({0}, {1})", "after": "{0} > {1}",
    "before": "{0} < {1}", "afterOrEquals": "{0} >= {1}", "beforeOrEquals": "{0} <= {1}", "true": "{0} == true",
    "false": "{0} == false", "lengthEquals": "len({0}) == {1}", "lengthGt": "len({0}) > {1}", "lengthLt": "len({0}) < {1}",
    "lengthGte": "len({0}) >= {1}", "lengthLte": "len({0}) <= {1}",
}  # fmt: skip
LONELY: Mapping[str, str] = {
    "exists": "default({0}, null) != null", "notExists": "default({0}, null) == null",
    "empty": 'default({0}, null) in [null, "", [], {{}}]', "isEmpty": 'default({0}, null) in [null, "", [], {{}}]',
    "notEmpty": 'default({0}, null) not in [null, "", [], {{}}]', "isNotEmpty": 'default({0}, null) not in [null, "", [], {{}}]',
}  # fmt: skip


def rules(node: Node, raw: Json, scope: Scope | None = None) -> str:
    """The conditions of an If, a Filter or a rule of a Switch as one expression."""
    if not isinstance(raw, dict):
        return "true"
    listed = raw.get("conditions")
    if isinstance(listed, list):
        parts = [_new(node, one, scope) for one in listed if isinstance(one, dict)]
        joint = raw.get("combinator", "and")
    else:
        parts = [_old(node, kind, one, scope) for kind, ones in raw.items() if isinstance(ones, list) for one in ones]
        joint = "or" if node.raw("combineOperation", "all") == "any" else "and"
    if len(parts) < 2:
        return parts[0] if parts else "true"
    return f" {'or' if joint == 'or' else 'and'} ".join(f"({part})" for part in parts)


def compared(node: Node, operation: str, left: str, right: str) -> str:
    """Two parts compared; an operation that is not known here is noted."""
    if operation in LONELY:
        return LONELY[operation].format(left)
    if operation in COMPARED:
        return COMPARED[operation].format(left, right)
    node.note(f"The comparison “{operation}” is not known here: write this condition anew.")
    return f"{left} == {right}"


def _new(node: Node, one: Mapping[str, Json], scope: Scope | None) -> str:
    operator = one.get("operator") if isinstance(one.get("operator"), dict) else {}
    left = node.part(one.get("leftValue"), "leftValue", scope)
    right = node.part(_typed(one.get("rightValue"), str((operator or {}).get("type", ""))), "rightValue", scope)
    return compared(node, str((operator or {}).get("operation", "equals")), left, right)


def _typed(value: Json, kind: str) -> Json:
    """A number or a truth value that was typed as a text."""
    if kind == "number" and isinstance(value, str) and not value.startswith("="):
        try:
            return int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            return value
    return value


def _old(node: Node, kind: str, one: Json, scope: Scope | None) -> str:
    if not isinstance(one, dict):
        return "true"
    left, right = node.part(one.get("value1"), "value1", scope), node.part(_typed(one.get("value2"), kind), "value2", scope)
    standard = {"number": "smaller", "dateTime": "after"}.get(kind, "equal")
    return compared(node, str(one.get("operation", standard)), left, right)
