"""The tools of a conversation for pydantic-ai: arguments are checked by JSON Schema before anything runs or is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import PydanticCustomError, SchemaValidator, core_schema

from app.adapters.json_schema import Schema
from app.adapters.llm_masking import Mask
from app.sdk import Json, ModelTool

MAX_RESULT = 100_000
ATTEMPTS = 5
"""How often in a row a model may call one tool wrongly."""


class Tools(AbstractToolset[None]):
    """The tools of one conversation, each known by its name."""

    def __init__(self, tools: Sequence[ModelTool], log: Callable[[str], None] | None, mask: Mask) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._log = log
        self._mask = mask
        self._offered = {tool.name: self._offer(tool) for tool in tools}

    @property
    def id(self) -> str | None:
        return None

    def description(self, name: str) -> str:
        """What a tool is good for."""
        return self._tools[name].description

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        return self._offered

    async def call_tool(self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]) -> Any:
        if self._log is not None:
            self._log(f"Uses {name}")
        return _bounded(await self._tools[name].call(self._mask(tool_args)))

    def _offer(self, tool: ModelTool) -> ToolsetTool[None]:
        schema = dict(tool.input_schema)
        definition = ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=schema,
            kind="unapproved" if tool.needs_approval else "function",
        )
        check = _check(Schema(schema, f"The input schema of the tool `{tool.name}`"))
        return ToolsetTool(toolset=self, tool_def=definition, max_retries=ATTEMPTS, args_validator=check)


def _check(schema: Schema) -> SchemaValidator:
    def fits(arguments: dict[str, Json]) -> dict[str, Json]:
        problem = schema.problem(arguments)
        if problem is not None:
            raise PydanticCustomError("arguments", "{problem}", {"problem": problem})
        return arguments

    arguments = core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
    return SchemaValidator(core_schema.no_info_after_validator_function(fits, arguments))


def _bounded(result: Json) -> Json:
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    if len(text) <= MAX_RESULT:
        return result
    return f"{text[:MAX_RESULT]}… (cut: the whole is {len(text)} characters long)"
