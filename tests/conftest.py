"""What every test can ask for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer, postgres_server
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
    process = ServerProcess(tmp_path / "data").start()
    Client(process.url).set_up()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that do not stop it; each asks it for a database of its own."""
    with postgres_server() as running:
        yield running


def pytest_collection_finish() -> None:
    """Thousands of collected tests are not garbage: nobody need look through them again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser is marked, because it runs in a process of its own (see the Makefile)."""
    for item in items:
        if {"browser", "editor"} & set(item.path.parts):
            item.add_marker(pytest.mark.browser)
