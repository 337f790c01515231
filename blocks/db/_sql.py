"""What the blocks of SQL databases have in common: their form, and the statements that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from app.sdk import AnyJson, BlockError, Code, Config, CredentialName, Json, kind
from blocks.core._fields import ADVANCED, Text, when
from blocks.db._placeholders import Mark, positional
from blocks.db._values import Rows

MAX_ROWS = 10_000
MAX_STATEMENTS = 50
MAX_PARAMETERS = 10_000
"""Values in one statement that the block writes; more rows become more statements."""
OPERATIONS = Literal["query", "insert", "upsert", "update", "delete", "transaction"]
WRITES_ROWS = ["insert", "upsert"]
ON_TABLE = ["insert", "upsert", "update", "delete"]

SqlText = Annotated[str, kind("code")]


class SqlStep(BaseModel):
    """One statement of a transaction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sql: SqlText = Field(title="SQL", min_length=1, max_length=50_000, description="With :names where values belong.")
    params: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict, title="Values", description='For the names: {"id": 7} for :id.'
    )


class TableConfig(Config):
    """Configuration of a block that speaks SQL."""

    operation: OPERATIONS = Field(
        "query",
        title="Do",
        description="Ask a question, change rows of a table, or run several statements that all work or none.",
    )
    sql: Code = Field(
        "",
        title="SQL",
        max_length=50_000,
        description="With :names where values belong, such as WHERE id = :id.",
        json_schema_extra=when(operation=["query"]) | {"placeholder": "SELECT * FROM orders WHERE customer = :customer"},
    )
    params: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict,
        title="Values",
        description='For the names in the SQL: {"customer": "{{ input.id }}"} for :customer.',
        json_schema_extra=when(operation=["query"]),
    )
    statements: list[SqlStep] = Field(
        default_factory=list,
        title="Statements",
        max_length=MAX_STATEMENTS,
        description="Done in this order. When one fails, none has happened.",
        json_schema_extra=when(operation=["transaction"]),
    )
    table: Text = Field(
        "",
        title="Table",
        max_length=200,
        description="Its name, with a schema if needed: shop.orders.",
        json_schema_extra=when(operation=ON_TABLE) | {"placeholder": "orders"},
    )
    rows: AnyJson = Field(
        None,
        title="Rows",
        description="An object, or a list of objects; the fields are columns. Left empty: the input.",
        json_schema_extra=when(operation=WRITES_ROWS),
    )
    match: list[Text] = Field(
        default_factory=list,
        title="Known by",
        max_length=20,
        description="The columns by which a row is recognised, such as id. They need a unique index.",
        json_schema_extra=when(operation=["upsert"]),
    )
    values: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict, title="New values", description="By column.", json_schema_extra=when(operation=["update"])
    )
    where: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict,
        title="Where",
        description="Values by column; a list means any of them, null means empty.",
        json_schema_extra=when(operation=["update", "delete"]),
    )
    all_rows: bool = Field(
        False,
        title="All rows",
        description="Must be on to change or delete everything, without a Where.",
        json_schema_extra=ADVANCED | when(operation=["update", "delete"]),
    )
    limit: int = Field(1_000, title="At most", ge=1, le=MAX_ROWS, description="Rows that are taken.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(
        30_000, title="Timeout", ge=100, le=600_000, description="Milliseconds for all of it.", json_schema_extra=ADVANCED
    )


class ServerConfig(TableConfig):
    """Configuration of a block that asks a database server."""

    credential: CredentialName = Field(
        min_length=1,
        title="Credential",
        description="The address of the database, with user and password.",
        json_schema_extra={"initial": ""},
    )


class ReturningConfig(ServerConfig):
    """Where changed rows may be answered."""

    returning: bool = Field(
        False,
        title="Answer the rows",
        description="Whether changed rows are answered, as they are now.",
        json_schema_extra=ADVANCED | when(operation=ON_TABLE),
    )


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of database writes things."""

    mark: Mark
    quote: str
    conflicts: Callable[[Sequence[str], Sequence[str]], str]
    """What follows the rows of an upsert: quoted columns that recognise a row, and the others."""
    backslashes: bool = False
    """Whether a backslash hides the character behind it in a text."""
    percent: bool = False
    """Whether its marks begin with %, so that every other % must be doubled."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Ready for a driver."""

    sql: str
    values: Sequence[Json]
    place: str = "sql"

    def with_values(self, values: Sequence[Json]) -> Statement:
        return Statement(self.sql, values, self.place)


def on_conflict(known_by: Sequence[str], others: Sequence[str]) -> str:
    """As PostgreSQL and SQLite write it."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in others)
    return f" ON CONFLICT ({', '.join(known_by)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")


def statements(config: TableConfig, dialect: Dialect, value: Json, *, returning: bool = False) -> list[Statement]:
    """What is to be done, in order. Raises BlockError naming the field that does not fit."""
    tail = " RETURNING *" if returning else ""
    match config.operation:
        case "query":
            return [_written(config.sql, config.params, dialect, "sql", "params")]
        case "transaction":
            return [
                _written(step.sql, step.params, dialect, f"statements.{number}.sql", f"statements.{number}.params")
                for number, step in enumerate(config.statements)
            ] or _missing("statements", "name at least one")
        case "insert" | "upsert":
            return list(_inserts(config, dialect, value if config.rows is None else config.rows, tail))
        case "update":
            return [_update(config, dialect, tail)]
        case "delete":
            where, values = _where(config, dialect, 0)
            return [Statement(f"DELETE FROM {_table(config, dialect)}{where}{tail}", values, "where")]  # noqa: S608 quoted


def answer(config: TableConfig, results: Sequence[Rows]) -> Json:
    """The block's output."""
    if config.operation == "transaction":
        return {**results[-1].value(), "results": [result.value() for result in results]}
    if len(results) == 1:
        return results[0].value()
    affected = sum(result.value()["row_count"] for result in results)
    whole = Rows(MAX_ROWS, affected=affected, more=any(result.more for result in results))
    whole.rows = [row for result in results for row in result.rows]
    return whole.value()


