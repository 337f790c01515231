"""Pure: questions to data tables, checked against the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, get_args

from app.db.row_filters import Condition
from app.engine.values import NotJson, decode
from app.sdk import Json, TableFilter, TableOperator, TableQuery
from app.services.errors import ServiceError, invalid
from app.services.table_columns import CellError, Column, cell

MAX_FILTERS = 20
MAX_CHOICES = 100
MAX_ROWS = 1_000
OPERATORS: Final = frozenset(get_args(TableOperator))
ORDERED: Final = frozenset({"greater", "at_least", "less", "at_most"})
OF_TEXTS: Final = frozenset({"contains", "starts_with"})
FOR_JSON: Final = frozenset({"empty", "not_empty", "contains"})
OWN: Final[Mapping[str, Column]] = {
    "id": Column("id", "number"),
    "created_at": Column("created_at", "datetime"),
    "updated_at": Column("updated_at", "datetime"),
}


def conditions(columns: Sequence[Column], filters: Sequence[TableFilter]) -> list[Condition]:
    """The filters with values of the right type. Raises 400 naming the one that does not fit."""
    if len(filters) > MAX_FILTERS:
        raise invalid(f"There may be {MAX_FILTERS} conditions.")
    return [_condition(columns, asked, f"where[{number}]") for number, asked in enumerate(filters)]


def column_named(columns: Sequence[Column], name: str, place: str) -> Column:
    """Raises 400 for a name that is none of a column."""
    found = next((column for column in columns if column.name == name), None) or OWN.get(name)
    if found is None:
        raise _refused(place, f"names no column of this table: {str(name)[:100]}")
    return found


def read_query(raw: Mapping[str, Json]) -> TableQuery:
    """`{where, any, sort, limit, offset}` as programs send it; `sort` may begin with `-`. Raises 400."""
    where, sort = raw.get("where") or [], raw.get("sort") or ""
    limit, offset, any_of = raw.get("limit", 100), raw.get("offset", 0), raw.get("any", False)
    if not isinstance(where, list) or not isinstance(sort, str) or not isinstance(any_of, bool):
        raise _refused("where", "must be a list, `sort` the name of a column, `any` true or false")
    if not _is_whole(limit) or not 1 <= limit <= MAX_ROWS:
        raise _refused("limit", f"must be between 1 and {MAX_ROWS}")
    if not _is_whole(offset) or not 0 <= offset <= 10_000_000:
        raise _refused("offset", "must be a whole number from 0")
    filters = tuple(_filter(item, f"where[{number}]") for number, item in enumerate(where[: MAX_FILTERS + 1]))
    return TableQuery(filters, any_of, sort.removeprefix("-"), sort.startswith("-"), limit, offset)


def read_where(text: str) -> Json:
    """The JSON of a condition in an address. Raises 400."""
    try:
        return decode(text) if text else []
    except NotJson as error:
        raise invalid(f"`where`: {error}.") from None


def _filter(raw: Json, place: str) -> TableFilter:
    if not isinstance(raw, dict) or not raw.keys() <= {"column", "operator", "value"}:
        raise _refused(place, "must be an object with column, operator and value")
    column, operator = raw.get("column"), raw.get("operator", "equals")
    if not isinstance(column, str) or not isinstance(operator, str) or operator not in OPERATORS:
        raise _refused(place, f"needs a column, and an operator out of {', '.join(sorted(OPERATORS))}")
    return TableFilter(column, operator, raw.get("value"))  # type: ignore[arg-type]


def _condition(columns: Sequence[Column], asked: TableFilter, place: str) -> Condition:
    column = column_named(columns, asked.column, f"{place}.column")
    operator, kind = asked.operator, column.type
    if operator not in OPERATORS:
        raise _refused(f"{place}.operator", f"must be one of {', '.join(sorted(OPERATORS))}")
    if kind == "json" and operator not in FOR_JSON:
        raise _refused(f"{place}.operator", "cannot be asked of JSON; use empty, not_empty or contains")
    if operator in OF_TEXTS:
        if kind not in ("text", "json") or not isinstance(asked.value, str):
            raise _refused(place, "looks for a text in a column of texts")
        return Condition(column.name, kind, operator, asked.value)
    if operator in ("empty", "not_empty"):
        return Condition(column.name, kind, operator)
    if operator == "one_of":
        choices = asked.value
        if not isinstance(choices, list) or not 1 <= len(choices) <= MAX_CHOICES:
            raise _refused(f"{place}.value", f"must be a list of 1 to {MAX_CHOICES} values")
        return Condition(column.name, kind, operator, [_value(column, choice, place) for choice in choices])
    if asked.value is None and operator in ORDERED:
        raise _refused(f"{place}.value", "is needed to compare with")
    return Condition(column.name, kind, operator, None if asked.value is None else _value(column, asked.value, place))


def _value(column: Column, value: Json, place: str) -> Json:
    try:
        found = cell(column, value)
    except CellError as error:
        raise _refused(f"{place}.value", str(error)) from None
    if found is None:
        raise _refused(f"{place}.value", "is needed to compare with")
    if column.name in ("created_at", "updated_at"):
        return datetime.fromisoformat(str(found)).astimezone(UTC)
    return found


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refused(place: str, message: str) -> ServiceError:
    return invalid(f"`{place}` {message}.", [{"field": place, "message": message}])
