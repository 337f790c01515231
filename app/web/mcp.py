"""The MCP endpoint: the real protocol by the official SDK, and the short form without `jsonrpc` (contract.md A029-A037, C24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, cast

from litestar import asgi
from litestar.enums import HttpMethod
from litestar.types import ASGIApp, Receive, Scope, Send

from app.engine.values import NotJson, decode, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool, AgentTools
from app.services.channel_tools import ChannelTools
from app.services.channels import ChannelRecord, Channels
from app.services.errors import ServiceError, invalid
from app.web.auth import needs

MAX_BODY = 4_000_000


ListTools = Callable[[Scope], Awaitable[Sequence[AgentTool]]]
CallTool = Callable[[Scope, str, Json], Awaitable[Json]]


class McpEndpoint:
    """One for everybody: who asks, and for what, is known from the request."""

    def __init__(self, list_tools: ListTools, call_tool: CallTool) -> None:
        self._list_tools = list_tools
        self._call_tool = call_tool
        self._sessions: asyncio.Task[Any] | None = None
        self._end = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Must be open while requests are served."""
        try:
            yield
        finally:
            self._end.set()
            if self._sessions is not None:
                await asyncio.wait((await self._sessions)[1:])

    async def _protocol(self) -> ASGIApp:
        """The official SDK, which takes a third of a second and 16 MB: it is imported when the first agent comes."""
        if self._sessions is None:
            module = import_module("app.web.mcp_protocol")
            self._sessions = asyncio.create_task(module.opened(self._list_tools, self._call_tool, self._end))
        application: ASGIApp = (await asyncio.shield(self._sessions))[0]
        return application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != HttpMethod.POST:
            await (await self._protocol())(scope, receive, send)
            return
        body = await _read(receive)
        short = _short_form(body)
        if short is None:
            if not _is_json(scope):
                raise ServiceError("UNSUPPORTED_MEDIA_TYPE", "Send the body as `Content-Type: application/json`.", 415)
            await (await self._protocol())(scope, again(body, receive), send)
        else:
            await _send(send, encode({"data": await self._answer(scope, short)}))

    async def _answer(self, scope: Scope, body: dict[str, Json]) -> Json:
        """G8's short form. Raises 400 for a method that it does not have."""
        match body.get("method"):
            case "tools/list":
                return {"tools": [_shown(tool) for tool in await self._list_tools(scope)]}
            case "tools/call":
                name = body.get("name")
                if not isinstance(name, str):
                    raise invalid("`name` must be the name of a tool.", [{"field": "name", "message": "is needed"}])
                return await self._call_tool(scope, name, body.get("arguments"))
        raise invalid("`method` must be tools/list or tools/call.", [{"field": "method", "message": "is not known"}])


def for_members(tools: AgentTools) -> McpEndpoint:
    """The endpoint for keys and sessions: each gets the tools that it may use."""

    async def listed(scope: Scope) -> Sequence[AgentTool]:
        return await tools.list(cast(Actor, scope["user"]))

    async def called(scope: Scope, name: str, arguments: Json) -> Json:
        return await tools.call(cast(Actor, scope["user"]), name, arguments)

    return McpEndpoint(listed, called)


def for_channels(channels: Channels, tools: ChannelTools) -> McpEndpoint:
    """The endpoint behind every channel that speaks MCP; the channel's own token decides."""

    async def entered(scope: Scope) -> ChannelRecord:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return await channels.entered(str(scope["path_params"]["channel"]), headers)

    async def listed(scope: Scope) -> Sequence[AgentTool]:
        return await tools.list(await entered(scope))

    async def called(scope: Scope, name: str, arguments: Json) -> Json:
        return await tools.call(await entered(scope), name, arguments)

    return McpEndpoint(listed, called)


def mcp_route(endpoint: McpEndpoint) -> Any:
    """The route for members; agents need a key with the scope `mcp`, or a session."""

    @asgi("/api/mcp", opt=needs("mcp.use"), copy_scope=True)
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(scope, receive, send)

    return mcp


def _shown(tool: AgentTool) -> dict[str, Json]:
    return {"name": tool.name, "description": tool.description, "inputSchema": dict(tool.schema)}


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises 413 when it is too large."""
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        if sum(len(part) for part in parts) > MAX_BODY:
            raise ServiceError("TOO_LARGE", f"The request body is too large; {MAX_BODY:,} bytes are allowed.", 413)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(parts)


def _short_form(body: bytes) -> dict[str, Json] | None:
    """The request in G8's short form; None for what speaks JSON-RPC, or nothing that can be read."""
    try:
        value = decode(body)
    except NotJson:
        return None
    return value if isinstance(value, dict) and "jsonrpc" not in value else None


def _is_json(scope: Scope) -> bool:
    kinds = [value for name, value in scope["headers"] if name.lower() == b"content-type"]
    return bool(kinds) and kinds[0].partition(b";")[0].strip().lower() == b"application/json"


def again(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body that was read before, and then what comes."""
    given = False

    async def replay() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _send(send: Send, content: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
