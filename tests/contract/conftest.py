"""Peers that workflows of the contract tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.model_server import ModelServer
from tests.support.peer import Peer
from tests.support.server import ServerProcess


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


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
