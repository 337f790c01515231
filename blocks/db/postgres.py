"""Asks a PostgreSQL database, and changes rows in it.

“Query” runs one statement of SQL. Put values into it by names, never by pasting: `WHERE customer = :customer`, with the value
under Values. Rows come as objects; dates are texts, decimals are numbers where a number holds them exactly, bytes are files.

“Insert”, “upsert”, “update” and “delete” need no SQL: they take a table, and rows or values by column. Upsert changes the rows
that are there already, recognised by the columns that you name, and adds the others. “Transaction” runs several statements,
of which all happen or none.

A list becomes an array, and a list of objects JSON; to write a plain list into a JSON column, cast its text in a query of your
own: `:list::jsonb`, with the value `{{ json(input.list) }}`.

The credential is a “Database” with an address such as `postgresql://user:password@host:5432/shop`. Add `?sslmode=require`, or
`verify-full`, to insist on encryption. Databases in a private network must be allowed by the operator. Needs a library that is
installed with `pip install 'blockyard[postgres]'`.
"""

from __future__ import annotations

from app.sdk import Block, Context, Example, Json, Output, Visit, library
from blocks.db._sql import Dialect, ReturningConfig, answer, on_conflict, statements
from blocks.db._values import ROWS_SCHEMA

DIALECT = Dialect(lambda number: f"${number}", '"', on_conflict)


class PostgresConfig(ReturningConfig):
    """Configuration of the block."""


async def execute(context: Context, config: PostgresConfig, value: Json) -> Output:
    planned = statements(config, DIALECT, value, returning=config.returning)
    client = await library("blocks.db._postgres_client", "postgres")
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        revealed = [one.with_values(visit.reveal(list(one.values))) for one in planned]
        return answer(config, await client.run(visit, revealed, config.limit, seconds))

    return Output(await context.network.visit(talk, credential=config.credential, types=("database",), seconds=seconds))


BLOCK = Block(
    type="db.postgres",
    title="PostgreSQL",
    category="Databases",
    icon="database",
    description="Asks a PostgreSQL database, and changes rows in it.",
    config=PostgresConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=610_000,
    sample={"rows": [], "row_count": 0, "more": False},
    output_schema=ROWS_SCHEMA,
    examples=(
        Example(
            "The orders of one customer",
            {
                "credential": "SHOP_DATABASE",
                "sql": "SELECT id, total FROM orders WHERE customer = :customer ORDER BY id",
                "params": {"customer": "{{ input.id }}"},
            },
            input={"id": 7},
            output={"rows": [{"id": 1, "total": 12.5}], "row_count": 1, "more": False},
            runnable=False,
        ),
        Example(
            "Add or change rows",
            {"credential": "SHOP_DATABASE", "operation": "upsert", "table": "orders", "match": ["id"]},
            input=[{"id": 1, "customer": 7, "total": 15}, {"id": 2, "customer": 8, "total": 3}],
            output={"rows": [], "row_count": 2, "more": False},
            runnable=False,
        ),
        Example(
            "All or nothing",
            {
                "credential": "SHOP_DATABASE",
                "operation": "transaction",
                "statements": [
                    {"sql": "UPDATE accounts SET money = money - :sum WHERE id = :from", "params": {"sum": 5, "from": 1}},
                    {"sql": "UPDATE accounts SET money = money + :sum WHERE id = :to", "params": {"sum": 5, "to": 2}},
                ],
            },
            output={
                "rows": [],
                "row_count": 1,
                "more": False,
                "results": [{"rows": [], "row_count": 1, "more": False}, {"rows": [], "row_count": 1, "more": False}],
            },
            runnable=False,
        ),
    ),
)
