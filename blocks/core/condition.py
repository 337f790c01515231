"""Sends the data one way or another.

Conditions are tried from the top. The first one that is true decides the way: the first branch leaves at `if`, the
second at `elif_1`, the third at `elif_2`, and so on. When none is true the data leaves at `else`. The data itself
is passed on unchanged. A condition must be true or false; compare, do not only name: `input.total > 100`.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Expression, Json, Output, Port


class Branch(Config):
    """One way and what must hold for it."""

    name: str = Field("", title="Name", max_length=100, description="A label for people. May stay empty.")
    expression: Expression = Field(
        title="Condition",
        min_length=1,
        max_length=10_000,
        description="For example: input.total > 100 and input.country == 'DE'",
        json_schema_extra={"initial": "", "placeholder": "input.total > 100"},
    )


class ConditionConfig(Config):
    """Configuration of the condition."""

    branches: list[Branch] = Field(
        title="Branches",
        min_length=1,
        max_length=50,
        description="Tried from the top; the first true one wins.",
        json_schema_extra={"initial": [{"name": "", "expression": ""}]},
    )


async def execute(context: Context, config: ConditionConfig, value: Json) -> Output:
    for number, branch in enumerate(config.branches):
        if context.true(branch.expression, place=f"branches.{number}.expression"):
            return Output(value, ports=(f"elif_{number}" if number else "if",))
    return Output(value, ports=("else",))


BLOCK = Block(
    type="condition",
    title="Condition",
    category="Flow",
    icon="git-branch",
    description="Goes one way or another, depending on the data.",
    config=ConditionConfig,
    execute=execute,
    outputs=(Port("if", "If"), Port("elif_{n}", "Else if {n}", each="branches", skip=1), Port("else", "Else")),
    output_schema={"description": "Its input, unchanged."},
    examples=(
        Example(
            "A large order",
            {"branches": [{"name": "Large", "expression": "input.total > 100"}]},
            input={"total": 250},
            output={"total": 250},
            ports=("if",),
        ),
        Example(
            "The second of three ways",
            {"branches": [{"expression": "variables.rank == 1"}, {"expression": "variables.rank == 2"}]},
            input="data",
            output="data",
            ports=("elif_1",),
            variables={"rank": 2},
        ),
        Example("None of them", {"branches": [{"expression": "len(input) > 3"}]}, input=[1, 2], output=[1, 2], ports=("else",)),
    ),
)
