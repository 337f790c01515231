"""Blocks run against real servers. A server is started when a test first asks for it, and stopped after the last test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from app.adapters.http import EgressClient
from app.adapters.network_visits import EgressNetwork
from app.sdk import BlockError, Json
from app.services.credentials import OpenedCredential
from app.services.execution_secrets import ExecutionSecrets
from app.services.secret_http import SecretHttp
from app.services.secret_network import SecretNetwork
from tests.blocks.conftest import Stage
from tests.peers.certificates import Authority
from tests.peers.processes import directory

LOOPBACK = ("127.0.0.1", "::1")
Given = dict[str, tuple[str, dict[str, str]]]
"""Credentials of a test: type and values by name."""


def network_with(credentials: Given, allow: tuple[str, ...] = LOOPBACK) -> SecretNetwork:
    return SecretNetwork(EgressNetwork(allow), secrets_of(credentials))


def secrets_of(credentials: Given) -> ExecutionSecrets:
    opened = {name: OpenedCredential(name, type, data) for name, (type, data) in credentials.items()}
    return ExecutionSecrets(opened, {f"[secret:0:{name}]": name for name in opened}, {}, "")


@pytest.fixture
def run() -> Callable[..., Awaitable[Any]]:
    """Run one block of the catalog with these credentials: what it answers."""

    async def run(
        block_type: str, config: dict[str, Json], value: Json = None, *, credentials: Given | None = None,
        allow: tuple[str, ...] = LOOPBACK, **context: Any,
    ) -> Any:  # fmt: skip
        given = credentials or {}
        client = EgressClient(allow)
        try:
            network, http = network_with(given, allow), SecretHttp(client, secrets_of(given))
            return (await Stage(network=network, http=http, **context).run(block_type, config, value)).value
        finally:
            await client.close()

    return run


@pytest.fixture
def refused(run: Any) -> Callable[..., Awaitable[BlockError]]:
    """Run one block of the catalog that must fail: its error."""

    async def refused(*arguments: Any, **named: Any) -> BlockError:
        with pytest.raises(BlockError) as caught:
            async with asyncio.timeout(60):
                await run(*arguments, **named)
        return caught.value

    return refused


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    with directory("authority") as place:
        yield Authority(place)


@pytest.fixture
async def silent() -> Any:
    """The port of a server that takes connections and never says a word."""
    connected: list[asyncio.StreamWriter] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    for writer in connected:
        writer.close()