def _written(sql: str, params: Mapping[str, Json], dialect: Dialect, place: str, values: str) -> Statement:
    if not sql.strip():
        return _missing(place, "write a statement")
    marked, given = positional(sql, params, dialect.mark, place=values, backslashes=dialect.backslashes, percent=dialect.percent)
    return Statement(marked, given, place)


def _inserts(config: TableConfig, dialect: Dialect, given: Json, tail: str) -> Iterator[Statement]:
    rows = given if isinstance(given, list) else [given]
    if len(rows) > MAX_ROWS:
        raise BlockError("TOO_MANY_ITEMS", f"field `rows`: at most {MAX_ROWS:,} rows are allowed", retryable=False)
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not row:
            raise BlockError("ITEMS_INVALID", f"field `rows`: row {number} must be an object with fields", retryable=False)
    if config.operation == "upsert":
        rows = list(_last_of_each(rows, config.match or _missing("match", "name a column")))
    table = _table(config, dialect)
    for names, alike in groupby(rows, key=tuple):
        columns = [_quoted(name, dialect, "rows") for name in names]
        known_by = [_quoted(name, dialect, "match") for name in config.match]
        end = dialect.conflicts(known_by, [c for c in columns if c not in known_by]) if config.operation == "upsert" else ""
        for some in _chunks(list(alike), max(1, MAX_PARAMETERS // len(columns))):
            values = [row[name] for row in some for name in names]
            marks = _rows_of_marks(len(some), len(columns), dialect.mark)
            yield Statement(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}{end}{tail}", values, "rows")  # noqa: S608


def _last_of_each(rows: Iterable[dict[str, Json]], known_by: Sequence[str]) -> Iterator[dict[str, Json]]:
    """One statement cannot change a row twice: of rows that are the same, the last one counts."""
    found: dict[str, dict[str, Json]] = {}
    for number, row in enumerate(rows):
        missing = [name for name in known_by if name not in row]
        if missing:
            raise BlockError("ITEMS_INVALID", f"field `rows`: row {number} has no `{missing[0]}`", retryable=False)
        found[repr([row[name] for name in known_by])] = row
    yield from found.values()


def _rows_of_marks(rows: int, columns: int, mark: Mark) -> str:
    return ", ".join(f"({', '.join(mark(row * columns + column + 1) for column in range(columns))})" for row in range(rows))


def _chunks(rows: Sequence[dict[str, Json]], size: int) -> Iterator[Sequence[dict[str, Json]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _update(config: TableConfig, dialect: Dialect, tail: str) -> Statement:
    if not config.values:
        return _missing("values", "name at least one column")
    changes = [f"{_quoted(name, dialect, 'values')} = {dialect.mark(n)}" for n, name in enumerate(config.values, 1)]
    where, values = _where(config, dialect, len(changes))
    sql = f"UPDATE {_table(config, dialect)} SET {', '.join(changes)}{where}{tail}"  # noqa: S608 names are quoted
    return Statement(sql, [*config.values.values(), *values], "values")


def _where(config: TableConfig, dialect: Dialect, before: int) -> tuple[str, list[Json]]:
    if not config.where:
        return ("", []) if config.all_rows else _missing("where", "name a column, or switch `all_rows` on")
    conditions, values = [], list[Json]()
    for name, wanted in config.where.items():
        column = _quoted(name, dialect, "where")
        if wanted is None:
            conditions.append(f"{column} IS NULL")
        elif isinstance(wanted, list):
            marks = [dialect.mark(before + len(values) + n) for n in range(1, len(wanted) + 1)]
            conditions.append(f"{column} IN ({', '.join(marks)})" if marks else "1 = 0")
            values += wanted
        else:
            values.append(wanted)
            conditions.append(f"{column} = {dialect.mark(before + len(values))}")
    if len(values) > MAX_PARAMETERS:
        raise BlockError("TOO_MANY_ITEMS", f"field `where`: at most {MAX_PARAMETERS:,} values are allowed", retryable=False)
    return f" WHERE {' AND '.join(conditions)}", values


def _table(config: TableConfig, dialect: Dialect) -> str:
    parts = config.table.split(".") if config.table else _missing("table", "name a table")
    return ".".join(_quoted(part, dialect, "table") for part in parts)


def _quoted(name: str, dialect: Dialect, place: str) -> str:
    """A name that can be nothing but a name."""
    if not name.strip() or "\0" in name or len(name) > 128:
        raise BlockError("NAME_INVALID", f"field `{place}`: a name is empty, too long or has a zero in it", retryable=False)
    name = name.replace("%", "%%") if dialect.percent else name
    return dialect.quote + name.replace(dialect.quote, dialect.quote * 2) + dialect.quote


def _missing(place: str, remedy: str) -> NoReturn:
    raise BlockError("CONFIG_INVALID", f"field `{place}`: {remedy}", retryable=False)
