"""Calculates, rounds and writes numbers, exactly: 0.1 + 0.2 is 0.3.

`percent` gives so many per cent of the number, `share` tells how many per cent it is of the other. `round` keeps so
many digits after the point; -2 rounds to hundreds. `format` writes it for people, with a currency if you like:
`1.234,50 €`. `parse` reads what people wrote. `random` draws a number between the two.

A text that is a number counts as one. For long formulas write an expression instead: `{{ input.net * 1.19 }}`.
"""

from __future__ import annotations

import decimal
import secrets
from decimal import Decimal
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Context, Example, Json, Output
from blocks.core._fields import ADVANCED, when
from blocks.data._numbers import CONTEXT, PAIRS, calculated, read, rounded, shown, written
from blocks.data._source import SourceConfig


class NumberConfig(SourceConfig):
    """Configuration of the block."""

    operation: Literal[
        "add", "subtract", "multiply", "divide", "modulo", "power", "percent", "share", "min", "max", "absolute", "negate",
        "sqrt", "sign", "round", "clamp", "format", "parse", "random",
    ] = Field("round", title="Do", description="What becomes of the number.")  # fmt: skip
    other: AnyJson = Field(
        None,
        title="Other number",
        description="The second number; for clamp and random the upper end.",
        json_schema_extra=when(
            operation=[
                "add",
                "subtract",
                "multiply",
                "divide",
                "modulo",
                "power",
                "percent",
                "share",
                "min",
                "max",
                "clamp",
                "random",
            ]
        ),
    )
    lower: AnyJson = Field(
        0, title="Lower end", description="For clamp and random.", json_schema_extra=when(operation=["clamp", "random"])
    )
    digits: int = Field(
        2,
        title="Digits after the point",
        ge=-20,
        le=20,
        description="For round, format and random.",
        json_schema_extra=when(operation=["round", "format", "random"]),
    )
    rounding: Literal["half_up", "half_even", "up", "down", "ceiling", "floor"] = Field(
        "half_up",
        title="Rounding",
        description="What becomes of a half, and of the rest.",
        json_schema_extra=ADVANCED | when(operation=["round", "format"]),
    )
    style: Literal["1,234.56", "1.234,56", "1 234,56", "1'234.56", "1234.56"] = Field(
        "1,234.56",
        title="Style",
        description="For format and parse: how the number is written.",
        json_schema_extra=when(operation=["format", "parse"]),
    )
    prefix: str = Field(
        "",
        title="Before it",
        max_length=20,
        description="For format, such as $.",
        json_schema_extra=ADVANCED | when(operation=["format"]),
    )
    suffix: str = Field(
        "",
        title="After it",
        max_length=20,
        description="For format, such as  €.",
        json_schema_extra=ADVANCED | when(operation=["format"]),
    )


async def execute(context: Context, config: NumberConfig, value: Json) -> Output:
    if config.operation == "random":
        return Output(_random(config))
    if config.operation == "parse":
        return Output(shown(read(config.data(value), "source", config.style)))
    number = read(config.data(value), "source")
    with decimal.localcontext(CONTEXT):
        match config.operation:
            case "round":
                return Output(shown(rounded(number, config.digits, config.rounding)))
            case "format":
                text = written(abs(number), config.digits, config.style, config.rounding)
                sign = "-" if rounded(number, config.digits, config.rounding) < 0 else ""
                return Output(f"{sign}{config.prefix}{text}{config.suffix}")
            case "clamp":
                lower, upper = _ends(config)
                return Output(shown(min(max(number, lower), upper)))
    others = [read(config.other, "other")] if config.operation in PAIRS else []
    return Output(shown(calculated(config.operation, number, others)))


def _ends(config: NumberConfig) -> tuple[Decimal, Decimal]:
    lower, upper = read(config.lower, "lower"), read(config.other, "other")
    if lower > upper:
        raise BlockError("CONFIG_INVALID", "field `lower`: must not be more than the upper end", retryable=False)
    return lower, upper


def _random(config: NumberConfig) -> int | float:
    """Every number of so many digits from the lower to the upper end is as likely as the others."""
    lower, upper = _ends(config)
    with decimal.localcontext(CONTEXT):
        step = Decimal(1).scaleb(-config.digits)
        first = (lower / step).to_integral_value(decimal.ROUND_CEILING)
        last = (upper / step).to_integral_value(decimal.ROUND_FLOOR)
        if last < first:
            raise BlockError("CONFIG_INVALID", "field `digits`: there is no such number between the ends", retryable=False)
        return shown((first + secrets.randbelow(int(last - first) + 1)) * step)


BLOCK = Block(
    type="data.number",
    title="Number",
    category="Data",
    icon="calculator",
    description="Calculates, rounds and writes numbers exactly.",
    config=NumberConfig,
    execute=execute,
    output_schema={"type": ["number", "string"], "description": "The number; for format a text."},
    examples=(
        Example("Exact", {"operation": "add", "other": 0.2}, input=0.1, output=0.3),
        Example(
            "A price",
            {"operation": "format", "style": "1.234,56", "suffix": " €", "source": "{{ input.total }}"},
            input={"total": 1234.5},
            output="1.234,50 €",
        ),
        Example("Round to cents", {"operation": "round"}, input="2.675", output=2.68),
        Example("Read what people wrote", {"operation": "parse", "style": "1.234,56"}, input=" 1.234,50 ", output=1234.5),
    ),
)
