"""What every test can ask for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from tests.support.postgres import PostgresServer, postgres_server
from tests.support.secrets_session import pytest_configure, pytest_sessionfinish, pytest_terminal_summary  # noqa: F401
from tests.support.server import Client, ServerProcess


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that do not stop it; workflows of different tests have different names."""
    process = ServerProcess(
        tmp_path_factory.mktemp("server") / "data", environment={"BLOCKYARD_WAIT_SECONDS": "3"}, fresh=True
    ).start()
    Client(process.url).set_up()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Client:
    return Client(server.url).sign_in()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server for one test, which may kill it."""
    process = ServerProcess(tmp_path / "data").owned().start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that do not stop it; each asks it for a database of its own."""
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _few_authorities(tmp_path_factory: pytest.TempPathFactory) -> None:
    """httpx reads all public authorities for each client, which takes 20 ms; one is enough for calls on loopback."""
    end = "-----END CERTIFICATE-----"
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    file.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    os.environ["SSL_CERT_FILE"] = str(file)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are not garbage: nobody need look through them again and again."""
    gc.collect()
    gc.freeze()


SLOW = ("faults", "contract", "cli", "web", "hosts", "peers", "copilot", "services", "journal")
"""Begun first, so that no process has a slow file left when the others have finished."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser is marked, because it runs in processes of its own (see the Makefile)."""
    for item in items:
        if {"browser", "editor"} & set(item.path.parts):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: next((place for place, name in enumerate(SLOW) if name in item.path.parts), len(SLOW)))
