"""Runs a few lines of Python in a sandbox.

The code knows `variables`, `input` (what the block before it answered), `blocks` and every earlier block by its id.
Its answer is what it returns, or what it assigns to `output` or `result`. What it prints goes to the step's log.

There is no network, no file and no package in reach, and time and memory are limited. Functions, simple classes,
comprehensions, f-strings and modules such as json, re, datetime, math, decimal, random, collections, itertools,
hashlib and base64 are there. To fetch something, use an API call block before it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Code, Config, Context, Example, Json, Output
from blocks.core._fields import ADVANCED


class CodeConfig(Config):
    """Configuration of the code block."""

    code: Code = Field(
        title="Code",
        min_length=1,
        max_length=100_000,
        json_schema_extra={"initial": "output = input"},
        description="Assign the answer to `output`, or return it.",
    )
    language: Literal["python"] = Field(
        "python", title="Language", description="The language of the code.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: CodeConfig, value: Json) -> Output:
    result = await context.sandbox.run(config.code, context.names())
    for line in result.printed:
        context.log(line)
    return Output(result.value)


BLOCK = Block(
    type="code",
    title="Code",
    category="Code",
    icon="code",
    description="Computes something with a few lines of Python.",
    config=CodeConfig,
    execute=execute,
    needs=frozenset({"sandbox"}),
    aliases=("function",),
    output_schema={"description": "What the code returns or assigns to output."},
    examples=(
        Example(
            "Add up an order",
            {"code": "output = sum(item['price'] * item['quantity'] for item in input['items'])"},
            input={"items": [{"price": 5, "quantity": 2}, {"price": 3, "quantity": 1}]},
            output=13,
        ),
        Example(
            "Greet by name", {"code": "return f\"Hello {variables['name']}\""}, output="Hello Ada", variables={"name": "Ada"}
        ),
    ),
)
