"""A server on loopback that tests of the egress client call, and how they call it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.adapters.http import EgressClient
from app.sdk import BlockError, HttpRequest, HttpResponse


class Peer:
    """A tiny HTTP server: answers with what it received, or with what a path says."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self.answers: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.answers[path] = f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = await self._answer(head.decode(), reader)
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader) -> bytes:
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if target == "/silent":
            await asyncio.sleep(10)
        if target in self.answers:
            return self.answers[target]
        seen = json.dumps({"method": method, "target": target, "headers": headers, "body": body.decode()}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b\r\nContent-Length: %d\r\n\r\n%s" % (
            len(seen),
            seen,
        )


@asynccontextmanager
async def egress(*allow: str, **options: object) -> AsyncIterator[EgressClient]:
    client = EgressClient(allow, **options)  # type: ignore[arg-type]
    yield client
    await client.close()


async def refused(client: EgressClient, url: str, **more: object) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await client.send(HttpRequest("GET", url, timeout=3, **more))  # type: ignore[arg-type]
    return caught.value


def seen(response: HttpResponse) -> dict[str, object]:
    return dict(json.loads(response.text))
