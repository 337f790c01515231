"""The tools of MCP servers, by the protocol's own client over the checked transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, Implementation, TextContent

from app.adapters.llm_clients import client
from app.adapters.llm_keys import Signer
from app.adapters.llm_masking import Mask
from app.adapters.llm_transport import CheckedBridge
from app.sdk import BlockError, Json, McpServer, ModelTool

ANSWER_SECONDS = 60.0
MAX_PAGES = 20
NAME = Implementation(name="Blockyard", version="1")


async def connect(
    stack: AsyncExitStack, server: McpServer, inner: httpx.AsyncBaseTransport, signer: Signer, taken: Sequence[str]
) -> list[ModelTool]:
    """The tools of a server, as long as the stack is open. BlockError MCP_SERVER names the server that cannot be used."""
    host = urlsplit(server.url).hostname or "the address"
    bridge = CheckedBridge(inner, signer, "The MCP server", strict=False)
    try:
        http = await stack.enter_async_context(client(bridge))
        await signer.ready(server.url)
        transport = streamable_http_client(signer.reveal(server.url), http_client=http)
        session = await stack.enter_async_context(
            Client(transport, read_timeout_seconds=ANSWER_SECONDS, client_info=NAME, cache=None)
        )
        found = await _listed(session)
    except BlockError:
        raise
    except Exception as error:
        reason = Mask(signer.used).text(_plain(error))
        raise bridge.failure or BlockError("MCP_SERVER", f"The MCP server {host} cannot be used: {reason}") from None
    missing = [name for name in server.only if name not in {tool.name for tool in found}]
    if missing:
        raise BlockError("MCP_SERVER", f"The MCP server {host} has no tool `{missing[0]}`", retryable=False)
    tools: list[ModelTool] = []
    for tool in found:
        if not server.only or tool.name in server.only:
            name = free_name(tool.name, [*taken, *(known.name for known in tools)])
            call = _caller(session, bridge, tool.name, host, Mask(signer.used))
            tools.append(ModelTool(name, tool.description or tool.name, tool.input_schema, call, server.needs_approval))
    return tools


def free_name(text: str, taken: Sequence[str]) -> str:
    """A name that models accept for a tool, and that no other tool has."""
    plain = "".join(mark if mark.isascii() and (mark.isalnum() or mark in "_-") else "_" for mark in text)[:50] or "tool"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


async def _listed(session: Client) -> list[Any]:
    page = await session.list_tools()
    tools = list(page.tools)
    for _ in range(MAX_PAGES):
        if not page.next_cursor:
            break
        page = await session.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return tools


def _caller(
    session: Client, bridge: CheckedBridge, name: str, host: str, mask: Mask
) -> Callable[[dict[str, Json]], Awaitable[Json]]:
    async def call(arguments: dict[str, Json]) -> Json:
        try:
            return mask(_answer(await session.call_tool(name, arguments)))
        except MCPError as error:
            if bridge.failure is not None:
                raise bridge.failure from None
            return {"error": mask.text(f"The MCP server {host}: {_plain(error)}")}

    return call


def _answer(result: CallToolResult) -> Json:
    texts = [part.text if isinstance(part, TextContent) else f"[{part.type}]" for part in result.content]
    if result.is_error:
        return {"error": "\n".join(texts)}
    return result.structured_content if result.structured_content is not None else "\n".join(texts)


def _plain(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return (str(error) or type(error).__name__)[:300]
