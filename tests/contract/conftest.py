"""Peers that workflows of the contract tests call."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.conformance import Conformance
from tests.support.model_server import ModelServer
from tests.support.peer import Peer
from tests.support.server import Client, ServerProcess


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="session")
def conformance(server: ServerProcess) -> Conformance:
    return Conformance(httpx.get(f"{server.url}/api/openapi.json").json())


@pytest.fixture(scope="session")
def client(server: ServerProcess, conformance: Conformance) -> Client:
    """Every answer that it gets is as the OpenAPI description says."""
    signed_in = Client(server.url).sign_in()
    signed_in.event_hooks["response"].append(conformance.check)
    return signed_in


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without authentication, with a token for the monitor."""
    environment = {"BLOCKYARD_MONITOR_TOKEN": "let-me-see", "BLOCKYARD_WAIT_SECONDS": "5"}
    process = ServerProcess(tmp_path_factory.mktemp("open") / "data", "--no-auth", environment=environment).start()
    yield process
    process.stop()


@pytest.fixture
def server_url(server: ServerProcess) -> str:
    return server.url
