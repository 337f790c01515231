"""Checks that data looks as it should, by a JSON Schema.

Describe the data: which fields there must be, of which type, in which limits. Data that fits leaves at `valid`, unchanged.
Data that does not fit leaves at `invalid` as an object with the value and the list of errors, each with its place, so that
you can answer the sender or put the item aside.

Texts from forms can be turned into the numbers and yes/no values that the schema asks for. A schema must be complete in
itself: nothing is fetched from elsewhere.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Port, kind, work
from blocks.data._source import SourceConfig

EXAMPLE_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"mail": {"type": "string", "format": "email"}, "age": {"type": "integer", "minimum": 18}},
    "required": ["mail"],
}


class ValidateConfig(SourceConfig):
    """Configuration of the check."""

    json_schema: Annotated[dict[str, Json], kind("json")] = Field(
        title="JSON Schema",
        description="What the data must look like.",
        json_schema_extra={"initial": {"type": "object", "properties": {}, "required": []}},
    )
    coerce: bool = Field(
        False,
        title="Convert texts",
        description="Whether the text 12 may stand where a number is needed. The value is converted.",
    )
    fail: bool = Field(
        False, title="Fail when it does not fit", description="Instead of leaving at invalid. The error lists what is wrong."
    )


async def execute(context: Context, config: ValidateConfig, value: Json) -> Output:
    answer = await work("blocks.data._validate_work:run", config.json_schema, config.data(value), config.coerce)
    if not answer["errors"]:
        return Output(answer["value"], ports=("valid",))
    if config.fail:
        message = f"the data does not fit: {'; '.join(error['message'] for error in answer['errors'][:5])}"
        raise BlockError("INVALID_DATA", message, details=answer["errors"], retryable=False)
    return Output(answer, ports=("invalid",))


BLOCK = Block(
    type="data.validate",
    title="Validate",
    category="Data",
    icon="list-checks",
    description="Checks data by a JSON Schema; what does not fit goes another way.",
    config=ValidateConfig,
    execute=execute,
    outputs=(Port("valid", "Fits"), Port("invalid", "Does not fit")),
    output_schema={
        "description": "At valid the data itself; at invalid an object with the value and the errors.",
        "properties": {
            "value": {},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"path": {"type": "string"}, "rule": {"type": "string"}, "message": {"type": "string"}},
                },
            },
        },
    },
    examples=(
        Example(
            "A form that is right once its texts are converted",
            {"json_schema": EXAMPLE_SCHEMA, "coerce": True},
            input={"mail": "ada@example.com", "age": "36"},
            output={"mail": "ada@example.com", "age": 36},
            ports=("valid",),
        ),
        Example(
            "What is wrong, and where",
            {"json_schema": EXAMPLE_SCHEMA},
            input={"age": 7},
            output={
                "value": {"age": 7},
                "errors": [
                    {"path": "", "rule": "required", "message": "the data lacks mail"},
                    {"path": "age", "rule": "minimum", "message": "age must be at least 18"},
                ],
            },
            ports=("invalid",),
        ),
    ),
)
