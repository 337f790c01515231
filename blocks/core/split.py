"""Sends the same data down several branches at once.

All branches run at the same time. To continue with all their answers, connect the ends of the branches to one
block: its input is then an object with the answer of each, named by the id of the block that it comes from.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output, Port


class SplitConfig(Config):
    """Configuration of the split."""

    branches: int = Field(2, title="Branches", ge=2, le=50, description="How many branches there are, from 2 to 50.")


async def execute(context: Context, config: SplitConfig, value: Json) -> Output:
    return Output(value, ports=tuple(f"branch_{number}" for number in range(1, config.branches + 1)))


BLOCK = Block(
    type="split",
    title="Split",
    category="Flow",
    icon="split",
    description="Does several things at the same time.",
    config=SplitConfig,
    execute=execute,
    outputs=(Port("branch_{n}", "Branch {n}", each="branches"),),
    output_schema={"description": "Its input, on every branch."},
    examples=(
        Example(
            "Three ways at once",
            {"branches": 3},
            input={"order": 7},
            output={"order": 7},
            ports=("branch_1", "branch_2", "branch_3"),
        ),
    ),
)
