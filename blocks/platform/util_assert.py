"""Checks that something is as it must be, and stops the workflow when it is not.

Write conditions, such as `input.total >= 0`, or rules for fields. When all hold, the input is passed on unchanged. When one
does not, the execution fails and says which; or the data leaves at `failed`, with the list of what does not hold. Good for
tests of workflows, and before something that cannot be undone.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Expression, Json, Output, Port
from blocks.data._rules import Rule, holds


class Assertion(Config):
    """A condition that must be true."""

    condition: Expression = Field(
        title="Condition",
        min_length=1,
        max_length=10_000,
        description="What must be true, for example input.total >= 0",
        json_schema_extra={"initial": "", "placeholder": "input.total >= 0"},
    )
    message: str = Field("", title="Message", max_length=500, description="What to say when it is not. May stay empty.")


class AssertConfig(Config):
    """Configuration of the check."""

    conditions: list[Assertion] = Field(
        default_factory=list,
        title="Conditions",
        max_length=50,
        description="Each of them must be true.",
        json_schema_extra={"initial": [{"condition": "", "message": ""}]},
    )
    rules: list[Rule] = Field(
        default_factory=list, title="Rules", max_length=50, description="What must hold for the fields of the input."
    )
    on_fail: Literal["fail", "continue"] = Field(
        "fail", title="When one does not hold", description="The execution fails, or the data leaves at failed."
    )


async def execute(context: Context, config: AssertConfig, value: Json) -> Output:
    broken = [
        assertion.message or f"condition {number + 1} is not true"
        for number, assertion in enumerate(config.conditions)
        if not context.true(assertion.condition, f"conditions.{number}.condition")
    ]
    broken += [
        f"rule {number + 1} does not hold: {rule.field or 'the input'} {rule.comparison.replace('_', ' ')}"
        for number, rule in enumerate(config.rules)
        if not holds(rule, value, f"rules.{number}")
    ]
    if not broken:
        return Output(value, ports=("output",))
    if config.on_fail == "continue":
        return Output({"value": value, "failed": broken}, ports=("failed",))
    raise BlockError("ASSERTION_FAILED", "; ".join(broken), details={"failed": broken}, retryable=False)


BLOCK = Block(
    type="util.assert",
    title="Check",
    category="Data",
    icon="badge-check",
    description="Stops when something is not as it must be.",
    config=AssertConfig,
    execute=execute,
    outputs=(Port("output", "Everything holds"), Port("failed", "Something does not hold")),
    output_schema={
        "description": "The input; at failed the value and what does not hold.",
        "properties": {"value": {}, "failed": {"type": "array", "items": {"type": "string"}}},
    },
    examples=(
        Example("As it must be", {"conditions": [{"condition": "input.total >= 0"}]}, input={"total": 5}, output={"total": 5}),
        Example(
            "What does not hold",
            {
                "conditions": [{"condition": "input.total < 5", "message": "too much"}],
                "rules": [{"field": "name", "comparison": "not_empty"}],
                "on_fail": "continue",
            },
            input={"total": 5},
            output={"value": {"total": 5}, "failed": ["too much", "rule 1 does not hold: name not empty"]},
            ports=("failed",),
        ),
    ),
)
