"""Language models for executions. Their libraries are large, so they are loaded at the first conversation."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.adapters import network
from app.adapters.addresses import AllowList
from app.adapters.http import LIMITS
from app.adapters.json_schema import Schema
from app.adapters.llm_keys import Keys
from app.sdk import BlockError, Json, McpServer, ModelAnswer, ModelRequest, ModelTool

PACKAGE = "app.adapters"
LIBRARIES = {"openai-compatible": "llm_openai", "anthropic": "llm_anthropic", "google": "llm_google"}


class LanguageModels:
    """The connections to model servers, checked like every other; one for the whole server."""

    def __init__(self, allow: Sequence[str] = (), resolve: network.Resolve = network.resolve) -> None:
        listed = AllowList.parse(allow)
        # Two pools: a connection that was opened to a private address for a trusted request must not be kept alive for others.
        certificates = network.public_certificates()
        self.checked = network.CheckedTransport(network.CheckedBackend(listed, resolve, trusted=False), certificates, LIMITS)
        self.trusted = network.CheckedTransport(network.CheckedBackend(listed, resolve, trusted=True), certificates, LIMITS)

    def lent_with(self, keys: Keys) -> ExecutionModels:
        """The models as one execution sees them, with its secrets."""
        return ExecutionModels(self, keys)

    async def close(self) -> None:
        """Close all connections."""
        await self.checked.aclose()
        await self.trusted.aclose()


@dataclass(frozen=True, slots=True)
class ExecutionModels:
    """Implements the sdk's Models for one execution."""

    _models: LanguageModels
    _keys: Keys

    async def converse(self, request: ModelRequest) -> ModelAnswer:
        """Lead a conversation to its end, or to where people must decide."""
        provider = await _load(LIBRARIES[request.provider])
        connect = (await _load("llm_mcp")).connect if request.servers else None
        leading = await _load("llm_conversation")
        libraries = leading.Libraries(provider.model, connect)
        conversation = leading.Conversation(request, self._keys, self._models.checked, self._models.trusted, libraries)
        answer: ModelAnswer = await conversation.run()
        return answer

    async def tools_of(self, server: McpServer) -> list[dict[str, Json]]:
        """What an MCP server offers."""
        async with _unwrapped(), AsyncExitStack() as stack:
            tools = await self._connected(stack, server)
            return [
                {"name": tool.name, "description": tool.description, "input_schema": dict(tool.input_schema)} for tool in tools
            ]

    async def use_tool(self, server: McpServer, tool: str, arguments: Mapping[str, Json]) -> Json:
        """What one tool of an MCP server answers."""
        async with _unwrapped(), AsyncExitStack() as stack:
            [found] = await self._connected(stack, replace(server, only=(tool,)))
            problem = Schema(found.input_schema, f"the input schema of `{tool}`").problem(dict(arguments))
            if problem is not None:
                message = f"The tool `{tool}` cannot be called like this: {problem}"
                raise BlockError("TOOL_ARGUMENTS", message, details={"field": "arguments"}, retryable=False)
            answer = await found.call(dict(arguments))
        if isinstance(answer, dict) and answer.keys() == {"error"}:
            raise BlockError("MCP_TOOL_FAILED", f"The tool `{tool}` failed: {str(answer['error'])[:1000]}")
        return answer

    async def _connected(self, stack: AsyncExitStack, server: McpServer) -> list[ModelTool]:
        signer = self._keys.signer(server.url, server.credential, "", trusted=False)
        tools: list[ModelTool] = await (await _load("llm_mcp")).connect(stack, server, self._models.checked, signer, ())
        return tools


@asynccontextmanager
async def _unwrapped() -> AsyncIterator[None]:
    """A BlockError that task groups have wrapped is told as itself."""
    try:
        yield
    except ExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, BlockError):
            raise error from None
        raise BlockError("MCP_SERVER", f"The MCP server cannot be used: {type(error).__name__}") from None


async def _load(name: str) -> Any:
    """A module of this package that takes long to import: not while requests are waiting, and only once it is needed."""
    return await asyncio.to_thread(importlib.import_module, f"{PACKAGE}.{name}")
