"""MCP by the official SDK: its server over our tools."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from litestar.types import ASGIApp
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations

from app.engine.values import encode
from app.services.agent_tools import AgentTool
from app.services.errors import ServiceError
from app.web.mcp import CallTool, ListTools


class Tools:
    """Tools as the SDK asks for them; the request's scope says who asks."""

    def __init__(self, list_tools: ListTools, call_tool: CallTool) -> None:
        self._list_tools = list_tools
        self._call_tool = call_tool

    async def list(self, context: Any, params: Any) -> ListToolsResult:
        tools = await self._list_tools(context.request.scope)
        return ListToolsResult(tools=[_protocol_tool(tool) for tool in tools])

    async def call(self, context: Any, params: Any) -> CallToolResult:
        try:
            result = await self._call_tool(context.request.scope, params.name, params.arguments)
        except ServiceError as error:
            body = {"error": error.code, "message": error.message, "details": error.details} | error.data
            return CallToolResult(content=[TextContent(text=encode(body).decode())], is_error=True)
        structured = result if isinstance(result, dict) else {"result": result}
        return CallToolResult(content=[TextContent(text=encode(result).decode())], structured_content=structured)


async def opened(list_tools: ListTools, call_tool: CallTool, end: asyncio.Event) -> tuple[ASGIApp, asyncio.Task[None]]:
    """What answers requests until `end` is set, and the task that ends then."""
    tools = Tools(list_tools, call_tool)
    server = Server("blockyard", version="1", on_list_tools=tools.list, on_call_tool=tools.call)
    manager = StreamableHTTPSessionManager(server, stateless=True, json_response=True)
    ready = asyncio.Event()

    async def run() -> None:
        async with manager.run():
            ready.set()
            await end.wait()

    running = asyncio.create_task(run())
    await ready.wait()
    return cast(ASGIApp, manager.asgi_app), running


def _protocol_tool(tool: AgentTool) -> Tool:
    return Tool(
        name=tool.name,
        description=tool.description,
        input_schema=dict(tool.schema),
        annotations=ToolAnnotations(read_only_hint=tool.reads_only),
    )
