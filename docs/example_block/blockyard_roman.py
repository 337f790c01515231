"""Writes a number as a Roman numeral, as on old clocks.

Numbers from 1 to 3999 can be written in this way; 2026 is `MMXXVI`.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output

SIGNS = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"),
    (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
LARGEST = 3999


class RomanConfig(Config):
    """Configuration of the block: what stands in its form."""

    number: int = Field(title="Number", ge=1, le=LARGEST, description="From 1 to 3999, or {{ input.year }}.")
    small: bool = Field(False, title="Small letters", description="Whether it is written mmxxvi.")


async def execute(context: Context, config: RomanConfig, value: Json) -> Output:
    text, left = "", config.number
    for worth, sign in SIGNS:
        text += sign * (left // worth)
        left %= worth
    context.log(f"{config.number} is {text}")
    return Output(text.lower() if config.small else text)


BLOCK = Block(
    type="example.roman",
    title="Roman numeral",
    category="Data",
    icon="hash",
    description="Writes a number as a Roman numeral.",
    config=RomanConfig,
    execute=execute,
    output_schema={"type": "string", "description": "The numeral."},
    examples=(
        Example("A year", {"number": "{{ input.year }}"}, input={"year": 2026}, output="MMXXVI"),
        Example("A page before the first", {"number": 9, "small": True}, output="ix"),
    ),
)
