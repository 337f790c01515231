"""Uses a tool of an MCP server directly, without a language model.

Give the address of the server, the tool's name and what it is to be given. The arguments are checked against what the tool says
that it takes. To find out which tools there are, choose `list`: the answer names each with its description and its arguments.

The server must speak the Model Context Protocol over HTTP. A tool that answers with an error makes the block fail.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, Json, McpServer, Output
from blocks.core._fields import Text, when


class McpCallConfig(Config):
    """Configuration of the block."""

    url: Text = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="Of the MCP server.",
        json_schema_extra={"initial": "", "placeholder": "https://example.com/mcp"},
    )
    credential: CredentialName = Field("", title="Credential", description="When the server wants a key.")
    operation: Literal["call", "list"] = Field("call", title="Do", description="Use a tool, or list the tools.")
    tool: Text = Field(
        "",
        title="Tool",
        max_length=200,
        description="Its name.",
        json_schema_extra={"placeholder": "search", **when(operation=["call"])},
    )
    arguments: AnyJson = Field(
        None,
        title="Arguments",
        description='An object, for example {"query": "{{ input.text }}"}. Left out, it is the input of the block.',
        json_schema_extra=when(operation=["call"]),
    )


async def execute(context: Context, config: McpCallConfig, value: Json) -> Output:
    server = McpServer(config.url, config.credential)
    if config.operation == "list":
        return Output({"tools": await context.models.tools_of(server)})
    if not config.tool:
        raise _wrong("tool", "is needed")
    given = config.arguments if "arguments" in config.model_fields_set else value
    arguments = {} if given is None else given
    if not isinstance(arguments, dict):
        raise _wrong("arguments", "must be an object")
    return Output({"result": await context.models.use_tool(server, config.tool, arguments)})


def _wrong(field: str, message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `{field}`: {message}", details={"field": field}, retryable=False)


BLOCK = Block(
    type="ai.mcp_call",
    title="MCP tool",
    category="AI",
    icon="unplug",
    description="Uses a tool of an MCP server, or lists its tools.",
    config=McpCallConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"models"}),
    timeout_ms=120_000,
    sample={"result": None},
    output_schema={
        "type": "object",
        "properties": {
            "result": {"description": "What the tool answered."},
            "tools": {
                "type": "array",
                "description": "When the tools are listed.",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "description": {"type": "string"},
                        "input_schema": {"type": "object", "description": "What it takes, as JSON Schema."},
                    },
                },
            },
        },
    },
    examples=(
        Example(
            "How many are there",
            {"url": "https://warehouse.example.com/mcp", "tool": "stock", "arguments": {"article": "{{ input.article }}"}},
            input={"article": "lamp"},
            output={"result": {"pieces": 4}},
            runnable=False,
        ),
        Example(
            "Which tools there are",
            {"url": "https://warehouse.example.com/mcp", "operation": "list"},
            output={"tools": [{"name": "stock", "description": "How many of an article are there", "input_schema": {}}]},
            runnable=False,
        ),
    ),
)
