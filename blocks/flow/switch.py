"""Sends the data down one of many ways.

Compare a value, for example `{{ input.country }}`, with the value of each case; or choose rules and write a condition
for each case, such as `input.total > 100`. The first case leaves at `case_1`, the second at `case_2`, and so on. When
no case fits, the data leaves at `default`. The data itself is passed on unchanged.

Values are compared exactly: the text "5" is not the number 5, and capital letters count. The first case that fits
wins, unless you ask for all of them: then every fitting way is taken, at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import AnyJson, Block, Config, Context, Example, Expression, Json, Output, Port
from blocks.core._fields import ADVANCED
from blocks.flow._values import identity


class Case(Config):
    """One way and what must hold for it."""

    name: str = Field("", title="Name", max_length=100, description="A label for people. May stay empty.")
    value: AnyJson = Field(None, title="Value", description="When values are compared: the value that takes this way.")
    expression: Expression = Field(
        "",
        title="Condition",
        max_length=10_000,
        description="When rules are used: what must be true, for example input.total > 100.",
        json_schema_extra={"placeholder": "input.total > 100"},
    )


class SwitchConfig(Config):
    """Configuration of the switch."""

    mode: Literal["value", "rules"] = Field(
        "value", title="Decide by", description="Compare one value with that of each case, or try a condition for each."
    )
    value: AnyJson = Field(
        None,
        title="Value",
        description="What is compared, for example {{ input.country }}. Left out, it is the input of the block.",
    )
    cases: list[Case] = Field(
        title="Cases",
        min_length=1,
        max_length=50,
        description="Tried from the top.",
        json_schema_extra={"initial": [{"name": ""}, {"name": ""}]},
    )
    all_matches: bool = Field(
        False,
        title="Take every way that fits",
        description="Instead of only the first one.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("cases")
    @classmethod
    def _rules_are_written(cls, cases: list[Case], info: ValidationInfo) -> list[Case]:
        if info.data.get("mode") == "rules":
            for number, case in enumerate(cases, 1):
                if not case.expression.strip():
                    raise ValueError(f"the condition of case {number} is needed")
        return cases


async def execute(context: Context, config: SwitchConfig, value: Json) -> Output:
    ports = tuple(islice(_fitting(context, config, value), None if config.all_matches else 1))
    return Output(value, ports or ("default",))


def _fitting(context: Context, config: SwitchConfig, value: Json) -> Iterator[str]:
    wanted = identity(config.value if "value" in config.model_fields_set else value)
    for number, case in enumerate(config.cases):
        if config.mode == "value":
            fits = identity(case.value) == wanted
        else:
            fits = context.true(case.expression, place=f"cases.{number}.expression")
        if fits:
            yield f"case_{number + 1}"


BLOCK = Block(
    type="flow.switch",
    title="Switch",
    category="Flow",
    icon="signpost",
    description="Goes one of many ways, by value or by rules.",
    config=SwitchConfig,
    execute=execute,
    outputs=(Port("case_{n}", "Case {n}", each="cases"), Port("default", "Otherwise")),
    output_schema={"description": "Its input, unchanged."},
    examples=(
        Example(
            "By country",
            {"value": "{{ input.country }}", "cases": [{"name": "Germany", "value": "DE"}, {"name": "France", "value": "FR"}]},
            input={"country": "FR", "total": 12},
            output={"country": "FR", "total": 12},
            ports=("case_2",),
        ),
        Example("No case fits", {"cases": [{"value": 1}, {"value": 2}]}, input="1", output="1", ports=("default",)),
        Example(
            "Every rule that holds",
            {
                "mode": "rules",
                "cases": [{"expression": "input.total > 100"}, {"expression": "input.new"}, {"expression": "input.total == 0"}],
                "all_matches": True,
            },
            input={"total": 250, "new": True},
            output={"total": 250, "new": True},
            ports=("case_1", "case_2"),
        ),
    ),
)
