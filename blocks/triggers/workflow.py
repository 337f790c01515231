"""Starts the workflow when another workflow runs it.

List the variables that it needs, with their types. The block Run a workflow gives them, and the other blocks use them as
`variables.name`. What is given is checked: a missing or wrong variable stops the run with a message that names it.
Variables that are not on the list are passed on as they are.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.core._variables import Variables, given_variables, read_variables


class WorkflowTriggerConfig(Config):
    """Configuration of the trigger."""

    variables: Variables = Field(
        default_factory=list, title="Variables", max_length=200, description="What the workflow needs in order to run."
    )


async def execute(context: Context, config: WorkflowTriggerConfig, value: Json) -> Output:
    return Output(read_variables(config.variables, given_variables(value)))


BLOCK = Block(
    type="trigger.workflow",
    title="When a workflow runs it",
    category="Start",
    icon="square-arrow-right-enter",
    description="Starts when another workflow runs this one.",
    config=WorkflowTriggerConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"type": "object", "description": "The variables, with defaults filled in."},
    examples=(
        Example(
            "A required city and a country with a default",
            {"variables": [{"name": "city", "required": True}, {"name": "country", "default": "DE"}]},
            input={"city": "Bremen"},
            output={"city": "Bremen", "country": "DE"},
        ),
    ),
)
