"""What an agent may use: workflows, other blocks, and the tools of MCP servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import BlockError, Config, Context, CredentialName, Json, McpServer, ModelTool, WorkflowName, kind
from blocks.core._calls import call_key
from blocks.core._fields import ADVANCED

Object = Annotated[dict[str, Json] | None, kind("json")]
ANY_OBJECT: dict[str, Json] = {"type": "object", "additionalProperties": True}
NAMED_BY = {"workflow": "workflow", "block": "block", "mcp": "url"}


class AgentTool(Config):
    """Something that the agent may use."""

    kind: Literal["workflow", "block", "mcp"] = Field(
        "workflow", title="Kind", description="Another workflow, a block, or the tools of an MCP server."
    )
    workflow: WorkflowName = Field(
        "", title="Workflow", validate_default=True, description="For a workflow: which one, by name or id."
    )
    block: str = Field("", title="Block type", validate_default=True, description="For a block: its type, such as general_api.")
    config: Object = Field(
        None,
        title="Fixed configuration",
        description="For a block: the fields that you decide. The agent fills in the others.",
    )
    url: str = Field(
        "",
        title="Server address",
        validate_default=True,
        json_schema_extra={"placeholder": "https://example.com/mcp"},
        description="For an MCP server: where it is served (streamable HTTP).",
    )
    credential: CredentialName = Field("", title="Credential", description="For an MCP server: the key for its address.")
    only: list[str] = Field(
        default_factory=list,
        title="Only these tools",
        description="For an MCP server: the names of the tools to offer. Left empty, all of them.",
        json_schema_extra=ADVANCED,
    )
    description: str = Field("", title="What it is good for", description="The agent decides by this text when to use it.")
    needs_approval: bool = Field(
        False, title="Ask people first", description="The workflow waits until a person allows this use."
    )
    input_schema: Object = Field(
        None,
        title="Input schema",
        description="For a workflow: JSON Schema of its variables, so that the agent knows what to give.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("workflow", "block", "url")
    @classmethod
    def _is_named(cls, text: str, info: ValidationInfo) -> str:
        if not text and NAMED_BY.get(info.data.get("kind", "")) == info.field_name:
            raise ValueError("is needed")
        return text


@dataclass(slots=True)
class Toolbox:
    """The tools of one run. Each run of a workflow or block has a key of its own, the same when the step is repeated."""

    context: Context
    calls: int = 0

    def tools(self, declared: Sequence[AgentTool]) -> tuple[ModelTool, ...]:
        """The workflows and blocks among the declared tools."""
        tools: list[ModelTool] = []
        for tool in declared:
            taken = [other.name for other in tools]
            if tool.kind == "workflow":
                tools.append(self._workflow(tool, taken))
            elif tool.kind == "block":
                tools.append(self._block(tool, taken))
        return tuple(tools)

    def _workflow(self, tool: AgentTool, taken: Sequence[str]) -> ModelTool:
        async def call(arguments: dict[str, Json]) -> Json:
            result = await self.context.workflows.run(tool.workflow, arguments, self._key(tool.workflow, arguments))
            return result.output if result.status == "completed" else {"error": result.error or result.status}

        name = tool_name(tool.workflow, taken)
        description = tool.description or f"Runs the workflow {tool.workflow}"
        return ModelTool(name, description, tool.input_schema or ANY_OBJECT, call, tool.needs_approval)

    def _block(self, tool: AgentTool, taken: Sequence[str]) -> ModelTool:
        described = self.context.blocks.describe(tool.block)
        fixed = tool.config or {}

        async def call(arguments: dict[str, Json]) -> Json:
            config = {**arguments, **fixed}
            try:
                return await self.context.blocks.run(tool.block, config, self._key(tool.block, config))
            except BlockError as error:
                return {"error": {"code": error.code, "message": error.message}}

        schema = _without(described["input_schema"], fixed)
        description = tool.description or f"{described['title']}: {described['description']}"
        return ModelTool(tool_name(tool.block, taken), description, schema, call, tool.needs_approval)

    def _key(self, called: str, arguments: Mapping[str, Json]) -> str:
        self.calls += 1
        return call_key(self.context.block_id, self.calls, called, arguments)


def servers(declared: Sequence[AgentTool]) -> tuple[McpServer, ...]:
    """The MCP servers among the declared tools."""
    return tuple(
        McpServer(tool.url, tool.credential, tuple(tool.only), tool.needs_approval) for tool in declared if tool.kind == "mcp"
    )


def tool_name(text: str, taken: Sequence[str]) -> str:
    """A name that models accept for a tool, and that no other tool has."""
    plain = "".join(character if character.isascii() and character.isalnum() else "_" for character in text)[:50] or "tool"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def _without(schema: Mapping[str, Json], fixed: Mapping[str, Json]) -> dict[str, Json]:
    """A schema without the properties that are decided already."""
    properties = {name: child for name, child in schema.get("properties", {}).items() if name not in fixed}
    required = [name for name in schema.get("required", ()) if name not in fixed]
    return {**schema, "properties": properties, "required": required}
