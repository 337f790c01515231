"""Starts the workflow when an agent uses it as a tool, by the Model Context Protocol.

Give the tool a name and say what it does: the agent decides by these words. List the variables that it needs; they are
checked before the workflow starts. The tool is offered while the workflow is deployed; what the workflow answers, or
the output of its last block, is what the agent gets.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, Config, Context, Example, Json, Output
from blocks.core._fields import LongText
from blocks.core._variables import Variables, given_variables, read_variables


class McpToolConfig(Config):
    """Configuration of the tool."""

    tool: str = Field(
        title="Name of the tool",
        min_length=1,
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        description="Letters, digits, - and _. Agents call the tool by it.",
        json_schema_extra={"initial": "", "placeholder": "order_status"},
    )
    description: LongText = Field(
        "", title="What it does", max_length=2_000, description="Tells agents what the tool is for and when to use it."
    )
    variables: Variables = Field(
        default_factory=list, title="Variables", max_length=200, description="What the agent has to give."
    )


async def execute(context: Context, config: McpToolConfig, value: Json) -> Output:
    return Output(read_variables(config.variables, given_variables(value)))


BLOCK = Block(
    type="trigger.mcp_tool",
    title="When an agent uses it",
    category="Start",
    icon="bot",
    description="Offers the workflow to agents as a tool.",
    config=McpToolConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"type": "object", "description": "The variables, with defaults filled in."},
    examples=(
        Example(
            "Where is an order?",
            {
                "tool": "order_status",
                "description": "Tells where an order is.",
                "variables": [{"name": "order", "required": True}],
            },
            input={"order": "A-7"},
            output={"order": "A-7"},
        ),
    ),
)
