"""Asks questions to lists in SQL, as if they were tables of a database.

The input is the table `items`; more tables can be named, each with a list of objects. Fields become columns. Then
everything that SQLite can do in a SELECT is at hand: joins, groups, windows. Lists and objects inside items are JSON text;
`json_extract(address, '$.city')` looks into them.

Put values into the query by names, never by pasting: `WHERE total > :limit` with the parameter `limit`. Nothing is
stored; the tables are gone afterwards. At most 10,000 rows come out, and a question may take three seconds.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Code, Context, Example, Json, Output, kind, work
from blocks.flow._items import MAX_ITEMS, ItemsConfig
from blocks.flow._values import kind_of

SECONDS = 3.0
MAX_TABLES = 20


class SqlConfig(ItemsConfig):
    """Configuration of the query."""

    query: Code = Field(
        title="Query",
        min_length=1,
        max_length=50_000,
        description="A SELECT. The input is the table items.",
        json_schema_extra={
            "initial": "SELECT * FROM items",
            "placeholder": "SELECT country, sum(total) FROM items GROUP BY country",
        },
    )
    parameters: AnyJson = Field(
        default_factory=dict, title="Parameters", description='Values for names in the query: {"limit": 100} for :limit.'
    )
    tables: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict,
        title="More tables",
        max_length=MAX_TABLES,
        description='Lists of objects by name: {"customers": "{{ blocks.customers.output }}"}.',
    )


async def execute(context: Context, config: SqlConfig, value: Json) -> Output:
    tables = {name: _list(name, rows) for name, rows in config.tables.items()}
    if "items" in config.model_fields_set or not tables or isinstance(value, list):
        tables.setdefault("items", config.list_of(value))
    if not isinstance(config.parameters, dict):
        raise BlockError("CONFIG_INVALID", "field `parameters`: must be an object of names and values", retryable=False)
    return Output(await work("blocks.data._sql_work:run", tables, config.query, config.parameters, seconds=SECONDS))


def _list(name: str, rows: Json) -> list[Json]:
    if not isinstance(rows, list):
        raise BlockError("ITEMS_INVALID", f"table `{name}`: must be a list; this is {kind_of(rows)}", retryable=False)
    if len(rows) > MAX_ITEMS:
        raise BlockError("TOO_MANY_ITEMS", f"table `{name}`: at most {MAX_ITEMS:,} items are allowed", retryable=False)
    return rows


BLOCK = Block(
    type="data.sql",
    title="SQL on items",
    category="Data",
    icon="database",
    description="Asks questions to lists in SQL, in memory.",
    config=SqlConfig,
    execute=execute,
    output_schema={
        "type": "array",
        "items": {"type": "object", "description": "By the names of the columns."},
        "description": "The rows.",
    },
    examples=(
        Example(
            "Turnover by country",
            {
                "query": "SELECT country, sum(total) AS total FROM items WHERE total > :least GROUP BY country",
                "parameters": {"least": 1},
            },
            input=[{"country": "DE", "total": 5}, {"country": "DE", "total": 7}, {"country": "FR", "total": 1}],
            output=[{"country": "DE", "total": 12}],
        ),
        Example(
            "Orders with their customers",
            {
                "query": "SELECT name, n FROM items JOIN customers ON customers.id = items.customer ORDER BY n",
                "items": "{{ input.orders }}",
                "tables": {"customers": "{{ input.customers }}"},
            },
            input={"orders": [{"n": 2, "customer": 7}, {"n": 1, "customer": 7}], "customers": [{"id": 7, "name": "Ada"}]},
            output=[{"name": "Ada", "n": 1}, {"name": "Ada", "n": 2}],
        ),
    ),
)
