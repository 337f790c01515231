"""A real MCP server of the protocol's own library, over HTTP on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from mcp.server.mcpserver import MCPServer


def warehouse() -> MCPServer:
    server = MCPServer("warehouse")

    @server.tool()
    def stock(article: str) -> dict[str, int]:
        """How many of an article are there"""
        return {"pieces": len(article)}

    @server.tool()
    def burn(article: str) -> str:
        """Destroys an article"""
        raise ValueError(f"{article} does not burn")

    return server


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """The address of a running server, and the headers of what it received."""
    seen: list[dict[str, str]] = []
    app = warehouse().streamable_http_app()

    async def watched(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "http":
            seen.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await app(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(watched, log_level="error", lifespan="on")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", seen
        server.should_exit = True
        await task
