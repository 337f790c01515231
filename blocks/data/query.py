"""Asks a question to nested data: JMESPath, JSONPath or JSON Pointer.

JMESPath is the most able: `orders[?paid].customer.name` gives the names of all customers who have paid, and
`sort_by(items, &age)[0]` the youngest. JSONPath is like a path through folders: `$.orders[*].customer.name` gives a list
of everything that fits. A JSON Pointer leads to one place: `/orders/0/customer/name`.

When nothing is found, JMESPath and JSON Pointer answer null and JSONPath an empty list.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Code, Context, Example, Json, Output, work
from blocks.data._source import SourceConfig


class QueryConfig(SourceConfig):
    """Configuration of the query."""

    language: Literal["jmespath", "jsonpath", "pointer"] = Field(
        "jmespath", title="Language", description="How the question is written."
    )
    expression: Code = Field(
        title="Question",
        max_length=10_000,
        description="For example orders[?total > `100`].id; $..id; or /orders/0/id",
        json_schema_extra={"initial": "", "placeholder": "orders[0].customer.name"},
    )


async def execute(context: Context, config: QueryConfig, value: Json) -> Output:
    return Output(await work("blocks.data._query_work:run", config.language, config.expression, config.data(value)))


BLOCK = Block(
    type="data.query",
    title="Query",
    category="Data",
    icon="braces",
    description="Finds things in nested data by JMESPath, JSONPath or JSON Pointer.",
    config=QueryConfig,
    execute=execute,
    output_schema={"description": "What was found."},
    examples=(
        Example(
            "Customers with large orders",
            {"expression": "orders[?total > `100`].customer"},
            input={"orders": [{"total": 250, "customer": "Ada"}, {"total": 9, "customer": "Bob"}]},
            output=["Ada"],
        ),
        Example(
            "Every id, wherever it stands",
            {"language": "jsonpath", "expression": "$..id"},
            input={"id": 1, "children": [{"id": 2}, {"id": 3}]},
            output=[1, 2, 3],
        ),
        Example("One place", {"language": "pointer", "expression": "/a/1"}, input={"a": ["x", "y"]}, output="y"),
    ),
)
