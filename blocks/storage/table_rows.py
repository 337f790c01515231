"""Reads and writes rows of a data table: find, add, change, remove.

Tables are made on the page *Tables*; every column has a type, and every row an `id`. `find` answers the rows that fit your
conditions. `insert` adds rows: an object, or a list of objects, whose keys are columns. `upsert` does the same, but changes
the row that has the same value in a unique column, so that nothing is there twice. `update` puts values into every row that
fits, and `delete` removes them; both want a condition. `id` is `not_empty` stands for all rows.

A step that is repeated after a crash adds its rows once.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import (
    AnyJson,
    Block,
    BlockError,
    Config,
    Context,
    Example,
    Json,
    Output,
    Port,
    TableFilter,
    TableOperator,
    TableQuery,
)
from blocks.core._fields import ADVANCED, Text, when

SEARCHING: list[Json] = ["find", "update", "delete"]
ADDING: list[Json] = ["insert", "upsert"]


class TableCondition(Config):
    """One condition on a column."""

    column: Text = Field(
        title="Column", min_length=1, max_length=63, description="Its name, or id.", json_schema_extra={"initial": ""}
    )
    operator: TableOperator = Field("equals", title="Is", description="How the column is compared.")
    value: AnyJson = Field(None, title="Value", description="To compare with; a list for one_of, nothing for empty.")


class TableRowsConfig(Config):
    """Configuration of the block."""

    table: Text = Field(
        title="Table",
        min_length=1,
        max_length=100,
        description="The table's name.",
        json_schema_extra={"initial": "", "placeholder": "Customers"},
    )
    operation: Literal["find", "insert", "upsert", "update", "delete"] = Field(
        "find",
        title="Do",
        description="Find rows, add them, add or change them, change those that fit, or remove those that fit.",
    )
    rows: AnyJson = Field(
        None,
        title="Rows",
        description="An object or a list of objects. Left out, it is the input of the block.",
        json_schema_extra=when(operation=ADDING),
    )
    match_column: Text = Field(
        "",
        title="Same row by",
        max_length=63,
        description="The unique column that tells which row is meant.",
        json_schema_extra={"placeholder": "email", **when(operation=["upsert"])},
    )
    values: AnyJson = Field(
        None,
        title="New values",
        description="An object of columns and values. Left out, it is the input of the block.",
        json_schema_extra=when(operation=["update"]),
    )
    filters: list[TableCondition] = Field(
        default_factory=list,
        title="Conditions",
        max_length=20,
        description="Which rows. Without one, find answers all.",
        json_schema_extra=when(operation=SEARCHING),
    )
    match: Literal["all", "any"] = Field(
        "all", title="Must hold", description="All conditions, or any one of them.", json_schema_extra=when(operation=SEARCHING)
    )
    sort: Text = Field(
        "",
        title="Sort by",
        max_length=63,
        description="A column. Left empty, the oldest rows come first.",
        json_schema_extra=when(operation=["find"]),
    )
    descending: bool = Field(
        False, title="Largest first", description="Turns the order round.", json_schema_extra=when(operation=["find"])
    )
    limit: int = Field(
        100, title="At most", ge=1, le=1_000, description="How many rows.", json_schema_extra=when(operation=["find"])
    )
    offset: int = Field(
        0,
        title="Leave out the first",
        ge=0,
        le=1_000_000,
        description="To read a long table in parts.",
        json_schema_extra=ADVANCED | when(operation=["find"]),
    )

    @property
    def query(self) -> TableQuery:
        """Which rows are meant."""
        filters = tuple(TableFilter(one.column, one.operator, one.value) for one in self.filters)
        return TableQuery(filters, self.match == "any", self.sort, self.descending, self.limit, self.offset)


async def execute(context: Context, config: TableRowsConfig, value: Json) -> Output:
    match config.operation:
        case "find":
            found = await context.tables.find(config.table, config.query)
            return _output(list(found.rows), found.total)
        case "insert":
            made = await context.tables.insert(config.table, _rows(config, value), context.idempotency_key)
            return _output(list(made), len(made))
        case "upsert":
            if not config.match_column:
                raise _missing("match_column", "the column that tells which row is meant is needed")
            done = await context.tables.upsert(config.table, _rows(config, value), config.match_column)
            return _output(list(done), len(done))
        case "update":
            values = config.values if "values" in config.model_fields_set else value
            if not isinstance(values, dict):
                raise _missing("values", "must be an object of columns and values")
            return _output([], await context.tables.update(config.table, _guarded(config), values))
        case "delete":
            return _output([], await context.tables.delete(config.table, _guarded(config)))


def _rows(config: TableRowsConfig, value: Json) -> list[dict[str, Json]]:
    given = config.rows if "rows" in config.model_fields_set else value
    rows = given if isinstance(given, list) else [given]
    if not all(isinstance(row, dict) for row in rows):
        raise _missing("rows", "must be an object, or a list of objects")
    return [{name: item for name, item in row.items() if name != "id"} for row in rows]


def _guarded(config: TableRowsConfig) -> TableQuery:
    if not config.filters:
        raise _missing("filters", "a condition is needed; for all rows say that id is not_empty")
    return config.query


def _missing(field: str, message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `{field}`: {message}", details={"field": field}, retryable=False)


def _output(rows: list[dict[str, Json]], count: int) -> Output:
    return Output({"rows": rows, "count": count}, ports=("output", "some" if count else "none"))


BLOCK = Block(
    type="table.rows",
    title="Table rows",
    category="Storage",
    icon="table",
    description="Finds, adds, changes and removes rows of a data table.",
    config=TableRowsConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"tables"}),
    outputs=(Port("output", "Always"), Port("some", "When there are rows"), Port("none", "When there are none")),
    sample={"rows": [], "count": 0},
    output_schema={
        "type": "object",
        "properties": {
            "rows": {
                "type": "array",
                "items": {"type": "object", "properties": {"id": {"type": "integer"}}},
                "description": "What was found or written; empty for update and delete.",
            },
            "count": {"type": "integer", "description": "How many rows fit, or were written, changed or removed."},
        },
        "required": ["rows", "count"],
    },
    examples=(
        Example(
            "Customers in Bern, the newest first",
            {
                "table": "Customers",
                "filters": [{"column": "city", "value": "Bern"}],
                "sort": "id",
                "descending": True,
                "limit": 10,
            },
            output={"rows": [{"id": 2, "email": "ada@example.com", "city": "Bern"}], "count": 1},
            ports=("output", "some"),
            runnable=False,
        ),
        Example(
            "Add or change a customer",
            {"table": "Customers", "operation": "upsert", "match_column": "email"},
            input={"email": "ada@example.com", "city": "Bern"},
            output={"rows": [{"id": 2, "email": "ada@example.com", "city": "Bern"}], "count": 1},
            ports=("output", "some"),
            runnable=False,
        ),
        Example(
            "Remove what is done",
            {"table": "Tasks", "operation": "delete", "filters": [{"column": "done", "value": True}]},
            output={"rows": [], "count": 3},
            ports=("output", "some"),
            runnable=False,
        ),
    ),
)
