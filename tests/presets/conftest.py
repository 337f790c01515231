"""One server on loopback that stands for every service: it answers what it is told to, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from app.adapters.http import EgressClient
from app.presets.library import Presets
from app.sdk import Block, BlockError, HttpRequest, HttpResponse, Json
from app.services.credentials import OpenedCredential
from app.services.execution_secrets import ExecutionSecrets
from app.services.secret_http import SecretHttp

SECRET = "key/with+marks"
KEY = sha256(b"run-1:block_1:0").hexdigest()[:32]
CREDENTIALS = {
    "BEARER": OpenedCredential("BEARER", "bearer", {"token": SECRET}),
    "BASIC": OpenedCredential("BASIC", "basic", {"username": "ada", "password": SECRET}),
    "OAUTH": OpenedCredential("OAUTH", "oauth2_code", {"access_token": SECRET, "token_ends": "99999999999"}),
    "SMTP": OpenedCredential("SMTP", "smtp", {"host": "x", "port": "1", "security": "none", "password": SECRET}),
}


@dataclass
class Service:
    """What it answers next, and what came in: the method, path, query, headers and body."""

    port: int = 0
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)

    def says(self, body: Json = None, status: int = 200, **headers: str) -> None:
        content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "text/plain" if isinstance(body, str) else "application/json"}
        self.answers.append((status, {**kind, **{name.replace("_", "-"): text for name, text in headers.items()}}, content))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                path, _, query = target.partition("?")
                found = {name: values if len(values) > 1 else values[0] for name, values in parse_qs(query, True).items()}
                self.seen.append({"method": method, "path": path, "query": found, "headers": headers, "body": body})
                status, fields, content = self.answers.pop(0)
                written = "".join(f"{name}: {text}\r\n" for name, text in {**fields, "Content-Length": str(len(content))}.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{written}\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


@dataclass
class Detour:
    """Sends to the local server whatever is meant for the web, and keeps the addresses that were meant."""

    client: EgressClient
    port: int
    meant: list[str] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        self.meant.append(f"{parts.scheme}://{parts.netloc}")
        here = urlunsplit(("http", f"127.0.0.1:{self.port}", parts.path, parts.query, ""))
        return await self.client.send(replace(request, url=here, pace=None))


@dataclass
class Context:
    """What the block of an operation asks of its context."""

    http: Any
    workspace: str = "w1"
    idempotency_key: str = "run-1:block_1:0"
    lines: list[str] = field(default_factory=list)

    def log(self, message: str) -> None:
        self.lines.append(message)


@dataclass
class World:
    service: Service
    detour: Detour

    async def run(self, block: Block, config: dict[str, Json], **more: OpenedCredential) -> Json:
        """Run the block of an operation with real secrets and the real client; its output."""
        secrets = ExecutionSecrets({**CREDENTIALS, **more}, {}, {}, "")
        context: Any = Context(SecretHttp(self.detour, secrets))
        return (await block.execute(context, block.config.model_validate(config), None)).value

    async def fails(self, block: Block, config: dict[str, Json], **more: OpenedCredential) -> BlockError:
        with pytest.raises(BlockError) as caught:
            await self.run(block, config, **more)
        return caught.value


def server_credential(address: str = "https://own.example.com", username: str = "ada") -> OpenedCredential:
    return OpenedCredential("SERVER", "server", {"address": address, "username": username, "secret": SECRET})


@pytest.fixture(scope="session")
def presets() -> Presets:
    return Presets.load()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    service = Service()
    listening = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = listening.sockets[0].getsockname()[1]
    client = EgressClient(("127.0.0.1",))
    yield World(service, Detour(client, service.port))
    await client.close()
    listening.close()
