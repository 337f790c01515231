"""Translates a value by a table: a country's code into its name, a product's number into its price.

The table is an object such as `{"DE": "Germany", "FR": "France"}`, or a list of objects with the fields to compare and to
take. Numbers and texts are compared as texts, so 7 finds "7". What is not in the table gets the value for everything else.

Give a list, and every entry of it is translated.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Context, Example, Json, Output, Port
from blocks.core._fields import as_text
from blocks.data._paths import MISSING, find, get
from blocks.data._source import SourceConfig
from blocks.flow._items import MAX_ITEMS
from blocks.flow._values import kind_of


class LookupConfig(SourceConfig):
    """Configuration of the block."""

    table: AnyJson = Field(
        title="Table",
        description="An object of values by key, or a list of objects.",
        json_schema_extra={"initial": {}, "placeholder": '{"DE": "Germany"}'},
    )
    key_field: str = Field(
        "id", title="Field to compare", max_length=500, description="When the table is a list: where the key stands."
    )
    value_field: str = Field(
        "",
        title="Field to take",
        max_length=500,
        description="When the table is a list: what to answer. Left empty: the whole object.",
    )
    ignore_case: bool = Field(False, title="Ignore capital letters", description="Whether de also finds DE.")
    default: AnyJson = Field(None, title="Otherwise", description="The answer when the value is not in the table.")


async def execute(context: Context, config: LookupConfig, value: Json) -> Output:
    table = _table(config)
    wanted = config.data(value)
    if isinstance(wanted, list):
        return Output([table.get(_key(item, config), config.default) for item in wanted])
    key = _key(wanted, config)
    return Output(table.get(key, config.default), ports=("output", "found" if key in table else "not_found"))


def _table(config: LookupConfig) -> dict[str, Json]:
    if isinstance(config.table, dict):
        return {_key(key, config): content for key, content in config.table.items()}
    if not isinstance(config.table, list):
        message = f"field `table`: must be an object or a list; this is {kind_of(config.table)}"
        raise BlockError("TABLE_INVALID", message, retryable=False)
    if len(config.table) > MAX_ITEMS:
        raise BlockError("TOO_MANY_ITEMS", f"field `table`: at most {MAX_ITEMS:,} rows are allowed", retryable=False)
    rows = [row for row in config.table if find(row, config.key_field) is not MISSING]
    return {_key(get(row, config.key_field), config): get(row, config.value_field) for row in reversed(rows)}


def _key(value: Json, config: LookupConfig) -> str:
    text = as_text(int(value) if isinstance(value, float) and value.is_integer() else value)
    return text.casefold() if config.ignore_case else text


BLOCK = Block(
    type="data.lookup",
    title="Look up",
    category="Data",
    icon="book-open",
    description="Translates a value by a table.",
    config=LookupConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("found", "When it is there"), Port("not_found", "When it is not there")),
    output_schema={"description": "What the table says, or the value for everything else. For a list, a list."},
    examples=(
        Example(
            "A country's name",
            {"source": "{{ input.country }}", "table": {"DE": "Germany", "FR": "France"}, "default": "elsewhere"},
            input={"country": "FR"},
            output="France",
            ports=("output", "found"),
        ),
        Example(
            "A price, from a list",
            {"table": [{"id": 1, "price": 5}, {"id": 2, "price": 7}], "value_field": "price", "default": 0},
            input="3",
            output=0,
            ports=("output", "not_found"),
        ),
        Example("Every entry", {"table": {"a": 1, "b": 2}}, input=["b", "c", "a"], output=[2, None, 1]),
    ),
)
